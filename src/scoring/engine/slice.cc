// The slice engine: 64, 256 or 512 rows at once. isa/slice_impl.h says how.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <queue>
#include <string>

#include "base/check.h"
#include "scoring/engine/row_engine.h"

namespace slipway::scoring {
namespace {

constexpr std::uint32_t kBitsMax = 8;  // of a leaf number: one byte
constexpr std::size_t kTableMin = 16;  // values of a leaf table, which are a power of two

// A tree's program, and its leaves in the order of their numbers.
struct TreeProgram {
  isa::SliceKind kind = isa::SliceKind::kReach;
  std::uint32_t bits = 0;
  std::uint32_t splits = 0;
  std::vector<std::uint32_t> words;
  std::vector<std::size_t> leaves;
};

class Programmer {
 public:
  Programmer(const Forest& forest, std::size_t plane_bytes)
      : f_(forest), plane_bytes_(plane_bytes) {}

  // Nothing if the tree has too many leaves.
  std::optional<TreeProgram> program(const ForestTree& tree) const {
    if (tree.oblivious && tree.levels <= kBitsMax) return oblivious(tree);
    const std::size_t leaves = std::size_t{tree.nodes} + 1;
    if (leaves > (std::size_t{1} << kBitsMax)) return std::nullopt;
    // A step of the mux costs half of one of the reach, but is taken at every place of a heap.
    const bool dense =
        tree.depth > 0 && tree.depth <= kBitsMax && (std::size_t{1} << tree.depth) <= 2 * leaves;
    return dense ? mux(tree) : reach(tree);
  }

 private:
  std::uint32_t plane(std::uint32_t condition) const {
    return static_cast<std::uint32_t>(condition * plane_bytes_);
  }
  const ForestNode& node(std::int32_t at) const { return f_.nodes[static_cast<std::size_t>(at)]; }

  TreeProgram oblivious(const ForestTree& tree) const {
    TreeProgram p{.kind = isa::SliceKind::kOblivious, .bits = tree.levels};
    for (std::uint32_t l = 0; l < tree.levels; ++l)
      p.words.push_back(plane(f_.levels[tree.levels_first + l]));
    for (std::size_t k = 0; k < std::size_t{1} << tree.levels; ++k)
      p.leaves.push_back(tree.first_leaf + k);
    return p;
  }

  TreeProgram mux(const ForestTree& tree) const {
    TreeProgram p{.kind = isa::SliceKind::kMux, .bits = tree.depth};
    p.words.assign(std::size_t{1} << tree.depth, plane(f_.conditions.count));
    p.leaves.assign(std::size_t{1} << tree.depth, 0);
    place(tree.root, 1, tree.depth, &p);
    return p;
  }

  void place(std::int32_t from, std::size_t h, std::uint32_t levels, TreeProgram* p) const {
    if (from < 0) {
      p->leaves[(h << levels) - p->leaves.size()] = static_cast<std::size_t>(~from);
      return;
    }
    p->words[h] = plane(node(from).condition);
    place(node(from).left, 2 * h, levels - 1, p);
    place(node(from).right, 2 * h + 1, levels - 1, p);
  }

  // What a subtree is: the slot of the rows that reach it, and its leaves' numbers [first, last).
  struct Span {
    std::uint32_t slot, first, last;
  };

  TreeProgram reach(const ForestTree& tree) const {
    TreeProgram p{.kind = isa::SliceKind::kReach, .splits = tree.nodes};
    p.bits = static_cast<std::uint32_t>(std::bit_width(std::size_t{tree.nodes}));
    std::vector<Span> spans(2 * std::size_t{tree.nodes} + 1);
    std::uint32_t next_slot = 1;
    number(tree.root, 0, &next_slot, &p, &spans);
    // Larger subtrees before those that they begin with.
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
      return a.first != b.first ? a.first < b.first : a.last > b.last;
    });
    for (std::uint32_t bit = p.bits; bit-- > 0;) add_union(bit, spans, &p);
    return p;
  }

