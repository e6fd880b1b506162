// The slice engine: 64, 256 or 512 rows at once. isa/slice_impl.h says how.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "scoring/engine/look_up_planes.h"
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

bool takes(const ForestTree& tree) {
  return (tree.oblivious && tree.levels <= kBitsMax) || tree.nodes < (std::size_t{1} << kBitsMax);
}

class Programmer {
 public:
  Programmer(const Forest& forest, std::size_t plane_bytes)
      : f_(forest), plane_bytes_(plane_bytes) {}

  // Good until the next one. Precondition: takes(tree).
  const TreeProgram& program(const ForestTree& tree) {
    p_.words.clear();
    p_.leaves.clear();
    p_.splits = 0;
    const std::size_t leaves = std::size_t{tree.nodes} + 1;
    // A step of the mux costs a quarter of one of the reach, but is taken at every place of a heap.
    const bool dense =
        tree.depth > 0 && tree.depth <= kBitsMax && (std::size_t{1} << tree.depth) <= 4 * leaves;
    if (tree.oblivious && tree.levels <= kBitsMax) {
      oblivious(tree);
    } else if (dense) {
      mux(tree);
    } else {
      reach(tree);
    }
    return p_;
  }

 private:
  std::uint32_t plane(std::uint32_t number) const {
    return static_cast<std::uint32_t>(number * plane_bytes_);
  }
  const ForestNode& node(std::int32_t at) const { return f_.nodes[static_cast<std::size_t>(at)]; }

  void oblivious(const ForestTree& tree) {
    p_.kind = isa::SliceKind::kOblivious;
    p_.bits = tree.levels;
    for (std::uint32_t l = 0; l < tree.levels; ++l)
      p_.words.push_back(plane(f_.levels[tree.levels_first + l]));
    for (std::size_t k = 0; k < std::size_t{1} << tree.levels; ++k)
      p_.leaves.push_back(tree.first_leaf + k);
  }

  void mux(const ForestTree& tree) {
    p_.kind = isa::SliceKind::kMux;
    p_.bits = tree.depth;
    p_.words.assign(std::size_t{1} << tree.depth, plane(f_.conditions.count));
    p_.leaves.assign(std::size_t{1} << tree.depth, 0);
    place(tree.root, 1, tree.depth);
  }

  void place(std::int32_t from, std::size_t h, std::uint32_t levels) {
    if (from < 0) {
      p_.leaves[(h << levels) - p_.leaves.size()] = static_cast<std::size_t>(~from);
      return;
    }
    p_.words[h] = plane(node(from).condition);
    place(node(from).left, 2 * h, levels - 1);
    place(node(from).right, 2 * h + 1, levels - 1);
  }

  // A subtree: the slot of the rows that reach it, and its leaves' numbers [first, last).
  struct Span {
    std::uint32_t slot, first, last;
    // From this bit on, all numbers are the same.
    std::uint32_t common() const {
      return static_cast<std::uint32_t>(std::bit_width(first ^ (last - 1)));
    }
  };

  void reach(const ForestTree& tree) {
    p_.kind = isa::SliceKind::kReach;
    p_.splits = tree.nodes;
    p_.bits = static_cast<std::uint32_t>(std::bit_width(std::size_t{tree.nodes}));
    for (auto& slots : unions_) slots.clear();
    next_slot_ = 1;
    number(tree.root, 0);
    for (std::uint32_t bit = p_.bits; bit-- > 0;) {
      p_.words.push_back(static_cast<std::uint32_t>(unions_[bit].size()));
      p_.words.insert(p_.words.end(), unions_[bit].begin(), unions_[bit].end());
    }
  }

