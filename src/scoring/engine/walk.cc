// The walk engine: node by node, without a branch, on the rows' own values; several rows or trees
// side by side. For forests that are deep, or whose splits hardly share thresholds.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "base/large_pages.h"
#include "scoring/engine/cover.h"
#include "scoring/engine/engines.h"
#include "scoring/engine/question.h"
#include "scoring/engine/row_engine.h"
#include "scoring/engine/walk_leaves.h"

namespace slipway::scoring {
namespace {

constexpr std::size_t kBlockRows = 1024;    // rows that a tree is applied to before the next one
constexpr std::size_t kRowsSideBySide = 8;  // from here on rows, below it trees
constexpr std::size_t kLinesPerRow = 40;    // of a tree, that make it worth fetching whole
constexpr std::uint32_t kNodesMaxFloat = 1U << (32 - isa::kSlotBits);
constexpr std::uint32_t kLeavesMaxFloat = 1U << 22;  // what a float's NaN carries

// What a value of a row becomes before nodes compare with it.
enum class Reads : std::uint8_t {
  kLow,        // missing: nothing is reached
  kHigh,       // missing: everything is
  kIsMissing,  // 1 or 0
};

struct Slot {
  Reads reads = Reads::kLow;
  std::uint32_t feature = 0;
  bool zero_is_missing = false;
  friend auto operator<=>(const Slot&, const Slot&) = default;
};

// Slots of numbers, and which one a split reads. Those of category conditions stand before them.
class Slots {
 public:
  explicit Slots(const Conditions& categories) : categories_(categories) {}

  std::uint32_t of(const Question& q, std::uint32_t split) {
    if (q.asks == Asks::kCategory) return categories_.of_split[split];
    Slot slot{Reads::kLow, q.feature, q.zero_is_missing};
    if (q.asks == Asks::kNumber && std::isnan(q.threshold)) {
      slot.reads = Reads::kIsMissing;
    } else if (q.asks == Asks::kAlways || q.missing_right) {
      slot.reads = Reads::kHigh;
    }
    const auto next = static_cast<std::uint32_t>(categories_.count + slots_.size());
    const auto [at, is_new] = known_.try_emplace(slot, next);
    if (is_new) slots_.push_back(slot);
    return at->second;
  }

  const std::vector<Slot>& all() const { return slots_; }

 private:
  const Conditions& categories_;
  std::map<Slot, std::uint32_t> known_;
  std::vector<Slot> slots_;
};

// What a node compares its slot with. Questions without a number are turned into one.
double bound_of(const Question& q) {
  switch (q.asks) {
    case Asks::kNever:
      return std::numeric_limits<double>::quiet_NaN();
    case Asks::kAlways:
      return -std::numeric_limits<double>::infinity();
    case Asks::kCategory:
      return 0.5;
    case Asks::kNumber:
      return std::isnan(q.threshold) ? 0.5 : q.threshold;
  }
  return 0;
}

template <typename T>
struct NodeOf;
template <>
struct NodeOf<float> {
  using Type = isa::WalkNodeFloat;
  static Type split(double bound, std::uint32_t slot, std::uint32_t child) {
    return {static_cast<float>(bound), child << isa::kSlotBits | slot};
  }
  static Type leaf(std::uint32_t number, std::uint32_t self) {
    return {std::bit_cast<float>(0x7FC00000U | number), self << isa::kSlotBits};
  }
};
template <>
struct NodeOf<double> {
  using Type = isa::WalkNodeDouble;
  static Type split(double bound, std::uint32_t slot, std::uint32_t child) {
    return {bound, std::uint64_t{child} << 32 | slot};
  }
  static Type leaf(std::uint32_t number, std::uint32_t self) {
    return {std::bit_cast<double>(0x7FF8000000000000U | number), std::uint64_t{self} << 32};
  }
};

template <typename T>
class WalkEngine final : public Engine {
 public:
  using Node = typename NodeOf<T>::Type;

