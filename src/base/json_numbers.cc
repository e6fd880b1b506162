// SPDX-License-Identifier: Apache-2.0
#include "base/json_numbers.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace slipway {
namespace {

__extension__ using UInt128 = unsigned __int128;

constexpr std::uint64_t kExact = std::uint64_t{1} << 53;  // whole numbers up to here are doubles
constexpr int kPowersExact = 22;                          // so are powers of ten
constexpr int kDigitsMax = 19;                            // of them any number fits 64 bits
constexpr int kExponentDigitsMax = 4;

constexpr std::array<double, kPowersExact + 1> kPowers = [] {
  std::array<double, kPowersExact + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();
constexpr std::array<std::uint64_t, kDigitsMax + 1> kWholePowers = [] {
  std::array<std::uint64_t, kDigitsMax + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// To the nearest double, to the even one between two; neither is 0.
double quotient(std::uint64_t number, std::uint64_t by) {
  const int number_shift = std::countl_zero(number), by_shift = std::countl_zero(by);
  number <<= number_shift;
  by <<= by_shift;
  // 64 bits of it, of which the first is set.
  const int scale = number < by ? 64 : 63;
  const UInt128 scaled = UInt128{number} << scale;
  const auto bits = static_cast<std::uint64_t>(scaled / by);
  const bool has_rest = UInt128{bits} * by != scaled;
  constexpr std::uint64_t kHalf = 0x400, kBelow = 0x7FF;
  std::uint64_t rounded = bits >> 11;
  const std::uint64_t below = bits & kBelow;
  if (below > kHalf || (below == kHalf && (has_rest || rounded % 2 != 0))) ++rounded;
  const auto exponent = static_cast<std::uint64_t>(1023 + 11 + by_shift - number_shift - scale);
  return static_cast<double>(rounded) * std::bit_cast<double>(exponent << 52);
}

// Of eight characters less '0' each, the first one lowest.
std::uint64_t eight_digits(std::uint64_t digits) {
  // Pairs, then fours, then all.
  constexpr std::uint64_t kEach = 0x000000FF000000FF;
  const std::uint64_t pairs = digits * 10 + (digits >> 8);
  return ((pairs & kEach) * (100 + (std::uint64_t{1'000'000} << 32)) +
          ((pairs >> 16) & kEach) * (1 + (std::uint64_t{10'000} << 32))) >>
         32;
}

// The next eight bytes as digits, and a mark (the highest bit) where there is none: of marks that a carry or a borrow
// has made too many, the lowest is right.
struct EightBytes {
  explicit EightBytes(const char* at) {
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(&digits, at, sizeof digits);
    digits -= 0x3030303030303030;
    others = ((digits + 0x7676767676767676) | digits) & std::uint64_t{0x8080808080808080};
  }
  // Before the first that is none; there is one.
  std::size_t count() const { return static_cast<std::size_t>(std::countr_zero(others)) / 8; }
  // Of the first ones, from 1 to 7.
  std::uint64_t value(std::size_t how_many) const {
    return eight_digits(digits << (64 - 8 * how_many));
  }

  std::uint64_t digits, others;
};

// What follows as digits of *number; up to eight at a time while the text goes on so far.
const char* read_digits(const char* at, const char* end, std::uint64_t* number) {
  std::uint64_t value = *number;
  while (end - at >= 8) {
    const EightBytes next(at);
    if (next.others != 0) {
      const std::size_t count = next.count();
      if (count > 0) value = value * kWholePowers[count] + next.value(count);
      *number = value;
      return at + count;
    }
    value = value * 100'000'000 + eight_digits(next.digits);
    at += 8;
  }
  for (; is_digit(*at); ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  *number = value;
  return at;
}

const char* read_any(const char* token, const char* end, double* value) {
  const auto read = std::from_chars(token, end, *value);
  return read.ec == std::errc() && read.ptr == end ? end : nullptr;
}

// An exponent from its 'e' on; null if there is none, or a huge one.
const char* read_exponent(const char* at, int* exponent) {
  ++at;
  const bool is_less = *at == '-';
  if (is_less || *at == '+') ++at;
  const char* const digits = at;
  int value = 0;
  for (; is_digit(*at) && at - digits < kExponentDigitsMax; ++at) value = value * 10 + (*at - '0');
  if (at == digits || is_digit(*at)) return nullptr;
  *exponent += is_less ? -value : value;
  return at;
}

double with_sign(double number, bool is_negative) {
  // Not by a branch: signs are as good as random.
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(number) ^
                               (static_cast<std::uint64_t>(is_negative) << 63));
}

// digits * 10^exponent, if that is done here.
std::optional<double> scaled(std::uint64_t digits, int exponent) {
  if (digits <= kExact && exponent >= -kPowersExact && exponent <= kPowersExact) {
    const auto exact = static_cast<double>(static_cast<std::int64_t>(digits));
    return exponent < 0 ? exact / kPowers[static_cast<std::size_t>(-exponent)]
                        : exact * kPowers[static_cast<std::size_t>(exponent)];
  }
  if (exponent >= 0 || exponent < -kDigitsMax || digits == 0) return std::nullopt;
  return quotient(digits, kWholePowers[static_cast<std::size_t>(-exponent)]);
}

// The text goes on behind every digit, with something else in the end. Null if it is no number that is read here.
const char* read_number(const char* const token, const char* end, double* value) {
  const bool is_negative = *token == '-';
  const char* const whole = token + static_cast<std::size_t>(is_negative);
  std::uint64_t digits = 0;
  const char* at = whole;
  for (; is_digit(*at); ++at) digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
  const bool is_zero = *whole == '0';
  std::ptrdiff_t count = at - whole;
  if (count == 0 || (is_zero && count > 1)) return nullptr;
  int exponent = 0;
  if (*at == '.') {
    const char* const fraction = ++at;
    at = read_digits(at, end, &digits);
    if (at == fraction) return nullptr;
    exponent = -static_cast<int>(at - fraction);
    count += at - fraction - static_cast<std::ptrdiff_t>(is_zero);
  } else if ((*at | 0x20) != 'e') {
    if (count >= kDigitsMax) return nullptr;
    const auto number = static_cast<std::int64_t>(digits);
    *value = static_cast<double>(is_negative ? -number : number);
    return at;
  }
  if ((*at | 0x20) == 'e') at = read_exponent(at, &exponent);
  if (at == nullptr) return nullptr;
  const auto number = count <= kDigitsMax ? scaled(digits, exponent) : std::nullopt;
  if (!number) return read_any(token, at, value);
  *value = with_sign(*number, is_negative);
  return at;
}

// As most are written, 4.1803: up to seven digits before the point and behind it, which is a quotient of two exact
// numbers. Null if it is not of that form.
const char* read_short_number(const char* const token, const char* end, double* value) {
  const bool is_negative = *token == '-';
  const char* at = token + static_cast<std::size_t>(is_negative);
  auto digits = static_cast<std::uint64_t>(static_cast<unsigned char>(*at - '0'));
  if (digits > 9) return nullptr;
  ++at;
  if (*at != '.') {
    if (digits == 0) return nullptr;
    for (; is_digit(*at) && digits < 1'000'000; ++at)
      digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
    if (*at != '.') return nullptr;
  }
  ++at;
  if (end - at < 8) return nullptr;
  const EightBytes fraction(at);
  if (fraction.others == 0) return nullptr;
  const std::size_t places = fraction.count();
  if (places == 0 || (at[places] | 0x20) == 'e') return nullptr;
  digits = digits * kWholePowers[places] + fraction.value(places);
  *value = with_sign(static_cast<double>(static_cast<std::int64_t>(digits)) / kPowers[places],
                     is_negative);
  return at + places;
}

const char* skip_blanks(const char* at) {
  while (is_blank(*at)) ++at;
  return at;
}

// A number or null; null if it is neither.
const char* read_item(const char* at, const char* end, double* value) {
  if (*at != 'n') {
    const char* const after = read_short_number(at, end, value);
    return after != nullptr ? after : read_number(at, end, value);
  }
  constexpr std::string_view kNull = "null";
  if (!std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(kNull)) return nullptr;
  *value = std::numeric_limits<double>::quiet_NaN();
  return at + kNull.size();
}

}  // namespace

const char* read_json_numbers(const char* at, const char* end, std::vector<double>* values) {
  // What is neither blank nor part of a number ends every loop here.
  if (at == end || (end[-1] != ']' && end[-1] != '}')) return nullptr;
  // Written in pieces: a vector that grows by one takes as long as to read a digit.
  std::array<double, 64> piece;
  std::size_t count = 0;
  while (true) {
    if (*at <= ' ') at = skip_blanks(at);
    at = read_item(at, end, &piece[count]);
    if (at == nullptr) return nullptr;
    ++count;
    if (*at != ',') {
      at = skip_blanks(at);
      if (*at == ']') break;
      if (*at != ',') return nullptr;
    }
    ++at;
    if (count < piece.size()) continue;
    values->insert(values->end(), piece.begin(), piece.end());
    count = 0;
  }
  values->insert(values->end(), piece.data(), piece.data() + count);
  return at + 1;
}

}  // namespace slipway
