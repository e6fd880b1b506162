// SPDX-License-Identifier: Apache-2.0
#include "model/category_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway::model {
namespace {

// `hash` and `value` of "cat_features_hash" in JSON models that CatBoost 1.2.10 saved.
TEST(CategoryHash, IsWhatModelFilesHold) {
  EXPECT_EQ(category_hash(""), 797982799u);
  EXPECT_EQ(category_hash("0"), 2856682258u);
  EXPECT_EQ(category_hash("a"), 3489901818u);
  EXPECT_EQ(category_hash("29"), 3940690768u);
  EXPECT_EQ(category_hash("None"), 1875838226u);
  EXPECT_EQ(category_hash("\xc3\xbc"), 3774041690u) << "a letter beyond ASCII is its UTF-8";
}

// One of each way that the algorithm goes, by length.
TEST(CategoryHash, EveryLengthHasItsWay) {
  EXPECT_EQ(city_hash_64("abcd"), 0xf75a3b8a1499428du);
  EXPECT_EQ(city_hash_64("abcdefghi"), 0x66c7fa4eb3fab8d1u);
  EXPECT_EQ(city_hash_64(std::string(17, 'x')), 0xccde5b4c17d97655u);
  EXPECT_EQ(city_hash_64(std::string(33, 'x')), 0x83d2f4e954e9c837u);
  EXPECT_EQ(city_hash_64(std::string(65, 'x')), 0x490198bff7225acfu);
  EXPECT_EQ(city_hash_64(std::string(129, 'x')), 0x1dad31f30e049979u);
}

}  // namespace
}  // namespace slipway::model
