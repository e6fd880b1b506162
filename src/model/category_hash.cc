// SPDX-License-Identifier: Apache-2.0
#include "model/category_hash.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

namespace slipway::model {
namespace {

// The algorithm's four primes.
constexpr std::uint64_t kPrime0 = 0xc3a5c85c97cb3127;
constexpr std::uint64_t kPrime1 = 0xb492b66fbe98f273;
constexpr std::uint64_t kPrime2 = 0x9ae16a3b2f90404f;
constexpr std::uint64_t kPrime3 = 0xc949d7c7509e6557;

struct Pair {
  std::uint64_t first;
  std::uint64_t second;
};

// Little-endian words at a byte; there is no big-endian build (model/container.h).
template <typename Word>
std::uint64_t load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
std::uint64_t word(const char* at) { return load<std::uint64_t>(at); }
std::uint64_t half(const char* at) { return load<std::uint32_t>(at); }

std::uint64_t turn(std::uint64_t x, int bits) { return std::rotr(x, bits); }
std::uint64_t fold(std::uint64_t x) { return x ^ (x >> 47); }

std::uint64_t mix(std::uint64_t low, std::uint64_t high) {
  constexpr std::uint64_t kMultiplier = 0x9ddfea08eb382d69;
  const std::uint64_t a = fold((low ^ high) * kMultiplier);
  return fold((high ^ a) * kMultiplier) * kMultiplier;
}

// 32 bytes into a running pair.
Pair absorb(const char* at, std::uint64_t a, std::uint64_t b) {
  a += word(at);
  b = turn(b + a + word(at + 24), 21);
  const std::uint64_t start = a;
  a += word(at + 8) + word(at + 16);
  b += turn(a, 44);
  return {a + word(at + 24), b + start};
}

std::uint64_t hash_to_16(const char* s, std::size_t size) {
  if (size > 8) {
    const std::uint64_t b = word(s + size - 8);
    return mix(word(s), turn(b + size, static_cast<int>(size))) ^ b;
  }
  if (size >= 4) return mix(size + (half(s) << 3), half(s + size - 4));
  if (size == 0) return kPrime2;
  const auto byte = [s](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(s[i])}; };
  const std::uint64_t y = byte(0) + (byte(size >> 1) << 8);
  const std::uint64_t z = size + (byte(size - 1) << 2);
  return fold(y * kPrime2 ^ z * kPrime3) * kPrime2;
}

std::uint64_t hash_to_32(const char* s, std::size_t size) {
  const std::uint64_t a = word(s) * kPrime1;
  const std::uint64_t b = word(s + 8);
  const std::uint64_t c = word(s + size - 8) * kPrime2;
  const std::uint64_t d = word(s + size - 16) * kPrime0;
  return mix(turn(a - b, 43) + turn(c, 30) + d, a + turn(b ^ kPrime3, 20) - c + size);
}

// Four words from `at`, with a seed, for lengths of 33 to 64.
Pair quarter(const char* at, std::uint64_t a) {
  const std::uint64_t last = word(at + 24);
  std::uint64_t b = turn(a + last, 52);
  std::uint64_t c = turn(a, 37);
  a += word(at + 8);
  c += turn(a, 7);
  a += word(at + 16);
  b += turn(a, 31) + c;
  return {a + last, b};
}

std::uint64_t hash_to_64(const char* s, std::size_t size) {
  const char* tail = s + size - 32;
  const Pair v = quarter(s, word(s) + (size + word(tail + 16)) * kPrime0);
  const Pair w = quarter(tail, word(s + 16) + word(tail));
  const std::uint64_t r = fold((v.first + w.second) * kPrime2 + (w.first + v.second) * kPrime0);
  return fold(r * kPrime0 + v.second) * kPrime2;
}

std::uint64_t hash_long(const char* s, std::size_t size) {
  const char* end = s + size;
  std::uint64_t x = word(s);
  std::uint64_t y = word(end - 16) ^ kPrime1;
  std::uint64_t z = word(end - 56) ^ kPrime0;
  Pair v = absorb(end - 64, size, y);
  Pair w = absorb(end - 32, size * kPrime1, kPrime0);
  z += fold(v.second) * kPrime1;
  x = turn(z + x, 39) * kPrime1;
  y = turn(y, 33) * kPrime1;
  // Whole blocks of 64 bytes; what is left of the last one was absorbed above.
  for (std::size_t blocks = (size - 1) / 64; blocks > 0; --blocks, s += 64) {
    x = turn(x + y + v.first + word(s + 16), 37) * kPrime1 ^ w.second;
    y = turn(y + v.second + word(s + 48), 42) * kPrime1 ^ v.first;
    z = turn(z ^ w.first, 33);
    v = absorb(s, v.second * kPrime1, x + w.first);
    w = absorb(s + 32, z + w.second, y);
    std::swap(x, z);
  }
  return mix(mix(v.first, w.first) + fold(y) * kPrime1 + z, mix(v.second, w.second) + x);
}

}  // namespace

std::uint64_t city_hash_64(std::string_view bytes) {
  const char* s = bytes.data();
  if (bytes.size() <= 16) return hash_to_16(s, bytes.size());
  if (bytes.size() <= 32) return hash_to_32(s, bytes.size());
  if (bytes.size() <= 64) return hash_to_64(s, bytes.size());
  return hash_long(s, bytes.size());
}

}  // namespace slipway::model
