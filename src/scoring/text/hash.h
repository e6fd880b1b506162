// MurmurHash3, 32 bits for x86: where scikit-learn's hashing vectorizers put a token.
//
//   const std::uint32_t h = murmur3(token, 0);
//
// Austin Appleby, public domain (SMHasher, MurmurHash3.cpp); written anew from its description.
// Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace slipway::scoring {

std::uint32_t murmur3(std::string_view bytes, std::uint32_t seed);

// Which of so many columns scikit-learn's hashing takes a signed hash to.
std::uint32_t hashed_column(std::int32_t hash, std::uint32_t columns);

}  // namespace slipway::scoring