  WalkEngine(const model::TreeEnsemble& ensemble, Conditions categories, isa::Isa isa)
      : e_(ensemble), kernels_(isa::kernels(isa)), categories_(std::move(categories)), leaves_(e_) {
    Slots slots(categories_);
    nodes_.reserve(e_.splits() + e_.leaves());
    const std::vector<float> cover = cover_of_nodes(e_, e_.splits(), [this](std::size_t split) {
      return Children{e_.left[split], e_.right[split]};
    });
    for (std::size_t t = 0; t < e_.trees(); ++t) add_tree(t, cover, &slots);
    leaves_.finish();
    numbers_ = slots.all();
    slots_ = std::max<std::size_t>(1, categories_.count + numbers_.size());
    trees_ = {nodes_.data(), begin_.data(), begin_.size()};
  }

  bool fits() const {
    return sizeof(T) == 8 ||
           (largest_ <= kNodesMaxFloat && leaves_.numbers_most() <= kLeavesMaxFloat &&
            slots_ < 1U << isa::kSlotBits);
  }
  std::string_view name() const override { return "walk"; }
  std::size_t memory_bytes() const override {
    return nodes_.size() * sizeof(Node) + leaves_.memory_bytes();
  }
  std::size_t scratch_bytes() const override {
    return aligned(kBlockRows * slots_ * sizeof(T)) +
           aligned(std::max(kBlockRows, e_.trees()) * sizeof(std::uint32_t));
  }

  void run(Rows in, double* sums, std::byte* scratch) const override {
    auto* values = reinterpret_cast<T*>(scratch);
    auto* leaf =
        reinterpret_cast<std::uint32_t*>(scratch + aligned(kBlockRows * slots_ * sizeof(T)));
    for (std::size_t first = 0; first < in.rows; first += kBlockRows) {
      const std::size_t rows = std::min(kBlockRows, in.rows - first);
      const double* from = in.values + first * in.width;
      double* to = sums + first * e_.outputs;
      for (std::size_t r = 0; r < rows; ++r) {
        read_row(from + r * in.width, values + r * slots_);
        for (std::size_t j = 0; j < e_.outputs; ++j)
          to[r * e_.outputs + j] = e_.base.empty() ? 0.0 : e_.base[j];
      }
      if (rows < kRowsSideBySide) {
        for (std::size_t r = 0; r < rows; ++r)
          one_row(from + r * in.width, values + r * slots_, leaf, to + r * e_.outputs);
      } else {
        many_rows({from, rows, in.width}, values, leaf, to);
      }
    }
  }

 private:
  // ---- layout ----

  // Depth first, where most rows go first, so that a way down stays in few cache lines; siblings side by side.
  void add_tree(std::size_t tree, const std::vector<float>& cover, Slots* slots) {
    struct Pending {
      std::int32_t from;
      std::uint32_t at;
    };
    begin_.push_back(nodes_.size());
    leaves_.begin_tree();
    nodes_.push_back({});
    std::vector<Pending> pending{{e_.roots[tree], 0}};
    while (!pending.empty()) {
      const Pending p = pending.back();
      pending.pop_back();
      Node& node = nodes_[begin_.back() + p.at];
      if (p.from < 0) {
        node = NodeOf<T>::leaf(leaves_.number_of(static_cast<std::size_t>(~p.from)), p.at);
        continue;
      }
      const auto split = static_cast<std::uint32_t>(p.from);
      const Question q = question_of(e_, split);
      const auto child = static_cast<std::uint32_t>(nodes_.size() - begin_.back());
      node = NodeOf<T>::split(bound_of(q), slots->of(q, split), child);
      nodes_.resize(nodes_.size() + 2);
      pending.push_back({e_.right[split], child + 1});
      pending.push_back({e_.left[split], child});
      if (cover_at(e_, cover, e_.left[split]) < cover_at(e_, cover, e_.right[split]))
        std::swap(pending.back(), pending[pending.size() - 2]);
    }
    largest_ = std::max<std::size_t>(largest_, nodes_.size() - begin_.back());
  }

  // ---- rows ----

  void read_row(const double* row, T* values) const {
    for (const CategoryGroup& group : categories_.categories) read_codes(group, row, values);
    values += categories_.count;
    for (std::size_t s = 0; s < numbers_.size(); ++s) {
      const Slot& slot = numbers_[s];
      const double x = read_value(e_, row[slot.feature]);
      const bool missing =
          std::isnan(x) || (slot.zero_is_missing && std::abs(x) <= model::kZeroBound);
      values[s] = static_cast<T>(slot_value(slot, x, missing));
    }
  }

