// HTTP/2's header fields as bytes, both ways (HPACK, RFC 7541). Each direction of a connection has a state, so
// every block must go through the same object, in order.
//
//   HpackDecoder decoder;
//   while ((step = decoder.next(&bytes, is_last, &field)) == HpackDecoder::Step::kField) use(field);
//
//   HpackEncoder encoder;
//   encoder.begin(&out);  encoder.status(200, &out);  encoder.field("content-type", "text/plain", &out);
//
// Decoding is nghttp2's. Encoding is ours, and less than HPACK allows: three fields that most answers have are put
// into the peer's table when they are first sent and are a byte from then on; all else is spelled out. So nothing is looked
// up, and nothing ever leaves the table. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct nghttp2_hd_inflater;

namespace slipway::net {

struct HeaderField {
  std::string_view name, value;
};

class HpackDecoder {
 public:
  HpackDecoder();
  ~HpackDecoder();
  HpackDecoder(const HpackDecoder&) = delete;
  HpackDecoder& operator=(const HpackDecoder&) = delete;

  bool is_there() const { return inflater_ != nullptr; }  // else there was no memory for it

  // kWrong: it is no HPACK, and nothing more can be decoded.
  enum class Step : std::uint8_t { kField, kEnd, kWrong };
  // The next field of a block's bytes, which shrink; kEnd when all were taken. `is_last`: the block ends with these.
  // The field is valid until the next call.
  Step next(std::string_view* bytes, bool is_last, HeaderField* field);

 private:
  nghttp2_hd_inflater* inflater_ = nullptr;
};

// How many fields a block begins with that are a byte each: places in the table.
std::size_t leading_places(std::string_view block);
// Whether a block leaves the table as it is, as far as it is one: a walk over its fields, without decoding them.
bool keeps_table(std::string_view block);

class HpackEncoder {
 public:
  // What the peer keeps at most (SETTINGS_HEADER_TABLE_SIZE).
  void set_table_bytes(std::uint32_t bytes);

  // First in each block.
  void begin(std::string* out);
  void status(int status, std::string* out);
  // `name` is in lower case.
  void field(std::string_view name, std::string_view value, std::string* out);

 private:
  static constexpr std::size_t kKept = 3;
  std::array<std::uint8_t, kKept>
      place_{};  // in the order in which they were put there, from 1; 0: not yet
  std::uint8_t count_ = 0;
  bool uses_table_ = true;
  bool tells_size_ = false;
};

}  // namespace slipway::net