  void number(std::int32_t from, std::uint32_t slot, std::uint32_t* next_slot, TreeProgram* p,
              std::vector<Span>* spans) const {
    const auto first = static_cast<std::uint32_t>(p->leaves.size());
    if (from < 0) {
      p->leaves.push_back(static_cast<std::size_t>(~from));
    } else {
      p->words.push_back(plane(node(from).condition));
      p->words.push_back(static_cast<std::uint32_t>(slot * plane_bytes_));
      const std::uint32_t left = *next_slot;
      *next_slot += 2;
      number(node(from).left, left, next_slot, p, spans);
      number(node(from).right, left + 1, next_slot, p, spans);
    }
    (*spans)[slot] = {slot, first, static_cast<std::uint32_t>(p->leaves.size())};
  }

  // The largest subtrees whose leaves' numbers all have the bit.
  void add_union(std::uint32_t bit, const std::vector<Span>& spans, TreeProgram* p) const {
    const std::size_t count_at = p->words.size();
    p->words.push_back(0);
    std::uint32_t covered = 0;  // leaves below this are in the union or lack the bit
    for (const Span& span : spans) {
      if (span.first < covered) continue;
      const bool low = ((span.first >> bit) & 1) != 0;
      const bool same = (span.first >> bit) == ((span.last - 1) >> bit);
      if (!low || !same) continue;
      p->words.push_back(static_cast<std::uint32_t>(span.slot * plane_bytes_));
      ++p->words[count_at];
      covered = span.last;
    }
  }

  const Forest& f_;
  const std::size_t plane_bytes_;
};

template <typename T, typename S>
class SliceEngine final : public Engine {
 public:
  SliceEngine(SharedForest forest, isa::Isa isa, std::size_t lanes)
      : forest_(std::move(forest)),
        lanes_(lanes),
        name_(fmt::format("slice{}", lanes)),
        tables_(forest_->conditions, forest_->ensemble.flush_below),
        base_(base_of<S>(forest_->ensemble)) {
    const isa::Kernels& kernels = isa::kernels(isa);
    const isa::Kernels::Slice& slice = lanes == 64    ? kernels.slice64
                                       : lanes == 256 ? kernels.slice256
                                                      : kernels.slice512;
    run_ = run_of(slice);
    add_trees();
    trees_ = {slice_trees_.data(), slice_trees_.size(),          words_.data(),
              leaves_.data(),      forest_->ensemble.leaf_width, forest_->ensemble.outputs,
              slots_max_};
  }

  bool fits() const { return fits_; }
  std::string_view name() const override { return name_; }
  std::size_t memory_bytes() const override {
    return words_.size() * sizeof(words_[0]) + leaves_.size() * sizeof(S) +
           slice_trees_.size() * sizeof(slice_trees_[0]);
  }
  std::size_t scratch_bytes() const override { return sums_at() + aligned(sums_bytes()); }

  void run(Rows in, double* out, std::byte* scratch) const override {
    const isa::SliceWork<T, S> work{scratch,
                                    reinterpret_cast<T*>(scratch + columns_at()),
                                    scratch + deltas_at(),
                                    scratch + reach_at(),
                                    reinterpret_cast<std::uint8_t*>(scratch + index_at()),
                                    reinterpret_cast<S*>(scratch + sums_at())};
    for (std::size_t first = 0; first < in.rows; first += lanes_) {
      const std::size_t count = std::min(lanes_, in.rows - first);
      for (std::size_t j = 0; j < base_.size(); ++j)
        std::fill_n(work.sums + j * lanes_, lanes_, base_[j]);
      run_(tables_.view(), trees_, in.values + first * in.width, count, in.width, work);
      write_sums(work.sums, count, out + first * base_.size());
    }
  }

 private:
  using Run = void (*)(const isa::ConditionTable<T>&, const isa::SliceTrees<S>&, const double*,
                       std::size_t, std::size_t, const isa::SliceWork<T, S>&);
  static Run run_of(const isa::Kernels::Slice& slice) {
    if constexpr (sizeof(T) == 8) {
      return slice.run_dd;
    } else if constexpr (sizeof(S) == 8) {
      return slice.run_fd;
    } else {
      return slice.run_ff;
    }
  }

