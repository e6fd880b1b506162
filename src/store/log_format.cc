// SPDX-License-Identifier: Apache-2.0
#include "store/log_format.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "base/hash.h"
#include "base/text.h"

namespace slipway::store {
namespace {

static_assert(std::endian::native == std::endian::little,
              "numbers are stored as they lie in memory");

constexpr std::string_view kMagic = "SLIPLOG1";
constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kNameDigits = 12;

template <typename T>
void put(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <typename T>
T get(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

std::uint32_t masked(std::uint32_t crc) { return std::rotr(crc, 15) + 0xA282EAD8U; }

std::uint32_t header_crc(std::string_view header) {
  return masked(crc32c(header.substr(16, 16), crc32c(header.substr(0, 12))));
}

}  // namespace

std::string segment_header(const SegmentHeader& header) {
  std::string bytes(kMagic);
  put(kVersion, &bytes);
  put(std::uint32_t{0}, &bytes);
  put(header.number, &bytes);
  put(header.created_us, &bytes);
  const std::uint32_t crc = header_crc(bytes);
  std::memcpy(bytes.data() + 12, &crc, sizeof(crc));
  return bytes;
}

std::optional<SegmentHeader> read_segment_header(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  if (get<std::uint32_t>(bytes, 8) != kVersion) return std::nullopt;
  if (get<std::uint32_t>(bytes, 12) != header_crc(bytes)) return std::nullopt;
  return SegmentHeader{.number = get<std::uint64_t>(bytes, 16),
                       .created_us = get<std::int64_t>(bytes, 24)};
}

std::uint32_t payload_crc(std::string_view payload) { return masked(crc32c(payload)); }

void append_frame(std::string_view payload, std::uint32_t crc, std::string* out) {
  put(static_cast<std::uint32_t>(payload.size()), out);
  put(crc, out);
  out->append(payload);
}

FrameView read_frame(std::string_view bytes, std::size_t offset) {
  if (offset >= bytes.size()) return {.state = FrameState::kEnd};
  const std::string_view rest = bytes.substr(offset);
  if (rest.size() < kFrameHeaderBytes) return {.state = FrameState::kCut};
  const std::size_t length = get<std::uint32_t>(rest, 0);
  if (length > kPayloadBytesMax) return {.state = FrameState::kDamaged};
  if (rest.size() - kFrameHeaderBytes < length) return {.state = FrameState::kCut};
  const std::string_view payload = rest.substr(kFrameHeaderBytes, length);
  if (get<std::uint32_t>(rest, 4) != payload_crc(payload)) return {.state = FrameState::kDamaged};
  return {
      .state = FrameState::kWhole, .payload = payload, .next = offset + kFrameHeaderBytes + length};
}

std::string segment_name(std::uint64_t number) {
  return fmt::format("{:0{}}{}", number, kNameDigits, kSuffix);
}

std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  if (name.size() < kNameDigits) return std::nullopt;
  const auto number = parse_int64(name);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

}  // namespace slipway::store
