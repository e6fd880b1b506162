// The hash by which CatBoost knows a category: the low half of CityHash64, of the 1.0 series, over
// the category's bytes.
//
//   category_hash("AA")          // what an input of InputKind::kHash becomes
//
// A model file holds these hashes and not the texts, so this is part of the format: it never
// changes. Numbers are hashed as their decimal text. Pure function; safe from any thread. Source:
// CityHash 1.0 by Geoff Pike and Jyrki Alakuijala; category_hash_test.cc has values out of real
// models.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace slipway::model {

std::uint64_t city_hash_64(std::string_view bytes);

inline std::uint32_t category_hash(std::string_view text) {
  return static_cast<std::uint32_t>(city_hash_64(text));
}

}  // namespace slipway::model
