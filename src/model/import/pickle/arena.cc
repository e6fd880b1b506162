// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/arena.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace slipway::model::pickle {
namespace {

constexpr std::size_t kFirstPiece = 64;
constexpr std::size_t kLargestPiece = 8192;

// The i-th value that `value` refers to; null behind the last.
const Value* child_of(const Value& value, std::size_t i) {
  const auto take = [&i](std::size_t count) {
    if (i < count) return true;
    i -= count;
    return false;
  };
  if (take(value.items.size())) return value.items[i];
  if (take(value.appended.size())) return value.appended[i];
  if (take(value.entries.size() * 2)) {
    const Entry& entry = value.entries[i / 2];
    return i % 2 == 0 ? entry.key : entry.value;
  }
  if (value.state != nullptr && take(1)) return value.state;
  if (value.array != nullptr && take(value.array->objects.size())) return value.array->objects[i];
  return nullptr;
}

// Every value lives in an arena, which alone may change it.
Node* node_of(const Value* value) { return static_cast<Node*>(const_cast<Value*>(value)); }

}  // namespace

Node* Arena::make(Kind kind, std::size_t offset) {
  if (nodes_.empty() || nodes_.back().size() == nodes_.back().capacity()) {
    const std::size_t last = nodes_.empty() ? kFirstPiece / 2 : nodes_.back().capacity();
    nodes_.emplace_back().reserve(std::min(last * 2, kLargestPiece));
  }
  ++values_;
  Node& node = nodes_.back().emplace_back();
  node.kind = kind;
  node.offset = offset;
  return &node;
}

Error Arena::too_many_values(std::size_t offset) const {
  return Error(Code::kResourceExhausted, "model.pickle.values",
               fmt::format("byte {}: holds more than {} values: no estimator does", offset,
                           limits_.max_values));
}

Result<void> Arena::charge(std::size_t bytes, std::size_t offset) {
  if (bytes > copies_left_) {
    return Error(Code::kResourceExhausted, "model.pickle.copies",
                 fmt::format("byte {}: uses the same values again and again, which would take more "
                             "than {} of memory: no writer of models does that",
                             offset, bytes_text(limits_.max_copied_bytes)));
  }
  copies_left_ -= bytes;
  return {};
}

std::string_view Arena::keep(std::string text) { return texts_.emplace_back(std::move(text)); }

std::string_view Arena::name(std::string_view module, std::string_view attribute) {
  std::string full = std::string(module) + "." + std::string(attribute);
  const auto [place, added] = names_.try_emplace(std::move(full));
  if (added) place->second = place->first;  // a map's keys do not move
  return place->second;
}

Error Arena::too_deep(std::size_t offset) const {
  return Error(
      Code::kResourceExhausted, "model.pickle.depth",
      fmt::format("byte {}: containers lie more than {} deep in each other: no estimator's do",
                  offset, limits_.max_depth));
}

Result<void> Arena::hold(Node* parent, Node* child, std::size_t offset) {
  child->held = true;
  if (parent->held) grew_inside_ = true;
  if (child->depth < parent->depth) return {};
  parent->depth = child->depth + 1;
  if (parent->depth > limits_.max_depth && parent != child) return too_deep(offset);
  return {};
}

Result<void> Arena::check_depth(Node* root) {
  if (!grew_inside_) return {};
  struct Step {
    Node* node;
    std::size_t next_child;
  };
  std::vector<Step> path{{root, 0}};
  root->visited = 1;
  root->depth = 1;
  while (!path.empty()) {
    Node* const node = path.back().node;
    const Value* next = child_of(*node, path.back().next_child++);
    if (next == nullptr) {
      node->visited = 2;
      path.pop_back();
      if (path.empty()) break;
      Node* const parent = path.back().node;
      parent->depth = std::max(parent->depth, node->depth + 1);
      if (parent->depth > limits_.max_depth) return too_deep(node->offset);
      continue;
    }
    Node* const child = node_of(next);
    if (child->visited == 0) {
      child->visited = 1;
      child->depth = 1;
      path.push_back({child, 0});
      if (path.size() > limits_.max_depth) return too_deep(child->offset);
    } else if (child->visited == 2) {  // 1: a cycle, which has no depth
      node->depth = std::max(node->depth, child->depth + 1);
      if (node->depth > limits_.max_depth) return too_deep(child->offset);
    }
  }
  return {};
}

}  // namespace slipway::model::pickle
