// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/unpack.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "model/import/pickle/codecs.h"

namespace slipway::model::pickle {
namespace {

constexpr std::size_t kFirstCapacity = std::size_t{1} << 16;
constexpr std::size_t kMostAtOnce = std::size_t{64} << 20;
// Small files may expand by any factor: a page of zeros is not an attack.
constexpr std::size_t kAlwaysAllowed = std::size_t{1} << 20;

Error broken(Packing packing, std::size_t position, std::string_view what) {
  return Error(Code::kDataLoss, "model.pickle.packed",
               fmt::format("byte {}: the {} data {}: copy or save the file again", position,
                           name_of(packing), what));
}

Error too_large(Packing packing, std::size_t size, std::size_t limit) {
  return Error(Code::kResourceExhausted, "model.pickle.unpacked_size",
               fmt::format("{} of {} data unpack to more than {}: no model packs so well; if this "
                           "is one, unpack it yourself first",
                           bytes_text(size), name_of(packing), bytes_text(limit)));
}

std::size_t most_bytes(std::size_t packed, const UnpackLimits& limits) {
  std::size_t expanded = 0;
  if (__builtin_mul_overflow(packed, limits.max_expansion, &expanded)) expanded = limits.max_bytes;
  return std::min(std::max(expanded, kAlwaysAllowed), limits.max_bytes);
}

// Half as much again; beyond what is there already, only as the data come.
bool grow(Buffer* buffer) {
  const std::size_t step = std::max(kFirstCapacity, buffer->capacity() / 2);
  return buffer->set_capacity(buffer->capacity() + step);
}

}  // namespace

bool Buffer::set_capacity(std::size_t capacity) {
  auto* grown = static_cast<char*>(std::realloc(data_.get(), std::max<std::size_t>(capacity, 1)));
  if (grown == nullptr) return false;
  static_cast<void>(data_.release());
  data_.reset(grown);
  capacity_ = capacity;
  return true;
}

Packing packing_of(std::string_view bytes) {
  using namespace std::string_view_literals;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 4) return Packing::kNone;
  // RFC 1950: deflate, a window of 32 KiB, and the two bytes are a multiple of 31.
  if (byte(0) == 0x78 && (byte(0) * 256 + byte(1)) % 31 == 0) return Packing::kZlib;
  if (bytes.starts_with("\x1f\x8b\x08"sv)) return Packing::kGzip;
  if (bytes.starts_with("BZh"sv) && byte(3) >= '1' && byte(3) <= '9') return Packing::kBz2;
  if (bytes.starts_with("\xFD"
                        "7zXZ\0"sv))
    return Packing::kXz;
  if (bytes.starts_with("\x5D\0\0"sv)) return Packing::kLzma;
  if (bytes.starts_with("\x04\x22\x4D\x18"sv)) return Packing::kLz4;
  return Packing::kNone;
}

std::string_view name_of(Packing packing) {
  switch (packing) {
    case Packing::kNone:
      return "plain";
    case Packing::kZlib:
      return "zlib";
    case Packing::kGzip:
      return "gzip";
    case Packing::kBz2:
      return "bz2";
    case Packing::kXz:
      return "xz";
    case Packing::kLzma:
      return "lzma";
    case Packing::kLz4:
      return "lz4";
  }
  return "unknown";
}

Result<Buffer> unpack(Packing packing, std::string_view bytes, const UnpackLimits& limits) {
  const std::size_t limit = most_bytes(bytes.size(), limits);
  const Error no_memory(Code::kResourceExhausted, "model.pickle.unpacked_size",
                        "there is no memory to unpack it");
  const auto codec = make_codec(packing);
  if (codec == nullptr) return no_memory;
  Buffer buffer;
  std::string_view rest = bytes;
  for (;;) {
    if (buffer.size() == buffer.capacity() && !grow(&buffer)) return no_memory;
    const std::size_t room = std::min(buffer.capacity() - buffer.size(), kMostAtOnce);
    const Codec::Step step = codec->step(rest, {buffer.data() + buffer.size(), room});
    const std::size_t position = bytes.size() - rest.size() + step.read;
    rest.remove_prefix(step.read);
    buffer.set_size(buffer.size() + step.written);
    if (step.state == Codec::State::kBroken) return broken(packing, position, "are damaged");
    if (buffer.size() > limit) return too_large(packing, bytes.size(), limit);
    if (step.state == Codec::State::kEnd) break;
    const bool stuck = step.read == 0 && step.written == 0;
    if (stuck && (rest.empty() || buffer.size() < buffer.capacity()))
      return broken(packing, position, "end too early");
  }
  if (!buffer.set_capacity(buffer.size())) return no_memory;
  return buffer;
}

}  // namespace slipway::model::pickle
