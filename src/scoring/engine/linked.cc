// The linked engine: trees of any shape, depth first. All are walked a fixed number of levels without a
// branch, then those that are not done to their end.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <vector>

#include "base/large_pages.h"
#include "scoring/engine/cover.h"
#include "scoring/engine/row_engine.h"

namespace slipway::scoring {
namespace {

constexpr std::size_t kLine = 64 / sizeof(isa::LinkedEntry);
constexpr std::size_t kMoreMax = 0x7FFF;
constexpr std::size_t kConditionsMax = 0x10000;

template <typename T, typename S>
class LinkedEngine final : public RowEngine<T, S> {
 public:
  LinkedEngine(const SharedForest& forest, isa::Isa isa)
      : RowEngine<T, S>(forest, isa),
        always_(static_cast<std::uint16_t>(forest->conditions.count + 1)),
        negated_(2 * (forest->conditions.count + 2) <= kConditionsMax ? forest->conditions.count + 2
                                                                      : 0),
        cover_(cover_of_nodes(forest->ensemble, forest->nodes.size(), [&](std::size_t node) {
          return Children{forest->nodes[node].left, forest->nodes[node].right};
        })) {
    entries_.reserve(forest->nodes.size() +
                     (forest->nodes.size() + forest->trees.size()) * (1 + value_entries()) +
                     2 * forest->trees.size() * kLine);
    for (const ForestTree& tree : forest->trees) {
      begin_line();
      first_.push_back(static_cast<std::uint32_t>(entries_.size()));
      place(tree.root, 0);
      if (!fits_) return;
    }
    const std::size_t trees = first_.size();
    first_.resize(trees + isa::kChains + isa::kAhead, static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back({always_, -1});
    const auto steps = static_cast<std::uint32_t>(std::lround(depths_ / std::max(rows_, 1.0)));
    trees_ = {first_.data(),
              trees,
              entries_.data(),
              always_,
              steps,
              negated_,
              leaf_sums(forest->ensemble, std::vector<S>())};
    cover_ = {};
  }

  bool fits() const { return fits_; }
  std::string_view name() const override { return "linked"; }
  std::size_t memory_bytes() const override { return entries_.size() * sizeof(entries_[0]); }

 protected:
  std::size_t bytes_behind() const override { return negated_; }
  std::size_t own_scratch_bytes() const override {
    return 2 * isa::kStretch * sizeof(std::uint32_t);
  }
  void add_trees(std::uint8_t* bytes, std::byte* own, S* sums) const override {
    auto* at = reinterpret_cast<std::uint32_t*>(own);
    if constexpr (sizeof(S) == 4) {
      this->kernels().linked_float(trees_, bytes, at, at + isa::kStretch, sums);
    } else {
      this->kernels().linked_double(trees_, bytes, at, at + isa::kStretch, sums);
    }
  }

 private:
  // That a leaf's values take.
  std::size_t value_entries() const {
    return this->forest().ensemble.leaf_width * sizeof(S) / sizeof(isa::LinkedEntry);
  }

  // A tree starts a cache line, so that most rows read one alone; and not one that the tree before it has in the same
  // set of the cache: trees of 4096 bytes would push each other out.
  void begin_line() {
    constexpr std::size_t kSets = 64;
    std::size_t line = (entries_.size() + kLine - 1) / kLine;
    if (!first_.empty() && (line - first_.back() / kLine) % kSets == 0) ++line;
    entries_.resize(line * kLine);
  }

  void place(std::int32_t from, std::uint32_t depth) {
    const std::size_t at = entries_.size();
    if (from < 0) return place_leaf(static_cast<std::size_t>(~from), depth);
    const ForestNode node = this->forest().nodes[static_cast<std::size_t>(from)];
    const model::TreeEnsemble& e = this->forest().ensemble;
    const bool goes_right =
        negated_ > 0 && cover_at(e, cover_, node.left) < cover_at(e, cover_, node.right);
    entries_.push_back(
        {static_cast<std::uint16_t>(node.condition + (goes_right ? negated_ : 0)), 0});
    place(goes_right ? node.right : node.left, depth + 1);
    const std::size_t more = entries_.size() - at - 1;
    fits_ = fits_ && more <= kMoreMax;
    if (!fits_) return;
    entries_[at].more = static_cast<std::int16_t>(more);
    place(goes_right ? node.left : node.right, depth + 1);
  }

  void place_leaf(std::size_t leaf, std::uint32_t depth) {
    const model::TreeEnsemble& e = this->forest().ensemble;
    const double rows = cover_at(e, cover_, ~static_cast<std::int32_t>(leaf));
    depths_ += depth * rows;
    rows_ += rows;
    entries_.push_back({always_, -1});
    for (std::size_t j = 0; j < e.leaf_width; ++j) {
      const S value = static_cast<S>(e.leaf_value[leaf * e.leaf_width + j]);
      isa::LinkedEntry words[sizeof(S) / sizeof(isa::LinkedEntry)];
      std::memcpy(words, &value, sizeof(value));
      entries_.insert(entries_.end(), std::begin(words), std::end(words));
    }
  }

  const std::uint16_t always_;
  const std::uint32_t negated_;       // as LinkedTrees has it
  std::vector<float> cover_;          // while entries are placed
  std::vector<std::uint32_t> first_;  // of each tree
  std::vector<isa::LinkedEntry, LargePages<isa::LinkedEntry>> entries_;
  double depths_ = 0, rows_ = 0;  // splits on the ways of all training rows, and how many these are
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
