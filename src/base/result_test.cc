// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/check.h"

namespace slipway {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0)
    return Error(Code::kInvalidArgument, "test.odd", std::to_string(number) + " is odd");
  return number / 2;
}

Result<int> quarter(int number) {
  ASSIGN_OR_RETURN(const int first, half(number));
  ASSIGN_OR_RETURN(const int second, half(first));
  return second;
}

Result<void> only_even(int number) {
  RETURN_IF_ERROR(half(number));
  return {};
}

TEST(Result, CarriesAValueOrTheFirstError) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message(), "3 is odd");
  EXPECT_EQ(only_even(5).error().reason(), "test.odd");
  EXPECT_TRUE(only_even(4).has_value());
}

TEST(Result, MovesValuesThatCannotBeCopied) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 7);
}

TEST(Error, ContextGoesInFront) {
  EXPECT_EQ(half(3).error().message(), "3 is odd");
  auto failed = half(3);
  EXPECT_EQ(std::move(failed).error().with_context("loading 'a'").message(),
            "loading 'a': 3 is odd");
}

TEST(CheckDeathTest, NamesTheExpression) { EXPECT_DEATH(CHECK(1 + 1 == 3), "1 \\+ 1 == 3"); }

}  // namespace
}  // namespace slipway
