// What PUT and MEMOIZE keep and GET gives back. Honest writers count up from 0; an index of four
// billion costs one entry, not four billion.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/import/pickle/arena.h"

namespace slipway::model::pickle {

class Memo {
 public:
  // As MEMOIZE counts: values kept under different numbers.
  std::size_t size() const { return size_; }

  void put(std::uint64_t index, Node* node) {
    constexpr std::size_t kGap = 16;
    if (index >= dense_.size() + kGap) {
      Node*& place = sparse_[index];
      size_ += place == nullptr ? 1 : 0;
      place = node;
      return;
    }
    if (index >= dense_.size()) dense_.resize(index + 1, nullptr);
    size_ += dense_[index] == nullptr && sparse_.count(index) == 0 ? 1 : 0;
    dense_[index] = node;
  }

  // Null if nothing is kept there.
  Node* get(std::uint64_t index) const {
    if (index < dense_.size() && dense_[index] != nullptr) return dense_[index];
    const auto found = sparse_.find(index);
    return found == sparse_.end() ? nullptr : found->second;
  }

 private:
  std::vector<Node*> dense_;
  std::unordered_map<std::uint64_t, Node*> sparse_;
  std::size_t size_ = 0;
};

}  // namespace slipway::model::pickle
