// The permute engine: a row's ranks lie in one or two registers, and a permute and a compare answer
// 64 questions at once. Small trees then are a few operations on their answers' bits.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "scoring/engine/row_engine.h"
#include "scoring/engine/slot_bits.h"
#include "scoring/engine/slot_tables.h"

namespace slipway::scoring {
namespace {

using isa::PermuteShape;

// Questions of a tree as a power of two.
std::uint32_t bits_of(PermuteShape shape) {
  switch (shape) {
    case PermuteShape::kOblivious:
    case PermuteShape::kPerfect3:
      return 3;
    case PermuteShape::kPerfect4:
      return 4;
    case PermuteShape::kPerfect5:
    case PermuteShape::kLeftmost:
      return 5;
    case PermuteShape::kPerfect6:
      return 6;
  }
  return 6;
}

std::optional<PermuteShape> shape_of(const Forest& forest) {
  constexpr std::uint32_t kLeftmostSplits = 31, kObliviousLevels = 8;
  std::uint32_t depth = 0, nodes = 0;
  bool oblivious = true;
  for (const ForestTree& tree : forest.trees) {
    depth = std::max(depth, tree.depth);
    nodes = std::max(nodes, tree.nodes);
    oblivious = oblivious && tree.oblivious && tree.levels <= kObliviousLevels;
  }
  if (oblivious) return PermuteShape::kOblivious;
  if (depth <= 3) return PermuteShape::kPerfect3;
  if (depth == 4) return PermuteShape::kPerfect4;
  if (depth == 5) return PermuteShape::kPerfect5;
  if (depth == 6) return PermuteShape::kPerfect6;
  if (nodes <= kLeftmostSplits) return PermuteShape::kLeftmost;
  return std::nullopt;
}

template <typename T, typename S>
class PermuteEngine final : public Engine {
 public:
  PermuteEngine(const SharedForest& forest, PermuteShape shape, SlotPlan plan,
                const isa::PermuteKernels& kernels)
      : forest_(forest),
        kernels_(kernels),
        tables_(plan, forest->ensemble.flush_below),
        bits_of_slots_(forest->conditions, plan, kernels),
        base_(base_of<S>(forest->ensemble)),
        plan_(std::move(plan)),
        bits_(bits_of(shape)) {
    constexpr std::size_t kStretch = 16;  // trees that are answered together
    const std::size_t trees = (forest_->trees.size() + kStretch - 1) / kStretch * kStretch;
    questions_.resize((trees << bits_) / 64, nothing_asked());
    if (plan_.bit_words > 0) masks_.resize(questions_.size(), all_seen());
    switch (shape) {
      case PermuteShape::kOblivious:
        add_oblivious();
        break;
      case PermuteShape::kLeftmost:
        add_leftmost();
        break;
      default:
        add_perfect();
    }
    trees_ = {.questions = questions_.data(),
              .masks = masks_.empty() ? nullptr : masks_.data(),
              .tree_count = forest_->trees.size(),
              .shape = shape,
              .slots = static_cast<std::uint32_t>(plan_.slots),
              .first_leaf = first_leaf_.data(),
              .left = left_.data(),
              .sums = leaf_sums(forest_->ensemble, leaves_)};
  }

  std::string_view name() const override { return "permute"; }
  std::size_t memory_bytes() const override {
    return questions_.size() * sizeof(questions_[0]) + masks_.size() * sizeof(masks_[0]) +
           left_.size() * sizeof(left_[0]) + leaves_.size() * sizeof(S);
  }

  std::size_t scratch_bytes() const override {
    return sizeof(isa::RowSlots) + aligned(base_.size() * sizeof(S)) +
           bits_of_slots_.scratch_bytes();
  }

  void run(Rows in, double* out, std::byte* scratch) const override {
    auto* slots = reinterpret_cast<isa::RowSlots*>(scratch);
    auto* sums = reinterpret_cast<S*>(scratch + sizeof(isa::RowSlots));
    std::byte* own = reinterpret_cast<std::byte*>(sums) + aligned(base_.size() * sizeof(S));
    for (std::size_t r = 0; r < in.rows; ++r) {
      for (std::size_t j = 0; j < base_.size(); ++j) sums[j] = base_[j];
      if constexpr (sizeof(T) == 4) {
        kernels_.row_float(tables_.view(), in.values + r * in.width, slots);
      } else {
        kernels_.row_double(tables_.view(), in.values + r * in.width, slots);
      }
      if (!masks_.empty()) bits_of_slots_.fill(in.values + r * in.width, slots, own);
      if constexpr (sizeof(S) == 4) {
        kernels_.permute_float(trees_, *slots, sums);
      } else {
        kernels_.permute_double(trees_, *slots, sums);
      }
      for (std::size_t j = 0; j < base_.size(); ++j) *out++ = static_cast<double>(sums[j]);
    }
  }

 private:
  static isa::PermuteQuestions nothing_asked() {
    isa::PermuteQuestions none{};
    std::fill_n(none.rank, 64, isa::kSlotRanks);  // which no rank exceeds
    return none;
  }

