// One typed column in Arrow's memory layout: an optional validity bitmap (bit set = present, least
// significant first), values, and for strings the characters.
//
//   for (std::int64_t row = 0; row < column.length(); ++row) {
//     if (column.is_null(row)) continue;
//     use(column.values<double>()[row]);          // column.type() must be the matching one
//   }
//   Column tail = column.slice(10, 5);            // shares the memory
//
// Immutable; safe to share between threads. Rows outside [0, length) are a bug of the caller.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/check.h"
#include "frame/buffer.h"
#include "frame/type.h"

namespace slipway::frame {

inline bool bit_at(const std::byte* bits, std::int64_t i) {
  return ((static_cast<unsigned>(bits[i >> 3]) >> (i & 7)) & 1U) != 0;
}

class Column {
 public:
  // What a column is made of. `values`: width_of(type) bytes a row, bits for bool, length + 1 int32
  // offsets for string and binary. `offset`: rows to skip in validity and values. An empty validity
  // buffer means that nothing is null.
  struct Parts {
    Type type;
    std::int64_t length = 0;
    std::int64_t offset = 0;
    Buffer validity;
    Buffer values;
    Buffer characters;
    std::shared_ptr<const Column> dictionary;  // strings, for TypeId::kDictionary
  };

  Column() = default;
  explicit Column(Parts parts);

  const Type& type() const { return parts_.type; }
  std::int64_t length() const { return parts_.length; }
  std::int64_t null_count() const { return null_count_; }
  const Parts& parts() const { return parts_; }

  bool is_null(std::int64_t row) const {
    return null_count_ > 0 && !bit_at(parts_.validity.data(), parts_.offset + row);
  }

  // Fixed-width values; what lies at a null row is unspecified. For a dictionary: the codes.
  template <typename T>
  std::span<const T> values() const {
    DCHECK(sizeof(T) == width_of(parts_.type));
    return {reinterpret_cast<const T*>(parts_.values.data()) + parts_.offset,
            static_cast<std::size_t>(parts_.length)};
  }

  bool bool_at(std::int64_t row) const {
    DCHECK(parts_.type.id == TypeId::kBool);
    return bit_at(parts_.values.data(), parts_.offset + row);
  }

  // string, binary, dictionary (decoded). Empty at a null row.
  std::string_view text_at(std::int64_t row) const {
    if (is_null(row)) return {};
    return parts_.type.id == TypeId::kDictionary ? parts_.dictionary->text_at(code_at(row))
                                                 : plain_text_at(row);
  }

  // dictionary only, at a row that is not null.
  std::int64_t code_at(std::int64_t row) const;
  const Column& dictionary() const { return *parts_.dictionary; }

  Column slice(std::int64_t offset, std::int64_t length) const;

 private:
  std::string_view plain_text_at(std::int64_t row) const {
    const auto* ends =
        reinterpret_cast<const std::int32_t*>(parts_.values.data()) + parts_.offset + row;
    return {reinterpret_cast<const char*>(parts_.characters.data()) + ends[0],
            static_cast<std::size_t>(ends[1] - ends[0])};
  }

  Parts parts_;
  std::int64_t null_count_ = 0;
};

// Equal type, nulls and values (text by content, floats by bits except that all NaNs are alike);
// layout does not matter.
bool equal(const Column& a, const Column& b);

}  // namespace slipway::frame
