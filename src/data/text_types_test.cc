// SPDX-License-Identifier: Apache-2.0
#include "data/text_types.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace slipway::data {
namespace {

std::string guessed(std::initializer_list<std::string_view> cells) {
  TypeGuess guess;
  for (const auto cell : cells) guess.observe(cell);
  return name_of(guess.type());
}

TEST(TypeGuess, TakesTheNarrowestTypeThatHoldsEveryCell) {
  EXPECT_EQ(guessed({"1", "-20", "0", "9223372036854775807"}), "int64");
  EXPECT_EQ(guessed({"1", "2.5", "1e-3", "nan", "inf"}), "float64");
  EXPECT_EQ(guessed({"true", "FALSE", "True"}), "bool");
  EXPECT_EQ(guessed({"2013-07-01"}), "date");
  EXPECT_EQ(guessed({"2013-07-01", "2013-07-01 05:15", "2013-07-01T05:15:00.25Z",
                     "2013-07-01 05:15:00+02:00"}),
            "timestamp");
  EXPECT_EQ(guessed({"1", "x"}), "string");
  EXPECT_EQ(guessed({}), "string");
}

TEST(TypeGuess, TextThatANumberWouldLoseStaysText) {
  EXPECT_EQ(guessed({"07030"}), "string");
  EXPECT_EQ(guessed({"+49123456"}), "string");
  EXPECT_EQ(guessed({"12345678901234567890"}), "string");
  EXPECT_EQ(guessed({"1.5", "1234567890123456"}), "string");
  EXPECT_EQ(guessed({"-0"}), "float64");
  EXPECT_EQ(guessed({"0.5", "0"}), "float64");
}

TEST(TypeGuess, ADateThatCanBeReadInTwoWaysStaysText) {
  EXPECT_EQ(guessed({"01/02/2013"}), "string");
  EXPECT_EQ(guessed({"2013-13-01"}), "string");
  EXPECT_EQ(guessed({"2013-07-01 05:15:00.1234567"}), "string");
  EXPECT_EQ(guessed({"1", "true"}), "string");
}

}  // namespace
}  // namespace slipway::data
