// The types a column can have, and their width in Arrow's memory layout.
//
//   Type::of(TypeId::kFloat64)        Type::decimal(12, 2)        Type::dictionary(TypeId::kInt32)
//   name_of(type)                     // "decimal(12,2)": the words that messages, JSON and docs
//   use
//
// Timestamps are microseconds since 1970-01-01 in UTC; dates are days since then; decimals are
// 128-bit; a dictionary's values are strings.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::frame {

enum class TypeId : std::uint8_t {
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kFloat32,
  kFloat64,
  kString,
  kBinary,
  kDate,
  kTimestamp,
  kDecimal,
  kDictionary,
};

struct Type {
  TypeId id = TypeId::kFloat64;
  std::uint8_t precision = 0;     // decimal only: 1..38
  std::int8_t scale = 0;          // decimal only
  TypeId index = TypeId::kInt32;  // dictionary only: the integer type of the codes

  static Type of(TypeId id) { return Type{.id = id}; }
  static Type decimal(std::uint8_t precision, std::int8_t scale) {
    return Type{.id = TypeId::kDecimal, .precision = precision, .scale = scale};
  }
  static Type dictionary(TypeId index) { return Type{.id = TypeId::kDictionary, .index = index}; }

  friend bool operator==(const Type&, const Type&) = default;
};

// "bool", "int8" .. "uint64", "float32", "float64", "string", "binary", "date", "timestamp",
// "decimal(p,s)", "category".
std::string name_of(const Type& type);
// The inverse for types without parameters; "category" is a dictionary of int32 codes.
std::optional<Type> type_named(std::string_view name);

// Bytes per value; 0 for bool (bits), string and binary (offsets). A dictionary has the width of
// its codes.
std::size_t width_of(const Type& type);

bool is_integer(TypeId id);
// Integers, floats and bool: what reads as a double without interpretation. Decimals are numbers
// too, of their own kind.
bool is_numeric(TypeId id);
// string, binary or dictionary.
bool is_text(TypeId id);

}  // namespace slipway::frame