  Span number(std::int32_t from, std::uint32_t slot) {
    const auto first = static_cast<std::uint32_t>(p_.leaves.size());
    if (from < 0) {
      p_.leaves.push_back(static_cast<std::size_t>(~from));
      return {slot, first, first + 1};
    }
    p_.words.push_back(plane(node(from).condition));
    p_.words.push_back(plane(slot));
    const std::uint32_t left = next_slot_;
    next_slot_ += 2;
    const Span l = number(node(from).left, left);
    const Span r = number(node(from).right, left + 1);
    const Span all{slot, first, r.last};
    add_to_unions(l, all.common());
    add_to_unions(r, all.common());
    return all;
  }

  // The union of a bit is of the largest subtrees whose leaves' numbers all have it: of those where
  // the parent's have it in part.
  void add_to_unions(const Span& span, std::uint32_t parents_common) {
    for (std::uint32_t bit = span.common(); bit < parents_common; ++bit) {
      if (((span.first >> bit) & 1) != 0) unions_[bit].push_back(plane(span.slot));
    }
  }

  const Forest& f_;
  const std::size_t plane_bytes_;
  TreeProgram p_;
  std::array<std::vector<std::uint32_t>, kBitsMax> unions_;  // slots, of a reach
  std::uint32_t next_slot_ = 1;
};

template <typename T, typename S>
class SliceEngine final : public Engine {
 public:
  SliceEngine(SharedForest forest, isa::Isa isa, std::size_t lanes)
      : forest_(std::move(forest)),
        lanes_(lanes),
        name_(fmt::format("slice{}", lanes)),
        tables_(forest_->conditions, forest_->ensemble.flush_below, isa::kernels(isa).group_max),
        looked_up_(forest_->conditions),
        base_(base_of<S>(forest_->ensemble)) {
    const isa::Kernels& kernels = isa::kernels(isa);
    const isa::Kernels::Slice& slice = lanes == 64    ? kernels.slice64
                                       : lanes == 256 ? kernels.slice256
                                                      : kernels.slice512;
    run_ = run_of(slice);
    byte_table_ = kernels.byte_table;
    add_trees();
    trees_ = {slice_trees_.data(), slice_trees_.size(),          words_.data(),
              leaves_.data(),      forest_->ensemble.leaf_width, forest_->ensemble.outputs,
              slots_max_};
  }

  std::string_view name() const override { return name_; }
  std::size_t memory_bytes() const override {
    return words_.size() * sizeof(words_[0]) + leaves_.size() * sizeof(S) +
           slice_trees_.size() * sizeof(slice_trees_[0]) + looked_up_.memory_bytes();
  }
  std::size_t scratch_bytes() const override {
    return variants_at() + looked_up_.variants() * plane_bytes();
  }

