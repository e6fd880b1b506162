// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/request_id.h"

#include <random>

namespace slipway::deploy {
namespace {

constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::uint64_t random_bits() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

// `digits` characters of base 32, most significant first.
void append_base32(std::uint64_t value, int digits, std::string* out) {
  for (int shift = 5 * (digits - 1); shift >= 0; shift -= 5) *out += kDigits[(value >> shift) & 31];
}

}  // namespace

RequestIds::RequestIds(const Clock& clock) : clock_(clock), process_(random_bits()) {}

std::string RequestIds::next() {
  std::string id;
  id.reserve(26);
  append_base32(static_cast<std::uint64_t>(clock_.now_us() / 1000), 10, &id);
  append_base32(process_, 8, &id);
  append_base32(count_.fetch_add(1, std::memory_order_relaxed), 8, &id);
  return id;
}

}  // namespace slipway::deploy
