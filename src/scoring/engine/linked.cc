// The linked engine: trees of any shape in four bytes an entry. All are walked a fixed number of
// levels without a branch, then those that are not done to their end.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <queue>

#include "scoring/engine/row_engine.h"

namespace slipway::scoring {
namespace {

constexpr std::size_t kStretch = 64;  // trees in the scratch at a time: row_impl.h
constexpr std::uint32_t kSkipMax = 0xFFFF;

template <typename T, typename S>
class LinkedEngine final : public RowEngine<T, S> {
 public:
  LinkedEngine(const SharedForest& forest, isa::Isa isa) : RowEngine<T, S>(forest, isa) {
    double depths = 0, leaves = 0;
    for (const ForestTree& tree : forest->trees) add_tree(tree, &depths, &leaves);
    steps_ = static_cast<std::uint32_t>(std::lround(depths / std::max(leaves, 1.0)));
    trees_ = {begin_.data(), begin_.size(), entries_.data(), steps_,
              leaf_sums(forest->ensemble, leaves_)};
  }

  bool fits() const { return fits_; }
  std::string_view name() const override { return "linked"; }
  std::size_t memory_bytes() const override {
    return entries_.size() * sizeof(entries_[0]) + leaves_.size() * sizeof(S);
  }

 protected:
  std::size_t own_scratch_bytes() const override { return 2 * kStretch * sizeof(std::uint32_t); }
  void add_trees(const std::uint8_t* bytes, std::byte* own, S* sums) const override {
    auto* at = reinterpret_cast<std::uint32_t*>(own);
    if constexpr (sizeof(S) == 4) {
      this->kernels().linked_float(trees_, bytes, at, at + kStretch, sums);
    } else {
      this->kernels().linked_double(trees_, bytes, at, at + kStretch, sums);
    }
  }

 private:
  struct Pending {
    std::int32_t from;
    std::uint32_t entry, depth;
  };

  // Level by level: siblings stand together, and the levels that every row passes come first.
  void add_tree(const ForestTree& tree, double* depths, double* leaves) {
    begin_.push_back(add_entries(1));
    std::queue<Pending> pending;
    pending.push({tree.root, begin_.back(), 0});
    for (; !pending.empty(); pending.pop()) {
      const Pending p = pending.front();
      if (p.from < 0) {
        entries_[p.entry] = this->forest().conditions.count;
        set_leaf(p.entry, static_cast<std::size_t>(~p.from));
        *depths += p.depth;
        *leaves += 1;
        continue;
      }
      const ForestNode& node = this->forest().nodes[static_cast<std::size_t>(p.from)];
      const std::uint32_t children = add_entries(2);
      fits_ = fits_ && children - p.entry <= kSkipMax;
      entries_[p.entry] = node.condition | (children - p.entry) << 16;
      pending.push({node.left, children, p.depth + 1});
      pending.push({node.right, children + 1, p.depth + 1});
    }
  }

  std::uint32_t add_entries(std::size_t count) {
    const auto first = static_cast<std::uint32_t>(entries_.size());
    entries_.resize(entries_.size() + count);
    leaves_.resize(entries_.size() * this->forest().ensemble.leaf_width);
    return first;
  }

  void set_leaf(std::uint32_t entry, std::size_t leaf) {
    const model::TreeEnsemble& e = this->forest().ensemble;
    for (std::size_t j = 0; j < e.leaf_width; ++j)
      leaves_[std::size_t{entry} * e.leaf_width + j] =
          static_cast<S>(e.leaf_value[leaf * e.leaf_width + j]);
  }

  std::vector<std::uint32_t> begin_;
  std::vector<std::uint32_t> entries_;
  std::vector<S> leaves_;
  std::uint32_t steps_ = 0;
  bool fits_ = true;
  isa::LinkedTrees<S> trees_{};
};

}  // namespace

std::unique_ptr<Engine> make_linked_engine(const SharedForest& forest, isa::Isa isa) {
  return with_types(forest->ensemble, [&](auto t, auto s) -> std::unique_ptr<Engine> {
    auto engine = std::make_unique<LinkedEngine<decltype(t), decltype(s)>>(forest, isa);
    if (!engine->fits()) return nullptr;
    return engine;
  });
}

}  // namespace slipway::scoring