  void read_codes(const CategoryGroup& group, const double* row, T* values) const {
    const double x = read_value(e_, row[group.feature]);
    const std::uint32_t code = std::isnan(x)
                                   ? group.categories + 1
                                   : category_of(x, group.negative_is_outside, group.categories);
    const std::uint64_t* words =
        categories_.bits.data() + group.table + std::size_t{code} * group.words();
    for (std::uint32_t i = 0; i < group.count; ++i)
      values[group.first + i] = static_cast<T>((words[i / 64] >> (i % 64)) & 1);
  }

  static double slot_value(const Slot& slot, double x, bool missing) {
    switch (slot.reads) {
      case Reads::kLow:
        return missing ? std::numeric_limits<double>::quiet_NaN() : x;
      case Reads::kHigh:
        return missing ? std::numeric_limits<double>::infinity() : x;
      case Reads::kIsMissing:
        return missing ? 1 : 0;
    }
    return x;
  }

  void one_row(const double* row, const T* values, std::uint32_t* leaf, double* sums) const {
    if constexpr (sizeof(T) == 4) {
      kernels_.walk_trees_float(trees_, 0, e_.trees(), values, leaf);
    } else {
      kernels_.walk_trees_double(trees_, 0, e_.trees(), values, leaf);
    }
    for (std::size_t t = 0; t < e_.trees(); ++t) leaves_.add_one(t, leaf[t], row, sums);
  }

  void many_rows(Rows in, const T* values, std::uint32_t* leaf, double* sums) const {
    for (std::size_t t = 0; t < e_.trees(); ++t) {
      const isa::Ahead next = ahead(t + 1, in.rows);
      if constexpr (sizeof(T) == 4) {
        kernels_.walk_rows_float(trees_, t, values, slots_, in.rows, next, leaf);
      } else {
        kernels_.walk_rows_double(trees_, t, values, slots_, in.rows, next, leaf);
      }
      leaves_.add(t, leaf, in, sums);
    }
  }

  // The whole tree, if that many rows will find their way through most of it.
  isa::Ahead ahead(std::size_t tree, std::size_t rows) const {
    if (tree >= e_.trees()) return {};
    const auto* first = reinterpret_cast<const std::byte*>(nodes_.data() + begin_[tree]);
    const std::size_t end = tree + 1 < e_.trees() ? begin_[tree + 1] : nodes_.size();
    const std::size_t lines = (end - begin_[tree]) * sizeof(Node) / 64;
    return lines <= rows * kLinesPerRow ? isa::Ahead{first, lines} : isa::Ahead{};
  }

  const model::TreeEnsemble e_;
  const isa::Kernels& kernels_;
  const Conditions categories_;
  std::vector<Slot> numbers_;
  std::size_t slots_ = 1;  // of both
  std::vector<Node, LargePages<Node>> nodes_;
  std::vector<std::uint64_t> begin_;
  WalkLeaves leaves_;
  std::size_t largest_ = 0;  // nodes of a tree
  isa::WalkTrees<Node> trees_{};
};

template <typename T>
std::unique_ptr<Engine> make(const model::TreeEnsemble& ensemble, const Conditions& categories,
                             isa::Isa isa) {
  auto engine = std::make_unique<WalkEngine<T>>(ensemble, categories, isa);
  if (!engine->fits()) return nullptr;
  return engine;
}

// One walk adds a constant per leaf to a single column if leaves are linear.
bool is_walkable(const model::TreeEnsemble& e) {
  return e.leaves() < std::size_t{1} << 31 && (e.linear_constant.empty() || e.leaf_width == 1);
}

}  // namespace

std::unique_ptr<Engine> make_walk_engine(const model::TreeEnsemble& ensemble, isa::Isa isa) {
  if (!is_walkable(ensemble)) return nullptr;
  const auto categories = find_category_conditions(ensemble);
  if (!categories) return nullptr;
  if (ensemble.float32_inputs) {
    if (auto engine = make<float>(ensemble, *categories, isa)) return engine;
  }
  return make<double>(ensemble, *categories, isa);
}

}  // namespace slipway::scoring
