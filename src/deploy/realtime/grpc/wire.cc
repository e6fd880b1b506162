// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/wire.h"

namespace slipway::deploy::realtime::grpc {
namespace {

template <typename T>
bool take_fixed(const char** at, const char* end, std::uint64_t* value) {
  if (end - *at < static_cast<std::ptrdiff_t>(sizeof(T))) return false;
  T fixed;
  std::memcpy(&fixed, *at, sizeof(T));
  *at += sizeof(T);
  *value = fixed;
  return true;
}

}  // namespace

bool WireReader::take_long_varint(const char** at, const char* end, std::uint64_t* value) {
  std::uint64_t result = 0;
  const char* p = *at;
  for (unsigned shift = 0; shift < 70 && p < end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*p++);
    // Bits beyond the 64th fall off, as they do in protobuf.
    if (shift < 64) result |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 128) {
      *at = p;
      *value = result;
      return true;
    }
  }
  return false;
}

// Of tags and lengths, which protobuf refuses where more than five bytes say them.
bool WireReader::take_short_varint(const char** at, const char* end, std::uint64_t* value) {
  const char* const first = *at;
  return take_varint(at, end, value) && *at - first <= 5;
}

bool WireReader::next() {
  if (at_ == end_ || !ok_) return false;
  std::uint64_t tag = 0;
  if (!take_short_varint(&at_, end_, &tag) || tag > 0xFFFFFFFF || tag >> 3 == 0) return fail();
  field_ = static_cast<std::uint32_t>(tag >> 3);
  type_ = static_cast<std::uint32_t>(tag & 7);
  switch (type_) {
    case 0:
      return take_varint(&at_, end_, &number_) || fail();
    case 1:
      return take_fixed<std::uint64_t>(&at_, end_, &number_) || fail();
    case 2: {
      std::uint64_t size = 0;
      if (!take_short_varint(&at_, end_, &size) || size > static_cast<std::uint64_t>(end_ - at_))
        return fail();
      bytes_ = {at_, static_cast<std::size_t>(size)};
      at_ += size;
      return true;
    }
    case 5:
      return take_fixed<std::uint32_t>(&at_, end_, &number_) || fail();
    default:
      return fail();
  }
}

}  // namespace slipway::deploy::realtime::grpc
