// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <random>

namespace slipway {

std::uint64_t random_bits() {
  thread_local std::uint64_t state = [] {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
  }();
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31);
}

bool drawn(double share) {
  return share > 0 && static_cast<double>(random_bits() >> 11) * 0x1p-53 < share;
}

}  // namespace slipway
