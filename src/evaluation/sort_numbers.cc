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
constexpr int kDigits = 3;
constexpr int kLowBits = 64 - kDigits * kDigitBits;  // left to comparisons
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
  return static_cast<std::size_t>(key >> (kLowBits + digit * kDigitBits)) & (kDigitValues - 1);
}

// Puts in order what the digits could not tell apart: rarely more than two neighbours, but any number of them in time.
void sort_runs(std::vector<std::uint64_t>& keys) {
  for (auto begin = keys.begin(); begin != keys.end();) {
    const std::uint64_t digits = *begin >> kLowBits;
    bool is_sorted = true;
    auto end = begin + 1;
    for (; end != keys.end() && *end >> kLowBits == digits; ++end) {
      is_sorted = is_sorted && *(end - 1) <= *end;
    }
    if (!is_sorted) std::sort(begin, end);
    begin = end;
  }
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
    // A digit that all share, such as the sign and exponent, moves nothing.
    if (starts[digit_of(keys.front(), digit)] == keys.size()) continue;
    std::uint32_t start = 0;
    for (auto& count : starts) start += std::exchange(count, start);
    for (const std::uint64_t key : keys) moved[starts[digit_of(key, digit)]++] = key;
    keys.swap(moved);
  }
  sort_runs(keys);
  std::transform(keys.begin(), keys.end(), values.begin(), value_of);
}

}  // namespace slipway::evaluation
