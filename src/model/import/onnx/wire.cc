// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/wire.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <string>

namespace slipway::model {
namespace {

static_assert(std::endian::native == std::endian::little, "the wire is little-endian");

template <typename T>
T number_at(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

Error bad_field(const WireField& field, std::string_view wanted) {
  return Error(Code::kInvalidArgument, "model.onnx.wire",
               fmt::format("byte {}: field {} is no {}: the file is damaged", field.at,
                           field.number, wanted));
}

// Packed numbers of a fixed width.
template <typename T>
Result<void> fixed_numbers(const WireField& field, WireType single, std::vector<T>* to) {
  if (field.type == single) {
    if constexpr (sizeof(T) == 4)
      to->push_back(std::bit_cast<T>(static_cast<std::uint32_t>(field.value)));
    else
      to->push_back(std::bit_cast<T>(field.value));
    return {};
  }
  if (field.type != WireType::kBytes || field.bytes.size() % sizeof(T) != 0)
    return bad_field(field, "list of numbers");
  const std::size_t before = to->size();
  to->resize(before + field.bytes.size() / sizeof(T));
  if (!field.bytes.empty())
    std::memcpy(to->data() + before, field.bytes.data(), field.bytes.size());
  return {};
}

}  // namespace

Result<std::string_view> WireField::text() const {
  if (type == WireType::kBytes) return bytes;
  return bad_field(*this, "text or message");
}

Result<std::int64_t> WireField::integer() const {
  if (type == WireType::kVarint) return static_cast<std::int64_t>(value);
  return bad_field(*this, "integer");
}

Result<float> WireField::real() const {
  if (type == WireType::kFixed32) return std::bit_cast<float>(static_cast<std::uint32_t>(value));
  return bad_field(*this, "float");
}

Result<void> WireField::integers(std::vector<std::int64_t>* to) const {
  if (type == WireType::kVarint) {
    to->push_back(static_cast<std::int64_t>(value));
    return {};
  }
  if (type != WireType::kBytes) return bad_field(*this, "list of integers");
  WireReader packed(bytes, inside);
  while (!packed.done()) {
    ASSIGN_OR_RETURN(const std::uint64_t each, packed.varint());
    to->push_back(static_cast<std::int64_t>(each));
  }
  return {};
}

Result<void> WireField::reals(std::vector<float>* to) const {
  return fixed_numbers(*this, WireType::kFixed32, to);
}

Result<void> WireField::doubles(std::vector<double>* to) const {
  return fixed_numbers(*this, WireType::kFixed64, to);
}

Error WireReader::bad(std::string_view what) const {
  return Error(Code::kInvalidArgument, "model.onnx.wire",
               fmt::format("byte {}: {}: the file is cut off or damaged", begin_ + at_, what));
}

Result<std::uint64_t> WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ >= bytes_.size()) return bad("a number ends early");
    const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
    if (shift == 63 && byte > 1) return bad("a number has more than 64 bits");
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return bad("a number has more than 10 bytes");
}

Result<std::string_view> WireReader::take(std::uint64_t size) {
  if (size > bytes_.size() - at_)
    return bad(fmt::format("{} bytes are said to follow, {} do", size, bytes_.size() - at_));
  const std::string_view taken = bytes_.substr(at_, size);
  at_ += size;
  return taken;
}

Result<std::optional<WireField>> WireReader::next() {
  if (done()) return std::optional<WireField>();
  WireField field;
  field.at = begin_ + at_;
  ASSIGN_OR_RETURN(const std::uint64_t key, varint());
  if ((key >> 3) == 0 || (key >> 3) > 0x1FFFFFFFU) return bad("no field has such a number");
  field.number = static_cast<std::uint32_t>(key >> 3);
  field.type = static_cast<WireType>(key & 7);
  switch (field.type) {
    case WireType::kVarint: {
      ASSIGN_OR_RETURN(field.value, varint());
      break;
    }
    case WireType::kFixed64: {
      ASSIGN_OR_RETURN(const std::string_view bytes, take(8));
      field.value = number_at<std::uint64_t>(bytes);
      break;
    }
    case WireType::kFixed32: {
      ASSIGN_OR_RETURN(const std::string_view bytes, take(4));
      field.value = number_at<std::uint32_t>(bytes);
      break;
    }
    case WireType::kBytes: {
      ASSIGN_OR_RETURN(const std::uint64_t size, varint());
      field.inside = begin_ + at_;
      ASSIGN_OR_RETURN(field.bytes, take(size));
      break;
    }
    default:
      return bad(fmt::format("wire type {}, which ONNX does not have", key & 7));
  }
  field.size = begin_ + at_ - field.at;
  return std::optional<WireField>(field);
}

}  // namespace slipway::model
