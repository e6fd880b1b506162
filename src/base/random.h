// Random bits that differ from process to process and thread to thread; not for secrets.
//
//   if (drawn(0.01)) trace();
//
// SplitMix64, begun by the system's random device. Safe from any thread.
// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace slipway {

std::uint64_t random_bits();
// True for that share of the calls: never for 0, always from 1 on.
bool drawn(double share);

}  // namespace slipway