  static isa::PermuteMasks all_seen() {
    isa::PermuteMasks all{};
    std::fill_n(all.mask, 64, std::uint8_t{0xFF});
    return all;
  }

  // Question `bit` of a tree.
  void ask(std::size_t tree, std::size_t bit, std::uint32_t condition) {
    const std::size_t at = (tree << bits_) + bit;
    isa::PermuteQuestions& to = questions_[at / 64];
    const SlotPlace place = plan_.places[condition];
    to.slot[at % 64] = place.slot;
    to.rank[at % 64] = place.rank;
    if (!masks_.empty()) masks_[at / 64].mask[at % 64] = place.mask;
  }

  void put_leaf(std::size_t at, std::size_t leaf) {
    const model::TreeEnsemble& e = forest_->ensemble;
    for (std::size_t j = 0; j < e.leaf_width; ++j)
      leaves_[at * e.leaf_width + j] = static_cast<S>(e.leaf_value[leaf * e.leaf_width + j]);
  }

  void add_oblivious() {
    leaves_.assign(forest_->ensemble.leaf_value.begin(), forest_->ensemble.leaf_value.end());
    for (std::size_t t = 0; t < forest_->trees.size(); ++t) {
      const ForestTree& tree = forest_->trees[t];
      first_leaf_.push_back(tree.first_leaf);
      for (std::uint32_t level = 0; level < tree.levels; ++level)
        ask(t, tree.levels - 1 - level, forest_->levels[tree.levels_first + level]);
    }
  }

  void add_perfect() {
    leaves_.resize((forest_->trees.size() << bits_) * forest_->ensemble.leaf_width);
    for (std::size_t t = 0; t < forest_->trees.size(); ++t)
      place(t, forest_->trees[t].root, 1, bits_);
  }

  // A leaf above the last level stands below it at the far left, where answers of 0 lead.
  void place(std::size_t tree, std::int32_t from, std::size_t h, std::uint32_t levels) {
    if (from < 0) {
      const std::size_t lowest = (h << levels) - (std::size_t{1} << bits_);
      return put_leaf((tree << bits_) + lowest, static_cast<std::size_t>(~from));
    }
    const ForestNode& node = forest_->nodes[static_cast<std::size_t>(from)];
    ask(tree, h, node.condition);
    place(tree, node.left, 2 * h, levels - 1);
    place(tree, node.right, 2 * h + 1, levels - 1);
  }

  void add_leftmost() {
    isa::PermuteLeaves all{};
    std::fill_n(all.leaves, 32, ~std::uint32_t{0});
    left_.resize(forest_->trees.size(), all);
    leaves_.resize(32 * forest_->trees.size() * forest_->ensemble.leaf_width);
    for (std::size_t t = 0; t < forest_->trees.size(); ++t)
      number_leaves(t, forest_->trees[t].root, 0);
  }

  // From the left, the first gets `next`; gives the next one.
  std::size_t number_leaves(std::size_t tree, std::int32_t from, std::size_t next) {
    if (from < 0) {
      put_leaf(32 * tree + next, static_cast<std::size_t>(~from));
      return next + 1;
    }
    const ForestNode& node = forest_->nodes[static_cast<std::size_t>(from)];
    const std::uint32_t bit = static_cast<std::uint32_t>(from) - forest_->trees[tree].first;
    ask(tree, bit, node.condition);
    const std::size_t middle = number_leaves(tree, node.left, next);
    const std::uint64_t left_side = (std::uint64_t{1} << middle) - (std::uint64_t{1} << next);
    left_[tree].leaves[bit] = ~static_cast<std::uint32_t>(left_side);
    return number_leaves(tree, node.right, middle);
  }

  const SharedForest forest_;
  const isa::PermuteKernels& kernels_;
  const SlotTables<T> tables_;
  const SlotBits bits_of_slots_;
  const std::vector<S> base_;
  SlotPlan plan_;
  const std::uint32_t bits_;  // questions of a tree, as a power of two
  std::vector<isa::PermuteQuestions> questions_;
  std::vector<isa::PermuteMasks> masks_;  // of these; none where all are on ranks
  std::vector<std::uint32_t> first_leaf_;
  std::vector<isa::PermuteLeaves> left_;
  std::vector<S> leaves_;
  isa::PermuteTrees<S> trees_{};
};

}  // namespace

std::unique_ptr<Engine> make_permute_engine(const SharedForest& forest, isa::Isa isa) {
  const isa::PermuteKernels* kernels = isa::permute_kernels(isa);
  if (kernels == nullptr) return nullptr;
  const auto shape = shape_of(*forest);
  if (!shape) return nullptr;
  const SlotPlan plan = plan_slots(forest->conditions);
  if (!plan.fits()) return nullptr;
  return with_types(forest->ensemble, [&](auto t, auto s) -> std::unique_ptr<Engine> {
    return std::make_unique<PermuteEngine<decltype(t), decltype(s)>>(forest, *shape, plan,
                                                                     *kernels);
  });
}

}  // namespace slipway::scoring
