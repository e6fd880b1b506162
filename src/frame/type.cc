// SPDX-License-Identifier: Apache-2.0
#include "frame/type.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace slipway::frame {
namespace {

struct Plain {
  TypeId id;
  std::string_view name;
  std::size_t width;
};

constexpr std::array kPlain{
    Plain{TypeId::kBool, "bool", 0},           Plain{TypeId::kInt8, "int8", 1},
    Plain{TypeId::kInt16, "int16", 2},         Plain{TypeId::kInt32, "int32", 4},
    Plain{TypeId::kInt64, "int64", 8},         Plain{TypeId::kUInt8, "uint8", 1},
    Plain{TypeId::kUInt16, "uint16", 2},       Plain{TypeId::kUInt32, "uint32", 4},
    Plain{TypeId::kUInt64, "uint64", 8},       Plain{TypeId::kFloat32, "float32", 4},
    Plain{TypeId::kFloat64, "float64", 8},     Plain{TypeId::kString, "string", 0},
    Plain{TypeId::kBinary, "binary", 0},       Plain{TypeId::kDate, "date", 4},
    Plain{TypeId::kTimestamp, "timestamp", 8}, Plain{TypeId::kDecimal, "decimal", 16},
    Plain{TypeId::kDictionary, "category", 4},
};

const Plain& plain(TypeId id) { return kPlain[static_cast<std::size_t>(id)]; }

}  // namespace

std::string name_of(const Type& type) {
  if (type.id == TypeId::kDecimal) return fmt::format("decimal({},{})", type.precision, type.scale);
  return std::string(plain(type.id).name);
}

std::optional<Type> type_named(std::string_view name) {
  for (const auto& entry : kPlain) {
    if (entry.name != name || entry.id == TypeId::kDecimal) continue;
    return entry.id == TypeId::kDictionary ? Type::dictionary(TypeId::kInt32) : Type::of(entry.id);
  }
  return std::nullopt;
}

std::size_t width_of(const Type& type) {
  return plain(type.id == TypeId::kDictionary ? type.index : type.id).width;
}

bool is_integer(TypeId id) { return id >= TypeId::kInt8 && id <= TypeId::kUInt64; }
bool is_numeric(TypeId id) { return id <= TypeId::kFloat64; }
bool is_text(TypeId id) {
  return id == TypeId::kString || id == TypeId::kBinary || id == TypeId::kDictionary;
}

}  // namespace slipway::frame
