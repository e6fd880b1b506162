// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/dtype.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <memory>
#include <unordered_map>
#include <utility>

#include "model/import/pickle/makers.h"
#include "model/import/pickle/stream.h"

namespace slipway::model::pickle {
namespace {

constexpr const char* kBadDtype = "model.pickle.dtype";
constexpr const char* kBadArray = "model.pickle.array";
constexpr std::uint32_t kMostBytesAnItem = std::numeric_limits<std::int32_t>::max();  // numpy's own
// Far beyond what estimators hold: one dtype may serve any number of arrays, each of which reads it.
constexpr std::size_t kMostFields = 1000;
constexpr std::size_t kLongestFieldName = 200;
constexpr std::size_t kMostDimensions = 64;  // numpy 2's

// The tuple that BUILD gives a dtype: (version, byte order, (base, shape), names, fields, item
// size, alignment, flags[, metadata]).
enum StateIndex : std::size_t {
  kByteOrder = 1,
  kNames = 3,
  kFields = 4,
  kItemSize = 5,
  kFlags = 7,
  kMetadata = 8
};
constexpr std::int64_t kHoldsReferences = 1;  // NPY_ITEM_REFCOUNT

Error unknown_dtype(std::string_view what, std::size_t offset) {
  return Error(Code::kUnimplemented, kBadDtype,
               fmt::format("byte {}: an array of dtype {}, which slipway does not read: convert it "
                           "with .astype() before saving",
                           offset, what));
}

const Value* state_item(const Value& dtype, std::size_t i, Kind kind) {
  const bool is_there = dtype.state != nullptr && dtype.state->kind == Kind::kTuple &&
                        i < dtype.state->items.size() && dtype.state->items[i]->kind == kind;
  return is_there ? dtype.state->items[i] : nullptr;
}

// "f8", "<f8", "U10", "V64": the kind and the number behind it.
Result<Dtype> read_code(std::string_view code, std::size_t offset) {
  Dtype dtype;
  if (!code.empty() && std::string_view("<>|=").find(code[0]) != std::string_view::npos) {
    dtype.big_endian = code[0] == '>';
    code.remove_prefix(1);
  }
  if (code.empty() || std::string_view("fiubcOUSVMm").find(code[0]) == std::string_view::npos)
    return unknown_dtype(fmt::format("'{}'", shown(code)), offset);
  dtype.kind = code[0];
  code.remove_prefix(1);
  const std::size_t wide = dtype.kind == 'U' ? 4 : 1;  // U counts characters, of 4 bytes
  std::uint32_t number = 0;
  if (!code.empty()) {
    const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), number);
    const bool whole = error == std::errc() && end == code.data() + code.size();
    if (!whole || number > kMostBytesAnItem / wide)
      return damaged(kBadDtype, offset, "a dtype with an absurd size");
  }
  dtype.item_size = static_cast<std::uint32_t>(number * wide);
  dtype.has_objects = dtype.kind == 'O';
  return dtype;
}

bool is_size_of(char kind, std::uint32_t size) {
  switch (kind) {
    case 'b':
      return size == 1;
    case 'i':
    case 'u':
      return size == 1 || size == 2 || size == 4 || size == 8;
    case 'f':
      return size == 2 || size == 4 || size == 8 || size == 12 || size == 16;
    case 'c':
      return size == 8 || size == 16 || size == 24 || size == 32;
    case 'M':
    case 'm':
      return size == 8;
    default:
      return true;
  }
}

