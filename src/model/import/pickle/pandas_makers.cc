// pandas as far as estimators hold it: an Index of numbers or texts is its array, and so is a Series
// whose rows are merely numbered. What has labels of its own, several columns, categories or Arrow's
// memory stays a kObject: to drop a part of it would say something else.
// Source: pickles that pandas 1.5, 2.3 and 3.0 wrote.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/import/pickle/makers_of.h"

namespace slipway::model::pickle {
namespace {

void become_array_of(Node* object, const Value& array) {
  object->kind = Kind::kArray;
  object->text = {};
  object->items.clear();
  object->entries.clear();
  object->state = nullptr;
  object->array = array.array;
}

bool is_column(const Value* value) {
  return value != nullptr && value->kind == Kind::kArray && value->array->shape.size() == 1 &&
         value->array->kind != 'V';
}

// An attribute of what pandas writes, which has few. Any number of objects may be given the same
// large dict, and each would look through all of it.
const Value* attribute_of(const Value& value, std::string_view name) {
  constexpr std::size_t kMostEntries = 32;
  const Value* dict = value.kind == Kind::kObject ? value.state : &value;
  const bool is_small = dict != nullptr && dict->entries.size() <= kMostEntries;
  return is_small ? dict->attribute(name) : nullptr;
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

// _new_Index(Index, {"data": array, "name": ...})
Result<void> make_index(Arena&, Node* object) {
  const Value* type = argument(*object, 0, Kind::kName);
  const Value* given = argument(*object, 1, Kind::kDict);
  if (type == nullptr || given == nullptr) return {};
  const std::string_view name = last_part(type->text);
  const bool plain = name == "Index" || name == "Int64Index" || name == "UInt64Index" ||
                     name == "Float64Index" || name == "NumericIndex";
  const Value* data = attribute_of(*given, "data");
  if (plain && is_column(data)) become_array_of(object, *data);
  return {};
}

// __pyx_unpickle_NDArrayBacked(StringArray, checksum, None) and the state (dtype, array): the texts
// of pandas 3.
Result<void> set_extension_state(Arena&, Node* object) {
  const Value* type = argument(*object, 0, Kind::kName);
  if (type == nullptr || last_part(type->text) != "StringArray") return {};
  if (object->state->kind != Kind::kTuple) return {};
  for (const Value* part : object->state->items) {
    if (!is_column(part)) continue;
    become_array_of(object, *part);
    return {};
  }
  return {};
}

// A RangeIndex from 0 to `count`: rows without labels.
bool only_numbers_rows(const Value& index, std::uint64_t count) {
  const Value* type = argument(index, 0, Kind::kName);
  const Value* given = argument(index, 1, Kind::kDict);
  if (type == nullptr || given == nullptr || last_part(type->text) != "RangeIndex") return false;
  const auto is = [given](std::string_view name, std::uint64_t expected) {
    const Value* value = attribute_of(*given, name);
    return value != nullptr && value->kind == Kind::kInt &&
           static_cast<std::uint64_t>(value->integer) == expected;
  };
  return is("start", 0) && is("step", 1) && is("stop", count);
}

const Value* only_item(const Value& list) {
  return list.kind == Kind::kList && list.items.size() == 1 ? list.items[0] : nullptr;
}

// The state of a Series holds a SingleBlockManager, whose state is ([index], [values], ...).
Result<void> set_series_state(Arena&, Node* object) {
  const Value* manager = attribute_of(*object, "_mgr");
  if (manager == nullptr || manager->kind != Kind::kObject || manager->state == nullptr) return {};
  const Value& parts = *manager->state;
  if (parts.kind != Kind::kTuple || parts.items.size() < 2) return {};
  const Value* index = only_item(*parts.items[0]);
  const Value* values = only_item(*parts.items[1]);
  if (index == nullptr || !is_column(values)) return {};
  if (only_numbers_rows(*index, values->array->shape[0])) become_array_of(object, *values);
  return {};
}

constexpr auto kMakers = std::to_array<Maker>({
    {"pandas.core.indexes.base._new_Index", make_index},
    {"pandas._libs.arrays.__pyx_unpickle_NDArrayBacked", nullptr, set_extension_state},
    {"pandas.core.series.Series", nullptr, set_series_state},
    {"pandas.Series", nullptr, set_series_state},
});

}  // namespace

std::span<const Maker> pandas_makers() { return kMakers; }

}  // namespace slipway::model::pickle
