// Where the values of one document live while they are built and after: pieces of memory that grow
// and never move, with budgets for what a stream can make us allocate.
//
//   Arena arena({.max_values = 1000, .max_depth = 100, .max_copied_bytes = 1 << 20});
//   Node* list = arena.make(Kind::kList, offset);
//   RETURN_IF_ERROR(arena.hold(list, item, offset));   // before item goes into list->items
//
// Not thread-safe. Nothing here recurses: a value of any depth is destroyed piece by piece.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/import/pickle/value.h"

namespace slipway::model::pickle {

// A value under construction.
struct Node : Value {
  std::uint32_t depth = 1;   // containers below it, itself included
  bool held = false;         // some container holds it
  std::uint8_t visited = 0;  // check_depth: 0 not yet, 1 on the way down, 2 done
};

class Arena {
 public:
  struct Limits {
    std::size_t max_values = 0;
    std::size_t max_depth = 0;
    std::size_t max_copied_bytes = 0;
  };
  explicit Arena(Limits limits) : limits_(limits), copies_left_(limits.max_copied_bytes) {}

  // Always gives a node: ask full() once per opcode.
  Node* make(Kind kind, std::size_t offset);
  bool full() const { return values_ > limits_.max_values; }
  Error too_many_values(std::size_t offset) const;

  // Before memory or time that a short stream can ask for many times, by giving the same value again
  // and again: a copied tuple, a converted text.
  Result<void> charge(std::size_t bytes, std::size_t offset);
  std::string_view keep(std::string text);

  // "module.Name", one copy for each.
  std::string_view name(std::string_view module, std::string_view attribute);

  // Accounts for `child` inside `parent`: depth, and whether the tree must be measured again.
  Result<void> hold(Node* parent, Node* child, std::size_t offset);
  // Something was put into a container that lay in another already (a cycle, or a trick to build
  // deep trees from the outside in): measures anew what hold() could not.
  Result<void> check_depth(Node* root);

 private:
  Error too_deep(std::size_t offset) const;

  Limits limits_;
  std::size_t values_ = 0;
  std::size_t copies_left_;
  bool grew_inside_ = false;
  std::vector<std::vector<Node>> nodes_;  // each reserved once
  std::deque<std::string> texts_;         // a deque, so that short ones do not move either
  std::unordered_map<std::string, std::string_view> names_;
};

}  // namespace slipway::model::pickle
