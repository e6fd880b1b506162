// SPDX-License-Identifier: Apache-2.0
#include "scoring/text/hash.h"

#include <cstdlib>
#include <limits>

#include <bit>
#include <cstddef>

namespace slipway::scoring {
namespace {

std::uint32_t scrambled(std::uint32_t k) { return std::rotl(k * 0xcc9e2d51U, 15) * 0x1b873593U; }

std::uint32_t byte(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

}  // namespace

std::uint32_t murmur3(std::string_view bytes, std::uint32_t seed) {
  std::uint32_t h = seed;
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    const std::uint32_t k = byte(bytes, i) | byte(bytes, i + 1) << 8 | byte(bytes, i + 2) << 16 |
                            byte(bytes, i + 3) << 24;
    h = std::rotl(h ^ scrambled(k), 13) * 5 + 0xe6546b64U;
  }
  std::uint32_t rest = 0;
  for (std::size_t at = bytes.size(); at > i; --at) rest = rest << 8 | byte(bytes, at - 1);
  if (i < bytes.size()) h ^= scrambled(rest);
  h ^= static_cast<std::uint32_t>(bytes.size());
  h = (h ^ h >> 16) * 0x85ebca6bU;
  h = (h ^ h >> 13) * 0xc2b2ae35U;
  return h ^ h >> 16;
}

// scikit-learn's way around abs() of the least integer.
std::uint32_t hashed_column(std::int32_t h, std::uint32_t columns) {
  if (h == std::numeric_limits<std::int32_t>::min()) return (0x7fffffffU - (columns - 1)) % columns;
  return static_cast<std::uint32_t>(std::abs(h)) % columns;
}

}  // namespace slipway::scoring
