// The linked engine: trees of any shape in four bytes an entry. All are walked a fixed number of
// levels without a branch, then those that are not done to their end.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "scoring/engine/row_engine.h"

namespace slipway::scoring {
namespace {

constexpr std::size_t kStretch = 64;          // trees in the scratch at a time: row_impl.h
constexpr std::size_t kChains = 16;           // trees walked together there
constexpr std::size_t kEntriesMax = 0x10000;  // of a tree

template <typename T, typename S>
class LinkedEngine final : public RowEngine<T, S> {
 public:
  LinkedEngine(const SharedForest& forest, isa::Isa isa) : RowEngine<T, S>(forest, isa) {
    double depths = 0, leaves = 0;
    entries_.reserve(2 * forest->nodes.size() + forest->trees.size() + kChains);
    for (const ForestTree& tree : forest->trees) add_tree(tree, &depths, &leaves);
    pending_ = {};
    const std::size_t trees = linked_.size();
    for (std::size_t k = 0; k < kChains; ++k) add_leaf_only();
    steps_ = static_cast<std::uint32_t>(std::lround(depths / std::max(leaves, 1.0)));
    trees_ = {linked_.data(), trees, entries_.data(), steps_, leaf_sums(forest->ensemble, leaves_)};
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
  // Splits level by level, then leaves.
  void add_tree(const ForestTree& tree, double* depths, double* leaves) {
    const auto first = static_cast<std::uint32_t>(entries_.size());
    const std::size_t count = 2 * std::size_t{tree.nodes} + 1;
    fits_ = fits_ && count <= kEntriesMax;
    if (!fits_) return;
    linked_.push_back({first, tree.nodes, static_cast<std::uint32_t>(leaves_.size())});
    entries_.resize(first + count);
    std::uint16_t root;
    std::uint32_t splits = 0, leaf = tree.nodes;
    pending_.assign(1, {tree.root, &root, 0});
    for (std::size_t next = 0; next < pending_.size(); ++next) {
      const Pending p = pending_[next];
      const std::uint32_t at = p.from < 0 ? leaf++ : splits++;
      *p.link = static_cast<std::uint16_t>(at);
      isa::LinkedEntry& entry = entries_[first + at];
      if (p.from < 0) {
        set_leaf(&entry, at, static_cast<std::size_t>(~p.from));
        *depths += p.depth;
        *leaves += 1;
        continue;
      }
      const ForestNode& node = this->forest().nodes[static_cast<std::size_t>(p.from)];
      entry.condition = static_cast<std::uint16_t>(node.condition);
      pending_.push_back({node.left, &entry.child[0], p.depth + 1});
      pending_.push_back({node.right, &entry.child[1], p.depth + 1});
    }
  }

  void set_leaf(isa::LinkedEntry* entry, std::uint32_t at, std::size_t leaf) {
    const model::TreeEnsemble& e = this->forest().ensemble;
    const auto self = static_cast<std::uint16_t>(at);
    *entry = {static_cast<std::uint16_t>(this->forest().conditions.count), {self, self}};
    for (std::size_t j = 0; j < e.leaf_width; ++j)
      leaves_.push_back(static_cast<S>(e.leaf_value[leaf * e.leaf_width + j]));
  }

  void add_leaf_only() {
    linked_.push_back({static_cast<std::uint32_t>(entries_.size()), 0, 0});
    entries_.push_back({static_cast<std::uint16_t>(this->forest().conditions.count), {0, 0}});
  }

  struct Pending {
    std::int32_t from;
    std::uint16_t* link;  // of the parent, to be set
    std::uint32_t depth;
  };

  std::vector<Pending> pending_;  // while trees are added
  std::vector<isa::LinkedTree> linked_;
  std::vector<isa::LinkedEntry> entries_;
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
