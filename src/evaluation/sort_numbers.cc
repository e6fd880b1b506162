// SPDX-License-Identifier: Apache-2.0
#include "evaluation/sort_numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace slipway::evaluation {
namespace {

constexpr int kDigitBits = 11;
constexpr int kDigits = 6;
constexpr std::size_t kDigitValues = std::size_t{1} << kDigitBits;
constexpr std::size_t kFewValues = 2048;  // below this std::sort wins
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

using Counts = std::array<std::array<std::uint32_t, kDigitValues>, kDigits>;

// Bits whose unsigned order is the order of the numbers: negative ones are turned over, the others put above them.
std::uint64_t key_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}
double value_of(std::uint64_t key) {
  return std::bit_cast<double>((key & kSign) != 0 ? key & ~kSign : ~key);
}
std::size_t digit_of(std::uint64_t key, int digit) {
  return static_cast<std::size_t>(key >> (digit * kDigitBits)) & (kDigitValues - 1);
}

}  // namespace

void sort_numbers(std::vector<double>& values) {
  if (values.size() < kFewValues || values.size() > UINT32_MAX) {
    std::sort(values.begin(), values.end(),
              [](double a, double b) { return key_of(a) < key_of(b); });
    return;
  }
  std::vector<std::uint64_t> keys(values.size()), moved(values.size());
  const auto counts = std::make_unique<Counts>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    keys[i] = key_of(values[i]);
    for (int digit = 0; digit < kDigits; ++digit) ++(*counts)[digit][digit_of(keys[i], digit)];
  }
  for (int digit = 0; digit < kDigits; ++digit) {
    auto& starts = (*counts)[digit];
    // Whole numbers and floats share their low digits: nothing to move.
    if (starts[digit_of(keys.front(), digit)] == keys.size()) continue;
    std::uint32_t start = 0;
    for (auto& count : starts) start += std::exchange(count, start);
    for (const std::uint64_t key : keys) moved[starts[digit_of(key, digit)]++] = key;
    keys.swap(moved);
  }
  std::transform(keys.begin(), keys.end(), values.begin(), value_of);
}

}  // namespace slipway::evaluation