  void write_sums(const S* sums, std::size_t count, double* out) const {
    const std::size_t outputs = base_.size();
    for (std::size_t j = 0; j < outputs; ++j) {
      for (std::size_t r = 0; r < count; ++r)
        out[r * outputs + j] = static_cast<double>(sums[j * lanes_ + r]);
    }
  }

  // ---- scratch ----
  std::size_t plane_bytes() const { return lanes_ / 8; }
  std::size_t columns_at() const {
    return aligned((std::size_t{forest_->conditions.count} + 1) * plane_bytes());
  }
  std::size_t deltas_at() const {
    return columns_at() + aligned(forest_->conditions.numbers.size() * lanes_ * sizeof(T));
  }
  std::size_t reach_at() const {
    return deltas_at() + aligned((std::size_t{tables_.view().widest} + 1) * plane_bytes());
  }
  std::size_t index_at() const {
    return reach_at() + aligned(std::size_t{slots_max_} * plane_bytes());
  }
  std::size_t sums_at() const { return index_at() + isa::kTreesAtOnce * lanes_; }
  std::size_t sums_bytes() const { return base_.size() * lanes_ * sizeof(S); }

  // ---- layout ----

  // By output, since sums of different outputs do not meet (those of leaves with several values may);
  // within one in order.
  std::vector<std::size_t> tree_order() const {
    const auto& output = forest_->ensemble.tree_output;
    std::vector<std::size_t> order(forest_->trees.size());
    for (std::size_t t = 0; t < order.size(); ++t) order[t] = t;
    if (forest_->ensemble.leaf_width > 1) return order;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return output[a] < output[b]; });
    return order;
  }

  void add_trees() {
    const Programmer programmer(*forest_, plane_bytes());
    for (const std::size_t t : tree_order()) {
      const auto program = programmer.program(forest_->trees[t]);
      fits_ = program.has_value();
      if (!fits_) return;
      const std::size_t table = std::max(kTableMin, std::bit_ceil(program->leaves.size()));
      slice_trees_.push_back({.kind = program->kind,
                              .depth = program->bits,
                              .program = static_cast<std::uint32_t>(words_.size()),
                              .splits = program->splits,
                              .leaves = static_cast<std::uint32_t>(leaves_.size()),
                              .table_size = static_cast<std::uint32_t>(table),
                              .output = forest_->ensemble.tree_output[t]});
      words_.insert(words_.end(), program->words.begin(), program->words.end());
      slots_max_ = std::max(slots_max_, 2 * program->splits + 1);
      add_tables(program->leaves, table);
    }
  }

  void add_tables(const std::vector<std::size_t>& leaves, std::size_t table) {
    const model::TreeEnsemble& e = forest_->ensemble;
    for (std::size_t j = 0; j < e.leaf_width; ++j) {
      const std::size_t at = leaves_.size();
      leaves_.resize(at + table);
      for (std::size_t k = 0; k < leaves.size(); ++k)
        leaves_[at + k] = static_cast<S>(e.leaf_value[leaves[k] * e.leaf_width + j]);
    }
  }

  const SharedForest forest_;
  const std::size_t lanes_;
  const std::string name_;
  const ConditionTables<T> tables_;
  const std::vector<S> base_;
  Run run_ = nullptr;
  bool fits_ = true;
  std::uint32_t slots_max_ = 1;
  std::vector<isa::SliceTree> slice_trees_;
  std::vector<std::uint32_t> words_;
  std::vector<S> leaves_;
  isa::SliceTrees<S> trees_{};
};

}  // namespace

std::unique_ptr<Engine> make_slice_engine(const SharedForest& forest, isa::Isa isa,
                                          std::size_t lanes) {
  CHECK(lanes == 64 || lanes == 256 || lanes == 512);
  return with_types(forest->ensemble, [&](auto t, auto s) -> std::unique_ptr<Engine> {
    auto engine = std::make_unique<SliceEngine<decltype(t), decltype(s)>>(forest, isa, lanes);
    if (!engine->fits()) return nullptr;
    return engine;
  });
}

}  // namespace slipway::scoring
