// Builds columns value by value.
//
//   FixedBuilder<double> price;            StringBuilder name;
//   price.append(9.5);                     name.append("a");
//   price.append_null();                   name.append_null();
//   Column done = price.finish(Type::of(TypeId::kFloat64));
//
// finish() leaves the builder empty. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frame/column.h"

namespace slipway::frame {

// The validity bitmap; costs nothing until the first null.
class ValidityBuilder {
 public:
  void append(bool present) {
    if (!present && nulls_ == 0) bits_.resize(0), fill_present(length_);
    if (!present || nulls_ > 0) push(present);
    nulls_ += present ? 0 : 1;
    ++length_;
  }
  std::int64_t length() const { return length_; }
  // Empty if nothing is null.
  Buffer finish();

 private:
  void fill_present(std::int64_t count);
  void push(bool present) {
    const auto byte = static_cast<std::size_t>(length_ >> 3);
    if (byte >= bits_.size()) bits_.resize(byte + 1);
    const auto mask = static_cast<unsigned char>(1U << (length_ & 7));
    auto& target = bits_.as<unsigned char>()[byte];
    target = static_cast<unsigned char>(present ? target | mask : target & ~mask);
  }
  MutableBuffer bits_;
  std::int64_t length_ = 0;
  std::int64_t nulls_ = 0;
};

template <typename T>
class FixedBuilder {
 public:
  void reserve(std::size_t rows) { values_.reserve(rows * sizeof(T)); }
  void append(T value) {
    values_.append(&value, sizeof(T));
    validity_.append(true);
  }
  void append_null() {
    const T zero{};
    values_.append(&zero, sizeof(T));
    validity_.append(false);
  }
  // `type` must have the width of T.
  Column finish(Type type) {
    DCHECK(width_of(type) == sizeof(T));
    const std::int64_t length = validity_.length();
    return Column({.type = type,
                   .length = length,
                   .validity = validity_.finish(),
                   .values = std::move(values_).freeze()});
  }

 private:
  MutableBuffer values_;
  ValidityBuilder validity_;
};

class BoolBuilder {
 public:
  void append(bool value);
  void append_null();
  Column finish();

 private:
  MutableBuffer bits_;
  ValidityBuilder validity_;
};

class StringBuilder {
 public:
  // Up to 2^31 - 1 bytes in all (Arrow's 32-bit offsets); frames are chunks, so callers stay far
  // below: CHECKed.
  void append(std::string_view text);
  void append_null();
  Column finish(TypeId id = TypeId::kString);

 private:
  void push_end();
  MutableBuffer ends_;
  MutableBuffer characters_;
  ValidityBuilder validity_;
};

// Strings as codes into a dictionary in order of first appearance.
class DictionaryBuilder {
 public:
  void append(std::string_view text);
  void append_null();
  Column finish();

 private:
  std::unordered_map<std::string, std::int32_t> codes_;
  StringBuilder entries_;
  FixedBuilder<std::int32_t> indices_;
};

// `values` made already, of a fixed-width type; nothing is null.
Column column_of(TypeId id, MutableBuffer values);
Column column_of(std::span<const double> values);
Column column_of(std::span<const float> values);
Column column_of(std::span<const std::int64_t> values);
Column column_of(std::span<const std::string> values);

}  // namespace slipway::frame
