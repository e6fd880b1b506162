// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/value.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace slipway::model::pickle {
namespace {

// From the back: where a key was set twice, Python keeps the last.
const Value* find(const Value& dict, std::string_view name) {
  for (std::size_t i = dict.entries.size(); i-- > 0;) {
    const Entry& entry = dict.entries[i];
    if (entry.key->kind == Kind::kText && entry.key->text == name) return entry.value;
  }
  return nullptr;
}

std::string dtype_name(const NdArray& array) {
  const auto bits = array.item_size * 8;
  switch (array.kind) {
    case 'f':
      return fmt::format("float{}", bits);
    case 'i':
      return fmt::format("int{}", bits);
    case 'u':
      return fmt::format("uint{}", bits);
    case 'c':
      return fmt::format("complex{}", bits);
    case 'b':
      return "bool";
    case 'O':
      return "object";
    case 'U':
      return fmt::format("text of {} characters", array.item_size / 4);
    case 'S':
      return fmt::format("{} bytes", array.item_size);
    case 'M':
      return fmt::format("datetime64[{}]", array.unit);
    case 'm':
      return fmt::format("timedelta64[{}]", array.unit);
    default:
      return fmt::format("records with {} fields", array.fields.size());
  }
}

std::string describe_array(const NdArray& array) {
  if (array.shape.empty()) return fmt::format("a numpy scalar of {}", dtype_name(array));
  std::string shape;
  for (const auto extent : array.shape)
    shape += fmt::format("{}{}", shape.empty() ? "" : ", ", extent);
  return fmt::format("an array of {}, shape ({}{})", dtype_name(array), shape,
                     array.shape.size() == 1 ? "," : "");
}

}  // namespace

const Value* Value::attribute(std::string_view name) const {
  if (kind == Kind::kDict) return find(*this, name);
  if (kind != Kind::kObject || state == nullptr) return nullptr;
  if (state->kind == Kind::kDict) return find(*state, name);
  if (state->kind != Kind::kTuple || state->items.size() != 2) return nullptr;
  for (const Value* half : {state->items[1], state->items[0]}) {
    if (half->kind != Kind::kDict) continue;
    if (const Value* found = find(*half, name)) return found;
  }
  return nullptr;
}

std::string describe(const Value& value) {
  switch (value.kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return value.integer != 0 ? "True" : "False";
    case Kind::kInt:
      return fmt::format("the integer {}", value.integer);
    case Kind::kBigInt:
      return fmt::format("an integer of {} digits", value.text.size());
    case Kind::kFloat:
      return fmt::format("the number {}", value.number);
    case Kind::kText:
      return fmt::format("the text '{}'", shown(value.text));
    case Kind::kBytes:
      return fmt::format("{} bytes", value.text.size());
    case Kind::kList:
      return fmt::format("a list of {}", value.items.size());
    case Kind::kTuple:
      return fmt::format("a tuple of {}", value.items.size());
    case Kind::kSet:
      return fmt::format("a set of {}", value.items.size());
    case Kind::kDict:
      return fmt::format("a dict of {}", value.entries.size());
    case Kind::kName:
    case Kind::kObject:
      return shown(value.text);
    case Kind::kArray:
      return describe_array(*value.array);
  }
  return "nothing";
}

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 100;
  std::size_t end = std::min(text.size(), kMost);
  while (end > 0 && end < text.size() && is_utf8_tail(text[end])) --end;
  std::string out;
  for (const char c : text.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return end < text.size() ? out + "..." : out;
}

}  // namespace slipway::model::pickle
