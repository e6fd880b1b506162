// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "frame/arrow.h"

namespace slipway::frame {
namespace {

std::string format_of(const Type& type) {
  switch (type.id) {
    case TypeId::kBool:
      return "b";
    case TypeId::kInt8:
      return "c";
    case TypeId::kInt16:
      return "s";
    case TypeId::kInt32:
      return "i";
    case TypeId::kInt64:
      return "l";
    case TypeId::kUInt8:
      return "C";
    case TypeId::kUInt16:
      return "S";
    case TypeId::kUInt32:
      return "I";
    case TypeId::kUInt64:
      return "L";
    case TypeId::kFloat32:
      return "f";
    case TypeId::kFloat64:
      return "g";
    case TypeId::kString:
      return "u";
    case TypeId::kBinary:
      return "z";
    case TypeId::kDate:
      return "tdD";
    case TypeId::kTimestamp:
      return "tsu:UTC";
    case TypeId::kDecimal:
      return fmt::format("d:{},{}", type.precision, type.scale);
    case TypeId::kDictionary:
      return format_of(Type::of(type.index));
  }
  return {};
}

// Everything that an exported schema points to, children included.
struct SchemaOwner {
  std::string format;
  std::string name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
  ArrowSchema dictionary{};
};

void release_schema(ArrowSchema* schema) {
  auto* owner = static_cast<SchemaOwner*>(schema->private_data);
  for (auto& child : owner->children) {
    if (child.release != nullptr) child.release(&child);
  }
  if (owner->dictionary.release != nullptr) owner->dictionary.release(&owner->dictionary);
  delete owner;
  schema->release = nullptr;
}

void fill_schema(ArrowSchema* out, std::unique_ptr<SchemaOwner> owner, std::int64_t flags) {
  for (auto& child : owner->children) owner->child_pointers.push_back(&child);
  *out = ArrowSchema{};
  out->format = owner->format.c_str();
  out->name = owner->name.c_str();
  out->flags = flags;
  out->n_children = static_cast<std::int64_t>(owner->children.size());
  out->children = owner->child_pointers.empty() ? nullptr : owner->child_pointers.data();
  out->dictionary = owner->dictionary.release != nullptr ? &owner->dictionary : nullptr;
  out->release = release_schema;
  out->private_data = owner.release();
}

void export_field(const Field& field, ArrowSchema* out) {
  auto owner = std::make_unique<SchemaOwner>();
  owner->format = format_of(field.type);
  owner->name = field.name;
  if (field.type.id == TypeId::kDictionary) {
    export_field({.name = "", .type = Type::of(TypeId::kString)}, &owner->dictionary);
  }
  fill_schema(out, std::move(owner), field.nullable ? ARROW_FLAG_NULLABLE : 0);
}

struct ArrayOwner {
  Column column;  // keeps the buffers alive
  std::array<const void*, 3> buffers{};
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
  ArrowArray dictionary{};
};

void release_array(ArrowArray* array) {
  auto* owner = static_cast<ArrayOwner*>(array->private_data);
  for (auto& child : owner->children) {
    if (child.release != nullptr) child.release(&child);
  }
  if (owner->dictionary.release != nullptr) owner->dictionary.release(&owner->dictionary);
  delete owner;
  array->release = nullptr;
}

void export_column(const Column& column, ArrowArray* out) {
  auto owner = std::make_unique<ArrayOwner>();
  owner->column = column;
  const auto& parts = owner->column.parts();
  const bool text = parts.type.id == TypeId::kString || parts.type.id == TypeId::kBinary;
  owner->buffers = {parts.validity.data(), parts.values.data(), parts.characters.data()};
  *out = ArrowArray{};
  out->length = parts.length;
  out->null_count = column.null_count();
  out->offset = parts.offset;
  out->n_buffers = text ? 3 : 2;
  out->buffers = owner->buffers.data();
  if (parts.dictionary != nullptr) {
    export_column(*parts.dictionary, &owner->dictionary);
    out->dictionary = &owner->dictionary;
  }
  out->release = release_array;
  out->private_data = owner.release();
}

struct StreamOwner {
  std::unique_ptr<FrameStream> stream;
  std::string last_error;
};

StreamOwner& owner_of(ArrowArrayStream* stream) {
  return *static_cast<StreamOwner*>(stream->private_data);
}

int stream_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  export_schema(owner_of(stream).stream->schema(), out);
  return 0;
}

int stream_next(ArrowArrayStream* stream, ArrowArray* out) {
  StreamOwner& owner = owner_of(stream);
  auto frame = owner.stream->next();
  if (!frame) {
    owner.last_error = frame.error().message();
    return EIO;
  }
  *out = ArrowArray{};
  if (!frame.value().has_value()) return 0;  // a released array marks the end
  ArrowSchema schema;
  export_frame(*frame.value(), &schema, out);
  schema.release(&schema);
  return 0;
}

const char* stream_error(ArrowArrayStream* stream) {
  const std::string& text = owner_of(stream).last_error;
  return text.empty() ? nullptr : text.c_str();
}

void release_stream(ArrowArrayStream* stream) {
  delete &owner_of(stream);
  stream->release = nullptr;
}

}  // namespace

void export_schema(const Schema& schema, ArrowSchema* out) {
  auto owner = std::make_unique<SchemaOwner>();
  owner->format = "+s";
  owner->children.resize(schema.size());
  for (std::size_t i = 0; i < schema.size(); ++i)
    export_field(schema.fields()[i], &owner->children[i]);
  fill_schema(out, std::move(owner), 0);
}

void export_frame(const Frame& frame, ArrowSchema* schema, ArrowArray* array) {
  export_schema(frame.schema(), schema);
  auto owner = std::make_unique<ArrayOwner>();
  owner->children.resize(frame.columns().size());
  for (std::size_t i = 0; i < frame.columns().size(); ++i)
    export_column(frame.column(i), &owner->children[i]);
  for (auto& child : owner->children) owner->child_pointers.push_back(&child);
  *array = ArrowArray{};
  array->length = frame.rows();
  array->n_buffers = 1;
  array->buffers = owner->buffers.data();
  array->n_children = static_cast<std::int64_t>(owner->children.size());
  array->children = owner->child_pointers.data();
  array->release = release_array;
  array->private_data = owner.release();
}

void export_stream(std::unique_ptr<FrameStream> stream, ArrowArrayStream* out) {
  *out = ArrowArrayStream{};
  out->get_schema = stream_schema;
  out->get_next = stream_next;
  out->get_last_error = stream_error;
  out->release = release_stream;
  out->private_data = new StreamOwner{.stream = std::move(stream), .last_error = {}};
}

}  // namespace slipway::frame
