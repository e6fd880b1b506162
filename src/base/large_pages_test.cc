// SPDX-License-Identifier: Apache-2.0
#include "base/large_pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace slipway {
namespace {

TEST(LargePages, HoldWhatAnyVectorHolds) {
  // From below to above the size from which pages are large, through every copy that growing makes.
  std::vector<std::uint32_t, LargePages<std::uint32_t>> numbers;
  const std::uint32_t count = 3 * kLargePagesFrom / sizeof(std::uint32_t) + 7;
  for (std::uint32_t i = 0; i < count; ++i) numbers.push_back(i);
  for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(numbers[i], i);
  const auto copy = numbers;
  EXPECT_EQ(copy, numbers);
}

TEST(LargePages, StartWithACacheLine) {
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{100}, kLargePagesFrom, 5 * kLargePagesFrom + 1}) {
    const std::vector<char, LargePages<char>> bytes(count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % 64, 0u) << count;
  }
}

TEST(LargePages, SayWhenThereIsNotThatMuch) {
  EXPECT_THROW((void)LargePages<double>().allocate(SIZE_MAX / 4), std::bad_alloc);
  EXPECT_THROW((void)LargePages<char>().allocate(SIZE_MAX - 8), std::bad_alloc);
  EXPECT_THROW((void)LargePages<char>().allocate(SIZE_MAX / 2), std::bad_alloc);
}

}  // namespace
}  // namespace slipway
