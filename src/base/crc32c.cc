// CRC-32C (Castagnoli), reflected, as in iSCSI and ext4. Apart from hash.cc because of the
// processor's instructions.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>

#include "base/hash.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace slipway {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // 0x1EDC6F41, bits reversed

// kTables[k][b]: the CRC of byte b followed by k zero bytes, so that eight bytes take eight
// independent look-ups (slicing by eight; Kounavis and Berry, "A Systematic Approach to Building
// High Performance CRC Generators", 2005).
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}();

// Byte order does not depend on the machine.
std::uint32_t load32(const char* at) {
  const auto* b = reinterpret_cast<const unsigned char*>(at);
  return b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[3]} << 24;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) std::uint32_t crc32c_hardware(std::string_view bytes,
                                                                std::uint32_t so_far) {
  std::uint64_t crc = ~so_far;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  auto low = static_cast<std::uint32_t>(crc);
  for (; left > 0; ++at, --left) low = _mm_crc32_u8(low, static_cast<unsigned char>(*at));
  return ~low;
}

bool has_hardware() { return __builtin_cpu_supports("sse4.2") != 0; }

#elif defined(__aarch64__) && defined(__linux__)

__attribute__((target("+crc"))) std::uint32_t crc32c_hardware(std::string_view bytes,
                                                              std::uint32_t so_far) {
  std::uint32_t crc = ~so_far;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    crc = __crc32cd(crc, word);
  }
  for (; left > 0; ++at, --left) crc = __crc32cb(crc, static_cast<unsigned char>(*at));
  return ~crc;
}

bool has_hardware() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }

#else

std::uint32_t crc32c_hardware(std::string_view bytes, std::uint32_t so_far) {
  return crc32c_portable(bytes, so_far);
}
bool has_hardware() { return false; }

#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t so_far) {
  std::uint32_t crc = ~so_far;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint32_t low = load32(at) ^ crc;
    const std::uint32_t high = load32(at + 4);
    crc = kTables[7][low & 255] ^ kTables[6][low >> 8 & 255] ^ kTables[5][low >> 16 & 255] ^
          kTables[4][low >> 24] ^ kTables[3][high & 255] ^ kTables[2][high >> 8 & 255] ^
          kTables[1][high >> 16 & 255] ^ kTables[0][high >> 24];
  }
  for (; left > 0; ++at, --left)
    crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(*at)) & 255];
  return ~crc;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far) {
  static const bool hardware = has_hardware();
  return hardware ? crc32c_hardware(bytes, so_far) : crc32c_portable(bytes, so_far);
}

}  // namespace slipway