  void run(Rows in, double* out, std::byte* scratch) const override {
    const isa::SliceWork<T, S> work{scratch,
                                    reinterpret_cast<T*>(scratch + columns_at()),
                                    scratch + deltas_at(),
                                    scratch + reach_at(),
                                    reinterpret_cast<std::uint8_t*>(scratch + index_at()),
                                    reinterpret_cast<S*>(scratch + sums_at()),
                                    looked_up_.view(),
                                    reinterpret_cast<std::uint32_t*>(scratch + codes_at()),
                                    scratch + variants_at()};
    for (std::size_t first = 0; first < in.rows; first += lanes_) {
      const std::size_t count = std::min(lanes_, in.rows - first);
      for (std::size_t j = 0; j < base_.size(); ++j)
        std::fill_n(work.sums + j * lanes_, lanes_, base_[j]);
      find_codes({in.values + first * in.width, count, in.width}, scratch);
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

  // Of rows that are not there: 0.
  void find_codes(Rows rows, std::byte* scratch) const {
    if (looked_up_.view() == nullptr) return;
    auto* codes = reinterpret_cast<std::uint32_t*>(scratch + codes_at());
    forest_->conditions.looked_up->find_codes(rows, lanes_, codes);
    for (std::size_t l = 0; l < looked_up_.lists(); ++l)
      std::fill(codes + l * lanes_ + rows.rows, codes + (l + 1) * lanes_, 0U);
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
    return columns_at() + aligned(tables_.view().group_count * lanes_ * sizeof(T));
  }
  std::size_t reach_at() const {
    return deltas_at() + aligned((std::size_t{tables_.view().widest} + 1) * plane_bytes());
  }
  std::size_t index_at() const {
    return reach_at() + aligned(std::size_t{slots_max_} * plane_bytes());
  }
  std::size_t sums_at() const { return index_at() + isa::kTreesAtOnce * lanes_; }
  std::size_t sums_bytes() const { return base_.size() * lanes_ * sizeof(S); }
  std::size_t codes_at() const { return sums_at() + aligned(sums_bytes()); }
  std::size_t variants_at() const {
    return codes_at() + aligned(looked_up_.lists() * lanes_ * sizeof(std::uint32_t));
  }

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
    Programmer programmer(*forest_, plane_bytes());
    words_.reserve(4 * forest_->nodes.size());
    for (const std::size_t t : tree_order()) {
      const TreeProgram& program = programmer.program(forest_->trees[t]);
      const std::size_t table = std::max(kTableMin, std::bit_ceil(program.leaves.size()));
      slice_trees_.push_back({.kind = program.kind,
                              .depth = program.bits,
                              .program = static_cast<std::uint32_t>(words_.size()),
                              .splits = program.splits,
                              .leaves = static_cast<std::uint32_t>(leaves_.size()),
                              .table_size = static_cast<std::uint32_t>(table),
                              .output = forest_->ensemble.tree_output[t]});
      words_.insert(words_.end(), program.words.begin(), program.words.end());
      slots_max_ = std::max(slots_max_, 2 * program.splits + 1);
      add_tables(program.leaves, table);
    }
  }

  void add_tables(const std::vector<std::size_t>& leaves, std::size_t table) {
    const model::TreeEnsemble& e = forest_->ensemble;
    for (std::size_t j = 0; j < e.leaf_width; ++j) {
      const std::size_t at = leaves_.size();
      leaves_.resize(at + table);
      for (std::size_t k = 0; k < leaves.size(); ++k)
        leaves_[at + k] = static_cast<S>(e.leaf_value[leaves[k] * e.leaf_width + j]);
      if (byte_table_ > 0 && table >= byte_table_) part_bytes(leaves_.data() + at, table);
    }
  }

  // As Kernels::byte_table has it.
  static void part_bytes(S* table, std::size_t size) {
    std::vector<unsigned char> parted(size * sizeof(S));
    const auto* bytes = reinterpret_cast<const unsigned char*>(table);
    for (std::size_t i = 0; i < parted.size(); ++i)
      parted[i % sizeof(S) * size + i / sizeof(S)] = bytes[i];
    std::memcpy(table, parted.data(), parted.size());
  }

  const SharedForest forest_;
  const std::size_t lanes_;
  const std::string name_;
  const ConditionTables<T> tables_;
  const LookUpPlanes looked_up_;
  const std::vector<S> base_;
  Run run_ = nullptr;
  std::size_t byte_table_ = 0;
  std::uint32_t slots_max_ = 1;
  std::vector<isa::SliceTree> slice_trees_;
  std::vector<std::uint32_t> words_;
  std::vector<S> leaves_;
  isa::SliceTrees<S> trees_{};
};

}  // namespace

bool slices_take(const Forest& forest) {
  const model::TreeEnsemble& e = forest.ensemble;
  return e.linear_constant.empty() && (e.float32_inputs || !e.float32_sums) &&
         std::all_of(forest.trees.begin(), forest.trees.end(), takes);
}

std::unique_ptr<Engine> make_slice_engine(const SharedForest& forest, isa::Isa isa,
                                          std::size_t lanes) {
  CHECK(lanes == 64 || lanes == 256 || lanes == 512);
  if (!slices_take(*forest)) return nullptr;
  return with_types(forest->ensemble, [&](auto t, auto s) -> std::unique_ptr<Engine> {
    return std::make_unique<SliceEngine<decltype(t), decltype(s)>>(forest, isa, lanes);
  });
}

}  // namespace slipway::scoring