// Everything but the fields, so that it can serve the fields too.
Result<Dtype> read_flat(const Value& value, std::size_t offset) {
  if (value.kind != Kind::kObject || value.text != "numpy.dtype" || value.items.empty())
    return unknown_dtype(describe(value), offset);
  const Value& given = *value.items[0];
  // dtype(numpy.record) and other classes of structured types: the state says the rest.
  const bool is_record =
      given.kind == Kind::kName && state_item(value, kNames, Kind::kTuple) != nullptr;
  if (given.kind != Kind::kText && !is_record) return unknown_dtype(describe(given), offset);
  const std::string_view code = is_record ? "V" : given.text;
  ASSIGN_OR_RETURN(Dtype dtype, read_code(code, offset));
  if (const Value* order = state_item(value, kByteOrder, Kind::kText))
    dtype.big_endian = order->text == ">";
  if (const Value* size = state_item(value, kItemSize, Kind::kInt); size && size->integer >= 0) {
    if (size->integer > kMostBytesAnItem)
      return damaged(kBadDtype, offset, "a dtype with an absurd size");
    dtype.item_size = static_cast<std::uint32_t>(size->integer);
  }
  if (const Value* flags = state_item(value, kFlags, Kind::kInt))
    dtype.has_objects |= (flags->integer & kHoldsReferences) != 0;
  if (!is_size_of(dtype.kind, dtype.item_size)) {
    return damaged(
        kBadDtype, offset,
        fmt::format("a dtype of kind '{}' with {} bytes an item", dtype.kind, dtype.item_size));
  }
  return dtype;
}

// ({}, (b'ns', 1, 1, 1)): the unit of dates and durations, with its multiple if there is one.
std::string unit_of(const Value& dtype) {
  const Value* metadata = state_item(dtype, kMetadata, Kind::kTuple);
  if (metadata == nullptr || metadata->items.size() != 2) return "";
  const Value& unit = *metadata->items[1];
  if (unit.kind != Kind::kTuple || unit.items.size() < 2) return "";
  const std::int64_t multiple = unit.items[1]->kind == Kind::kInt ? unit.items[1]->integer : 1;
  constexpr std::size_t kLongestUnit = 7;  // "generic"
  if (unit.items[0]->text.size() > kLongestUnit) return "";
  return (multiple == 1 ? "" : std::to_string(multiple)) + std::string(unit.items[0]->text);
}

Result<Field> read_field(const Value& name, const Value& described, const Dtype& record,
                         std::size_t offset) {
  const bool sound = described.kind == Kind::kTuple && described.items.size() >= 2 &&
                     described.items[1]->kind == Kind::kInt;
  if (!sound) return damaged(kBadDtype, offset, "a field without a dtype and an offset");
  ASSIGN_OR_RETURN(const Dtype dtype, read_flat(*described.items[0], offset));
  const std::int64_t at = described.items[1]->integer;
  if (at < 0 || at > record.item_size || dtype.item_size > record.item_size - at)
    return damaged(kBadDtype, offset, "a field that lies outside its record");
  return Field{.name = std::string(name.text),
               .kind = dtype.kind,
               .offset = static_cast<std::uint32_t>(at),
               .item_size = dtype.item_size,
               .big_endian = dtype.big_endian};
}

Result<void> read_fields(const Value& value, std::size_t offset, Dtype* dtype) {
  const Value* names = state_item(value, kNames, Kind::kTuple);
  const Value* fields = state_item(value, kFields, Kind::kDict);
  if (names == nullptr || fields == nullptr) return {};
  // A field is listed under its name, and perhaps under its title too.
  if (names->items.size() > kMostFields || fields->entries.size() > 2 * names->items.size())
    return damaged(kBadDtype, offset, "a structured dtype with too many fields");
  std::unordered_map<std::string_view, const Value*> by_name;
  for (const Entry& entry : fields->entries) {
    const bool sound =
        entry.key->kind == Kind::kText && entry.key->text.size() <= kLongestFieldName;
    if (sound) by_name[entry.key->text] = entry.value;
  }
  for (const Value* name : names->items) {
    const bool sound = name->kind == Kind::kText && name->text.size() <= kLongestFieldName;
    const auto found = sound ? by_name.find(name->text) : by_name.end();
    if (found == by_name.end())
      return damaged(kBadDtype, offset, "a structured dtype that lacks a field it names");
    ASSIGN_OR_RETURN(Field field, read_field(*name, *found->second, *dtype, offset));
    dtype->fields.push_back(std::move(field));
  }
  return {};
}

