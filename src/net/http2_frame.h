// HTTP/2's frames as bytes: nine of a head, then so many of payload (RFC 9113 4.1).
//
//   const FrameHead head = read_frame_head(bytes);            // kFrameHeadBytes are there
//   append_frame_head({.size = 4, .type = FrameType::kReset, .stream = 1}, &out);
//   append_u32(static_cast<std::uint32_t>(Http2Error::kCancel), &out);
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace slipway::net {

enum class FrameType : std::uint8_t {
  kData,
  kHeaders,
  kPriority,
  kReset,
  kSettings,
  kPushPromise,
  kPing,
  kGoAway,
  kWindowUpdate,
  kContinuation,
};

enum class Http2Error : std::uint32_t {
  kNone,
  kProtocol,
  kInternal,
  kFlowControl,
  kSettingsTimeout,
  kStreamClosed,
  kFrameSize,
  kRefusedStream,
  kCancel,
  kCompression,
  kConnect,
  kEnhanceYourCalm,
};

// Flags; what they mean depends on the type.
inline constexpr std::uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4, kPadded = 8,
                              kWithPriority = 0x20;

inline constexpr std::size_t kFrameHeadBytes = 9;
// Of a payload, until the receiver allows more: we never do, and make no use of it.
inline constexpr std::size_t kFrameBytesMax = 16'384;
inline constexpr std::int64_t kFirstWindow = 65'535;
inline constexpr std::int64_t kWindowMax = 0x7FFFFFFF;

struct FrameHead {
  std::uint32_t size = 0;  // of the payload
  FrameType type = FrameType::kData;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
};

inline std::uint32_t read_u32(const char* at) {
  const auto byte = [&](int i) { return std::uint32_t{static_cast<unsigned char>(at[i])}; };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

inline void write_u32(std::uint32_t value, char* to) {
  for (int i = 3; i >= 0; --i, value >>= 8) to[i] = static_cast<char>(value & 0xFF);
}

inline void append_u32(std::uint32_t value, std::string* out) {
  std::array<char, 4> bytes;
  write_u32(value, bytes.data());
  out->append(bytes.data(), bytes.size());
}

// The stream's highest bit says nothing.
inline FrameHead read_frame_head(const char* at) {
  return {.size = read_u32(at) >> 8,
          .type = static_cast<FrameType>(at[3]),
          .flags = static_cast<std::uint8_t>(at[4]),
          .stream = read_u32(at + 5) & 0x7FFFFFFF};
}

inline void write_frame_head(const FrameHead& head, char* to) {
  write_u32(head.size << 8 | static_cast<std::uint32_t>(head.type), to);
  to[4] = static_cast<char>(head.flags);
  write_u32(head.stream, to + 5);
}

inline void append_frame_head(const FrameHead& head, std::string* out) {
  std::array<char, kFrameHeadBytes> bytes;
  write_frame_head(head, bytes.data());
  out->append(bytes.data(), bytes.size());
}

}  // namespace slipway::net
