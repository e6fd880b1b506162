// The bytes of an append log on disk: segment files named by their number, each a header and then
// frames.
//
//   header (32 bytes): "SLIPLOG1", u32 format version (1), u32 CRC of the other 24 bytes,
//                      u64 number, i64 created (microseconds since 1970-01-01 UTC)
//   frame:             u32 length of the payload, u32 CRC of the payload, the payload
//
// Little-endian. CRCs are CRC-32C, masked as LevelDB does, so that a CRC of bytes that hold a CRC,
// or of a stretch of zeros, is not trivially right. The format is stable: a new one gets a new
// version. Pure functions; safe from any thread, any bytes may be given.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::store {

inline constexpr std::size_t kSegmentHeaderBytes = 32;
inline constexpr std::size_t kFrameHeaderBytes = 8;
inline constexpr std::size_t kPayloadBytesMax = std::size_t{16} << 20;

struct SegmentHeader {
  std::uint64_t number = 0;
  std::int64_t created_us = 0;
};

std::string segment_header(const SegmentHeader& header);
std::optional<SegmentHeader> read_segment_header(std::string_view bytes);

// Precondition: payload.size() <= kPayloadBytesMax.
std::uint32_t payload_crc(std::string_view payload);
void append_frame(std::string_view payload, std::uint32_t crc, std::string* out);

enum class FrameState : unsigned char {
  kWhole,
  kEnd,      // no byte is left
  kCut,      // the bytes end before the frame does
  kDamaged,  // its length or CRC cannot be right
};

struct FrameView {
  FrameState state = FrameState::kEnd;
  std::string_view payload;  // kWhole
  std::size_t next = 0;      // kWhole: where the next frame begins
};

FrameView read_frame(std::string_view bytes, std::size_t offset);

// "000000000007.log", and back.
std::string segment_name(std::uint64_t number);
std::optional<std::uint64_t> segment_number(std::string_view name);

}  // namespace slipway::store
