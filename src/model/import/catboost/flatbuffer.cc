// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/flatbuffer.h"

#include <fmt/format.h>

#include <string>

namespace slipway::model {
namespace {

Error bad(std::size_t at, std::string_view what) {
  return Error(Code::kInvalidArgument, "model.catboost.flatbuffer",
               fmt::format("byte {} of the message: {}", at, what));
}

}  // namespace

Result<std::string_view> FlatTable::slice(std::size_t at, std::size_t size) const {
  if (at <= bytes_.size() && size <= bytes_.size() - at) return bytes_.substr(at, size);
  return bad(at, fmt::format("{} bytes are wanted, the message has {}", size, bytes_.size()));
}

Result<FlatTable> FlatTable::root(std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::size_t at, FlatTable(bytes, 0).follow(0));
  return open(bytes, at);
}

// A table starts with the signed distance back to its vtable: its size, the table's size, then an
// offset into the table per field.
Result<FlatTable> FlatTable::open(std::string_view bytes, std::size_t at) {
  FlatTable table(bytes, at);
  ASSIGN_OR_RETURN(const std::string_view distance, table.slice(at, sizeof(std::int32_t)));
  const std::int64_t vtable = static_cast<std::int64_t>(at) - copy<std::int32_t>(distance.data());
  if (vtable < 0) return bad(at, "its vtable lies before the message");
  const auto start = static_cast<std::size_t>(vtable);
  ASSIGN_OR_RETURN(const std::string_view head, table.slice(start, 2 * sizeof(std::uint16_t)));
  const auto vtable_size = copy<std::uint16_t>(head.data());
  table.size_ = copy<std::uint16_t>(head.data() + sizeof(std::uint16_t));
  if (vtable_size < 2 * sizeof(std::uint16_t) || vtable_size % sizeof(std::uint16_t) != 0)
    return bad(start, fmt::format("a vtable of {} bytes", vtable_size));
  RETURN_IF_ERROR(table.slice(start, vtable_size));
  RETURN_IF_ERROR(table.slice(at, table.size_));
  table.fields_ = start + 2 * sizeof(std::uint16_t);
  table.count_ = vtable_size / sizeof(std::uint16_t) - 2;
  return table;
}

std::size_t FlatTable::field_at(unsigned field, std::size_t size) const {
  if (field >= count_) return 0;
  const auto offset = copy<std::uint16_t>(bytes_.data() + fields_ + field * sizeof(std::uint16_t));
  // A field that does not fit its own table is no field: slice() would still keep us in bounds.
  return offset == 0 || offset + size > size_ ? 0 : at_ + offset;
}

Result<std::size_t> FlatTable::follow(std::size_t at) const {
  ASSIGN_OR_RETURN(const std::string_view offset, slice(at, sizeof(std::uint32_t)));
  return at + copy<std::uint32_t>(offset.data());
}

Result<std::string_view> FlatTable::vector_at(std::size_t at, std::size_t width) const {
  ASSIGN_OR_RETURN(const std::string_view head, slice(at, sizeof(std::uint32_t)));
  return slice(at + sizeof(std::uint32_t), copy<std::uint32_t>(head.data()) * width);
}

Result<std::string_view> FlatTable::vector(unsigned field, std::size_t width) const {
  const std::size_t at = field_at(field, sizeof(std::uint32_t));
  if (at == 0) return std::string_view();
  ASSIGN_OR_RETURN(const std::size_t start, follow(at));
  return vector_at(start, width);
}

Result<std::optional<FlatTable>> FlatTable::table(unsigned field) const {
  const std::size_t at = field_at(field, sizeof(std::uint32_t));
  if (at == 0) return std::optional<FlatTable>();
  ASSIGN_OR_RETURN(const std::size_t start, follow(at));
  ASSIGN_OR_RETURN(const FlatTable inner, open(bytes_, start));
  return std::optional<FlatTable>(inner);
}

Result<std::vector<std::size_t>> FlatTable::offsets(unsigned field) const {
  ASSIGN_OR_RETURN(const std::string_view list, vector(field, sizeof(std::uint32_t)));
  std::vector<std::size_t> targets;
  for (std::size_t i = 0; i < list.size(); i += sizeof(std::uint32_t)) {
    const auto at = static_cast<std::size_t>(list.data() - bytes_.data()) + i;
    ASSIGN_OR_RETURN(targets.emplace_back(), follow(at));
  }
  return targets;
}

Result<std::vector<FlatTable>> FlatTable::tables(unsigned field) const {
  ASSIGN_OR_RETURN(const auto targets, offsets(field));
  std::vector<FlatTable> found;
  for (const std::size_t target : targets) {
    ASSIGN_OR_RETURN(const FlatTable each, open(bytes_, target));
    found.push_back(each);
  }
  return found;
}

Result<std::vector<std::string_view>> FlatTable::texts(unsigned field) const {
  ASSIGN_OR_RETURN(const auto targets, offsets(field));
  std::vector<std::string_view> found;
  for (const std::size_t target : targets) {
    ASSIGN_OR_RETURN(found.emplace_back(), vector_at(target, 1));
  }
  return found;
}

}  // namespace slipway::model
