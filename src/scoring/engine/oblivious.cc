// The oblivious engine: a tree that asks the same at all nodes of a level is a number made of its
// answers, and no answer waits for another.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "scoring/engine/row_engine.h"

namespace slipway::scoring {
namespace {

template <typename T, typename S>
class ObliviousEngine final : public RowEngine<T, S> {
 public:
  ObliviousEngine(const SharedForest& forest, isa::Isa isa) : RowEngine<T, S>(forest, isa) {
    for (const ForestTree& tree : forest->trees) levels_max_ = std::max(levels_max_, tree.levels);
    for (const ForestTree& tree : forest->trees) add_tree(tree);
    const auto& values = forest->ensemble.leaf_value;
    for (const double value : values) leaves_.push_back(static_cast<S>(value));
    trees_ = {first_leaf_.data(), depths_.data(), level_conditions_.data(),
              first_leaf_.size(), levels_max_,    leaf_sums(forest->ensemble, leaves_)};
  }

  std::string_view name() const override { return "oblivious"; }
  std::size_t memory_bytes() const override {
    return level_conditions_.size() * sizeof(level_conditions_[0]) + leaves_.size() * sizeof(S);
  }

 protected:
  void add_trees(std::uint8_t* bytes, std::byte*, S* sums) const override {
    if constexpr (sizeof(S) == 4) {
      this->kernels().oblivious_float(trees_, bytes, sums);
    } else {
      this->kernels().oblivious_double(trees_, bytes, sums);
    }
  }

 private:
  void add_tree(const ForestTree& tree) {
    const Forest& forest = this->forest();
    first_leaf_.push_back(tree.first_leaf);
    depths_.push_back(static_cast<std::uint8_t>(tree.levels));
    // The lowest bit is the last level's answer; levels that the tree lacks never hold.
    for (std::uint32_t bit = 0; bit < levels_max_; ++bit) {
      level_conditions_.push_back(static_cast<std::uint16_t>(
          bit < tree.levels ? forest.levels[tree.levels_first + tree.levels - 1 - bit]
                            : forest.conditions.count));
    }
  }

  std::uint32_t levels_max_ = 0;
  std::vector<std::uint32_t> first_leaf_;
  std::vector<std::uint8_t> depths_;
  std::vector<std::uint16_t> level_conditions_;
  std::vector<S> leaves_;
  isa::ObliviousTrees<S> trees_{};
};

}  // namespace

std::unique_ptr<Engine> make_oblivious_engine(const SharedForest& forest, isa::Isa isa) {
  const bool all = std::all_of(forest->trees.begin(), forest->trees.end(),
                               [](const ForestTree& tree) { return tree.oblivious; });
  if (!all) return nullptr;
  return with_types(forest->ensemble, [&](auto t, auto s) -> std::unique_ptr<Engine> {
    return std::make_unique<ObliviousEngine<decltype(t), decltype(s)>>(forest, isa);
  });
}

}  // namespace slipway::scoring
