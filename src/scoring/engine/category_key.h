// Keys of model::CategoryStatistics: hashes of categories and answers mixed into 64 bits, one after the other. Mixing can be
// undone, so that a table's keys tell what rows they are of.
//
//   std::uint64_t key = mix(mix(0, signed_hash(x)), answer ? 1 : 0);
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/operators/category_statistics.h"

namespace slipway::scoring {

inline constexpr std::uint64_t kKeyMultiplier = model::CategoryStatistics::kMultiplier;

// x with x * kKeyMultiplier == 1, by Newton's method: each step doubles the bits that are right.
constexpr std::uint64_t key_inverse() {
  std::uint64_t x = kKeyMultiplier;
  for (int step = 0; step < 6; ++step) x *= 2 - kKeyMultiplier * x;
  return x;
}
static_assert(key_inverse() * kKeyMultiplier == 1);

inline std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  return kKeyMultiplier * (hash + kKeyMultiplier * value);
}

// The hash before `value` was mixed in.
inline std::uint64_t unmix(std::uint64_t hash, std::uint64_t value) {
  return key_inverse() * hash - kKeyMultiplier * value;
}

// What was mixed into 0.
inline std::uint64_t first_mixed(std::uint64_t hash) {
  return key_inverse() * (key_inverse() * hash);
}

// A hash travels as a double; anything else than 0 .. 2^32 - 1 is no hash and reads as 0.
inline std::uint64_t signed_hash(double x) {
  const std::uint32_t hash = x >= 0 && x < 4294967296.0 ? static_cast<std::uint32_t>(x) : 0;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(hash)));
}

inline bool is_signed_hash(std::uint64_t value) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(value))) ==
         value;
}

// Whether a condition of the operator holds for x.
inline bool statistic_condition_holds(double x, double value, std::uint8_t rule) {
  if ((rule & model::CategoryStatistics::kEqual) != 0) return x == value;
  // No branch: values come as they like.
  const bool above = static_cast<double>(static_cast<float>(x)) > value;
  const bool missing = x != x;
  return above | (missing & ((rule & model::CategoryStatistics::kNaNAbove) != 0));
}

}  // namespace slipway::scoring