std::size_t memory_of(const NdArray& array) {
  std::size_t bytes = sizeof(NdArray) + array.shape.size() * sizeof(std::uint64_t) +
                      array.objects.size() * sizeof(const Value*);
  for (const Field& field : array.fields) bytes += sizeof(Field) + field.name.size();
  return bytes;
}

Result<void> become_array(Arena& arena, Node* node, NdArray array) {
  RETURN_IF_ERROR(arena.charge(memory_of(array), node->offset));
  node->kind = Kind::kArray;
  node->text = {};
  node->items.clear();
  node->entries.clear();
  node->state = nullptr;
  node->array = std::make_shared<const NdArray>(std::move(array));
  return {};
}

}  // namespace

Result<Dtype> read_dtype(const Value& value, std::size_t offset) {
  ASSIGN_OR_RETURN(Dtype dtype, read_flat(value, offset));
  if (dtype.kind == 'V') RETURN_IF_ERROR(read_fields(value, offset, &dtype));
  if (dtype.kind == 'M' || dtype.kind == 'm') dtype.unit = unit_of(value);
  return dtype;
}

Result<Shape> read_shape(const Value& value, std::size_t offset) {
  if (value.kind != Kind::kTuple || value.items.size() > kMostDimensions)
    return damaged(kBadArray, offset, "an array whose shape is not a short tuple");
  Shape shape;
  for (const Value* extent : value.items) {
    if (extent->kind != Kind::kInt || extent->integer < 0)
      return damaged(kBadArray, offset, "an array whose shape is not of whole numbers from 0");
    shape.push_back(static_cast<std::uint64_t>(extent->integer));
  }
  return shape;
}

Result<std::uint64_t> bytes_of(const Dtype& dtype, const Shape& shape, std::size_t offset) {
  std::uint64_t bytes = dtype.item_size;
  bool empty = false;
  bool overflow = false;
  for (const std::uint64_t extent : shape) {
    if (extent == 0) {
      empty = true;
    } else {
      overflow |= __builtin_mul_overflow(bytes, extent, &bytes);
    }
  }
  // numpy refuses such shapes too, even where an extent of 0 makes the array empty.
  if (overflow || bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return damaged(kBadArray, offset, "an array whose shape overflows");
  return empty ? 0 : bytes;
}

Result<void> make_array(Arena& arena, Node* node, Dtype dtype, Shape shape, bool fortran,
                        std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::uint64_t size, bytes_of(dtype, shape, node->offset));
  if (size != bytes.size()) {
    return damaged(
        kBadArray, node->offset,
        fmt::format("an array has {} bytes, its shape and dtype say {}", bytes.size(), size));
  }
  return become_array(arena, node,
                      NdArray{.kind = dtype.kind,
                              .item_size = dtype.item_size,
                              .big_endian = dtype.big_endian,
                              .fortran_order = fortran && shape.size() > 1,
                              .shape = std::move(shape),
                              .bytes = bytes,
                              .unit = std::move(dtype.unit),
                              .fields = std::move(dtype.fields)});
}

Result<void> make_object_array(Arena& arena, Node* node, Shape shape,
                               const std::vector<const Value*>& objects) {
  const Dtype bytes_as_items{.kind = 'O', .item_size = 1};
  ASSIGN_OR_RETURN(const std::uint64_t count, bytes_of(bytes_as_items, shape, node->offset));
  if (count != objects.size()) {
    return damaged(
        kBadArray, node->offset,
        fmt::format("an array of objects has {}, its shape says {}", objects.size(), count));
  }
  return become_array(
      arena, node,
      NdArray{.kind = 'O', .item_size = 8, .shape = std::move(shape), .objects = objects});
}

}  // namespace slipway::model::pickle
