// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/makers.h"

#include <unordered_map>

#include "model/import/pickle/makers_of.h"

namespace slipway::model::pickle {
namespace {

using Table = std::unordered_map<std::string_view, Maker>;

const Table& table() {
  static const Table* const made = [] {
    auto* all = new Table;  // never destroyed: static destructors run in no useful order
    for (const auto makers : {builtin_makers(), numpy_makers(), pandas_makers()})
      for (const Maker& maker : makers) all->emplace(maker.name, maker);
    return all;
  }();
  return *made;
}

const Maker* maker_of(const Node& object) {
  const auto found = table().find(object.text);
  return found == table().end() ? nullptr : &found->second;
}

}  // namespace

Result<void> apply_call(Arena& arena, Node* object) {
  const Maker* maker = maker_of(*object);
  return maker != nullptr && maker->call != nullptr ? maker->call(arena, object) : Result<void>();
}

Result<void> apply_state(Arena& arena, Node* object) {
  const Maker* maker = maker_of(*object);
  return maker != nullptr && maker->state != nullptr ? maker->state(arena, object) : Result<void>();
}

const Value* argument(const Value& object, std::size_t i, Kind kind) {
  const bool is_there = i < object.items.size() && object.items[i]->kind == kind;
  return is_there ? object.items[i] : nullptr;
}

}  // namespace slipway::model::pickle
