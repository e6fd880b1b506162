// Digests: SHA-256 names content, CRC-32C guards records on disk, XXH3 spreads keys in memory.
//
//   std::string digest = Sha256::hex_of(bytes);             // 64 lower-case hex digits
//   Sha256 sha;  sha.update(a);  sha.update(b);  Sha256::Digest d = sha.finish();
//   std::uint32_t crc = crc32c(payload);                    // crc32c(tail, crc32c(head)) continues
//   std::uint64_t h = xxh3_64(key);                         // not against attackers
//
// Same results on every CPU; CRC-32C uses the processor's instruction where there is one.
// Functions are safe from any thread; one Sha256 belongs to one thread. No errors.
// Sources: FIPS 180-4 (by OpenSSL), RFC 3720 appendix B.4 (CRC-32C), xxHash by Yann Collet.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace slipway {

class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);
  Digest finish();  // and starts anew

  static Digest of(std::string_view bytes);
  static std::string hex_of(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Two lower-case digits a byte.
std::string to_hex(const Sha256::Digest& digest);

// `so_far` is the CRC of what came before.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far = 0);

// The table-driven form that machines without the instruction use; here for the test that compares.
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t so_far = 0);

std::uint64_t xxh3_64(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace slipway
