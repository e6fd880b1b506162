// The heap engine: `node = 2 * node + answer[question[node]]` is all that a level costs, and eight
// trees are walked side by side, without a branch.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "scoring/engine/row_engine.h"

namespace slipway::scoring {
namespace {

constexpr std::uint32_t kDepthMax = 10;
constexpr std::size_t kPaddingMax = 6;  // places per leaf

std::uint32_t depth_of_block(const Forest& forest, std::size_t first) {
  const std::size_t last = std::min<std::size_t>(first + isa::kTogether, forest.trees.size());
  std::uint32_t depth = 0;
  for (std::size_t t = first; t < last; ++t) depth = std::max(depth, forest.trees[t].depth);
  return depth;
}

bool fits(const Forest& forest) {
  std::size_t places = 0, leaves = 0;
  for (std::size_t first = 0; first < forest.trees.size(); first += isa::kTogether) {
    const std::uint32_t depth = depth_of_block(forest, first);
    if (depth > kDepthMax) return false;
    const std::size_t last = std::min<std::size_t>(first + isa::kTogether, forest.trees.size());
    places += (last - first) << depth;
    for (std::size_t t = first; t < last; ++t) leaves += forest.trees[t].nodes + 1;
  }
  return places <= kPaddingMax * leaves + 64;
}

template <typename T, typename S>
class HeapEngine final : public RowEngine<T, S> {
 public:
  HeapEngine(const SharedForest& forest, isa::Isa isa) : RowEngine<T, S>(forest, isa) {
    reserve();
    for (std::size_t first = 0; first < forest->trees.size(); first += isa::kTogether)
      add_block(first);
    trees_ = {blocks_.data(), blocks_.size(), nodes_.data(), leaf_sums(forest->ensemble, leaves_)};
  }

  std::string_view name() const override { return "heap"; }
  std::size_t memory_bytes() const override {
    return nodes_.size() * sizeof(nodes_[0]) + leaves_.size() * sizeof(S);
  }

 protected:
  void add_trees(std::uint8_t* bytes, std::byte*, S* sums) const override {
    if constexpr (sizeof(S) == 4) {
      this->kernels().heap_float(trees_, bytes, sums);
    } else {
      this->kernels().heap_double(trees_, bytes, sums);
    }
  }

 private:
  // Memory that grows is copied, and its pages are new again.
  void reserve() {
    const Forest& forest = this->forest();
    std::size_t nodes = 0;
    for (std::size_t first = 0; first < forest.trees.size(); first += isa::kTogether)
      nodes += isa::kTogether << depth_of_block(forest, first);
    nodes_.reserve(nodes);
    leaves_.reserve(nodes * forest.ensemble.leaf_width);
  }

  void add_block(std::size_t first) {
    const Forest& forest = this->forest();
    const std::uint32_t depth = depth_of_block(forest, first);
    const std::size_t trees = std::min<std::size_t>(isa::kTogether, forest.trees.size() - first);
    blocks_.push_back({depth, static_cast<std::uint32_t>(trees),
                       static_cast<std::uint32_t>(nodes_.size()),
                       static_cast<std::uint32_t>(leaves_.size())});
    const std::size_t places = std::size_t{1} << depth;
    const std::size_t width = forest.ensemble.leaf_width;
    const std::size_t nodes = nodes_.size(), leaves = leaves_.size();
    // What is not asked never holds; a block short of trees is walked all the same.
    nodes_.resize(nodes + isa::kTogether * places,
                  static_cast<std::uint16_t>(forest.conditions.count));
    leaves_.resize(leaves + trees * width * places);
    for (std::size_t k = 0; k < trees; ++k) {
      place(forest.trees[first + k].root, 1, depth, nodes_.data() + nodes + k * places,
            leaves_.data() + leaves + k * width * places, places);
    }
  }

  // A leaf above the last level stands below it at the far left, where answers of 0 lead.
  void place(std::int32_t from, std::size_t h, std::uint32_t levels, std::uint16_t* nodes,
             S* leaves, std::size_t places) {
    if (from >= 0) {
      const ForestNode& node = this->forest().nodes[static_cast<std::size_t>(from)];
      nodes[h] = static_cast<std::uint16_t>(node.condition);
      place(node.left, 2 * h, levels - 1, nodes, leaves, places);
      place(node.right, 2 * h + 1, levels - 1, nodes, leaves, places);
      return;
    }
    const std::size_t width = this->forest().ensemble.leaf_width;
    const std::size_t at = (h << levels) - places;
    for (std::size_t j = 0; j < width; ++j) {
      leaves[j * places + at] = static_cast<S>(
          this->forest().ensemble.leaf_value[static_cast<std::size_t>(~from) * width + j]);
    }
  }

  std::vector<isa::HeapBlock> blocks_;
  std::vector<std::uint16_t> nodes_;
  std::vector<S> leaves_;
  isa::HeapTrees<S> trees_{};
};

}  // namespace

std::unique_ptr<Engine> make_heap_engine(const SharedForest& forest, isa::Isa isa) {
  if (!fits(*forest)) return nullptr;
  return with_types(forest->ensemble, [&](auto t, auto s) -> std::unique_ptr<Engine> {
    return std::make_unique<HeapEngine<decltype(t), decltype(s)>>(forest, isa);
  });
}

}  // namespace slipway::scoring
