// Protobuf's wire format, as far as hand-written codecs need it: varints, lengths, fields one after the other.
//
//   WireReader reader(bytes);
//   while (reader.next()) {
//     if (reader.field() == 3 && reader.is_bytes()) id = reader.bytes();     // skipped if nobody asks
//   }
//   if (!reader.ok()) ...
//
//   append_bytes_field(3, id, &out);
//
// Not thread-safe. Source: the encoding chapter of protobuf's documentation.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace slipway::deploy::realtime::grpc {

class WireReader {
 public:
  explicit WireReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // The next field; false at the end, or where the bytes are no message.
  bool next();
  bool ok() const { return ok_; }

  std::uint32_t field() const { return field_; }
  bool is_varint() const { return type_ == 0; }
  bool is_fixed64() const { return type_ == 1; }
  bool is_bytes() const { return type_ == 2; }
  bool is_fixed32() const { return type_ == 5; }
  std::uint64_t number() const { return number_; }  // varint, fixed32, fixed64
  std::string_view bytes() const { return bytes_; }

  // A varint off the front; for packed fields. False if there is none.
  static bool take_varint(const char** at, const char* end, std::uint64_t* value) {
    if (*at < end && static_cast<signed char>(**at) >= 0) {
      *value = static_cast<unsigned char>(*(*at)++);
      return true;
    }
    return take_long_varint(at, end, value);
  }

 private:
  static bool take_short_varint(const char** at, const char* end, std::uint64_t* value);
  static bool take_long_varint(const char** at, const char* end, std::uint64_t* value);
  bool fail() { return ok_ = false; }

  const char* at_;
  const char* const end_;
  bool ok_ = true;
  std::uint32_t field_ = 0, type_ = 0;
  std::uint64_t number_ = 0;
  std::string_view bytes_;
};

inline std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 128; value >>= 7) ++size;
  return size;
}

inline constexpr std::size_t kVarintBytesMax = 10;

// Behind what it has written.
inline char* put_varint(std::uint64_t value, char* to) {
  for (; value >= 128; value >>= 7) *to++ = static_cast<char>(value | 128);
  *to++ = static_cast<char>(value);
  return to;
}

inline void append_varint(std::uint64_t value, std::string* out) {
  char bytes[kVarintBytesMax];
  out->append(bytes, static_cast<std::size_t>(put_varint(value, bytes) - bytes));
}

// Of length-delimited fields whose number is below 16.
inline void append_length(std::uint32_t field, std::size_t size, std::string* out) {
  char bytes[1 + kVarintBytesMax];
  bytes[0] = static_cast<char>(field << 3 | 2);
  out->append(bytes, static_cast<std::size_t>(put_varint(size, bytes + 1) - bytes));
}
inline void append_bytes_field(std::uint32_t field, std::string_view bytes, std::string* out) {
  append_length(field, bytes.size(), out);
  out->append(bytes);
}

}  // namespace slipway::deploy::realtime::grpc
