// For tests: values as Python would print them, and streams by hand.
//
//   EXPECT_EQ(read_text("\x80\x04K\x01."), "1");
//   EXPECT_EQ(read_text("K\x01"), "model.pickle.truncated");          // an error: its reason
//
// An object prints as name(arguments) then {state}, +[appended] and [set items] where it has them; an
// array as kind and size, shape and its bytes or objects. Cycles print as "...".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "model/import/pickle/pickle.h"

namespace slipway::model::pickle {

inline std::string hex_text(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

inline std::string python_text(const Value& value, int depth = 0);

inline std::string items_text(const std::vector<const Value*>& items, int depth) {
  std::string out;
  for (const Value* item : items) out += (out.empty() ? "" : ", ") + python_text(*item, depth + 1);
  return out;
}

inline std::string entries_text(const std::vector<Entry>& entries, int depth) {
  std::string out;
  for (const Entry& entry : entries) {
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", python_text(*entry.key, depth + 1),
                       python_text(*entry.value, depth + 1));
  }
  return out;
}

inline std::string array_text(const NdArray& array, int depth) {
  const std::string data =
      array.kind == 'O' ? items_text(array.objects, depth) : hex_text(array.bytes);
  return fmt::format("array({}{}{}{}{}, ({}), {})", array.big_endian ? ">" : "", array.kind,
                     array.item_size, array.unit.empty() ? "" : "[" + array.unit + "]",
                     array.fortran_order ? "F" : "", fmt::join(array.shape, ","), data);
}

inline std::string object_text(const Value& value, int depth) {
  std::string out = fmt::format("{}({})", value.text, items_text(value.items, depth));
  if (value.state != nullptr) out += "{" + python_text(*value.state, depth + 1) + "}";
  if (!value.appended.empty()) out += "+[" + items_text(value.appended, depth) + "]";
  if (!value.entries.empty()) out += "[" + entries_text(value.entries, depth) + "]";
  return out;
}

inline std::string python_text(const Value& value, int depth) {
  if (depth > 5) return "...";
  switch (value.kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return value.integer != 0 ? "True" : "False";
    case Kind::kInt:
      return fmt::format("{}", value.integer);
    case Kind::kBigInt:
      return fmt::format("{}L", value.text);
    case Kind::kFloat:
      return fmt::format("{}", value.number);
    case Kind::kText:
      return fmt::format("'{}'", value.text);
    case Kind::kBytes:
      return fmt::format("b'{}'", hex_text(value.text));
    case Kind::kList:
      return "[" + items_text(value.items, depth) + "]";
    case Kind::kTuple:
      return "(" + items_text(value.items, depth) + ")";
    case Kind::kSet:
      return "{" + items_text(value.items, depth) + "}";
    case Kind::kDict:
      return "{" + entries_text(value.entries, depth) + "}";
    case Kind::kName:
      return fmt::format("<{}>", value.text);
    case Kind::kObject:
      return object_text(value, depth);
    case Kind::kArray:
      return array_text(*value.array, depth);
  }
  return "";
}

inline std::string read_text(std::string_view bytes, const Limits& limits = {}) {
  const auto document = read_pickle(bytes, nullptr, limits);
  return document ? python_text(document.value().root()) : std::string(document.error().reason());
}

inline std::string message_of(std::string_view bytes, const Limits& limits = {}) {
  const auto document = read_pickle(bytes, nullptr, limits);
  return document ? "was read" : document.error().message();
}

// A stream may hold zeros: text("...") of a literal with all its bytes.
template <std::size_t kSize>
std::string raw(const char (&literal)[kSize]) {
  return std::string(literal, kSize - 1);
}

inline std::string short_text(std::string_view text) {
  return "\x8c" + std::string(1, static_cast<char>(text.size())) + std::string(text);
}

inline std::string name_line(std::string_view module, std::string_view name) {
  return fmt::format("c{}\n{}\n", module, name);
}

// numpy.dtype(code, False, True) with its state.
inline std::string dtype_stream(std::string_view code, char order = '<') {
  return name_line("numpy", "dtype") + short_text(code) + raw("\x89\x88\x87R(K\x03") +
         short_text(std::string(1, order)) + raw("NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb");
}

}  // namespace slipway::model::pickle
