// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/request_id.h"

#include <algorithm>

#include "base/random.h"

namespace slipway::deploy {
namespace {

constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// `Digits` characters of base 32, most significant first.
template <std::size_t Digits>
void write_base32(std::uint64_t value, char* to) {
  for (std::size_t i = Digits; i-- > 0; value >>= 5) to[i] = kDigits[value & 31];
}

}  // namespace

RequestIds::RequestIds(const Clock& clock) : clock_(clock) {
  write_base32<8>(random_bits(), process_.data());
}

RequestId RequestIds::next() {
  RequestId id;
  write_base32<10>(static_cast<std::uint64_t>(clock_.now_us() / 1000), id.data());
  std::copy(process_.begin(), process_.end(), id.data() + 10);
  write_base32<8>(count_.fetch_add(1, std::memory_order_relaxed), id.data() + 18);
  return id;
}

}  // namespace slipway::deploy
