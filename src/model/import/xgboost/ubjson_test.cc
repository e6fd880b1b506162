// SPDX-License-Identifier: Apache-2.0
#include "model/import/xgboost/ubjson.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace slipway::model::xgboost {
namespace {

using namespace std::string_literals;

// A length as XGBoost writes it.
std::string length(std::int64_t n) {
  std::string bytes = "L";
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(n >> shift);
  return bytes;
}

std::string text(const std::string& content) {
  return length(static_cast<std::int64_t>(content.size())) + content;
}

std::vector<double> numbers_of(UbjView view) {
  std::vector<double> numbers(view.size());
  EXPECT_TRUE(view.read_numbers(numbers));
  return numbers;
}

void expect_error(const std::string& bytes, const std::string& reason, const std::string& part) {
  const auto document = UbjDocument::parse(bytes);
  ASSERT_FALSE(document) << reason;
  EXPECT_EQ(document.error().reason(), reason) << document.error().message();
  EXPECT_NE(document.error().message().find(part), std::string::npos) << document.error().message();
}

TEST(UbjDocument, ReadsScalarsOfEveryType) {
  const std::string bytes = "{" + text("name") + "S" + text("größe") + text("a") + "i\xFF" +
                            text("b") + "U\xFF" + text("c") + "I\x01\x02" + text("d") +
                            "l\xFF\xFF\xFF\xFE"s + text("e") + length(-5) + text("f") +
                            "d\x3F\xC0\x00\x00"s + text("g") + "D\xBF\xF8\0\0\0\0\0\0"s +
                            text("h") + "Z" + text("i") + "[TF]" + "}";
  const auto document = UbjDocument::parse(bytes).value();
  const UbjView root = document.root();
  EXPECT_EQ(root.size(), 10u);
  EXPECT_EQ(root.find("name").as_string(), "größe");
  EXPECT_EQ(root.find("a").as_integer(), -1);
  EXPECT_EQ(root.find("b").as_integer(), 255);
  EXPECT_EQ(root.find("c").as_integer(), 258);
  EXPECT_EQ(root.find("d").as_integer(), -2);
  EXPECT_EQ(root.find("e").as_integer(), -5);
  EXPECT_EQ(root.find("f").kind(), UbjKind::kNumber);
  EXPECT_EQ(root.find("h").kind(), UbjKind::kNull);
  EXPECT_EQ(numbers_of(root.find("i")), (std::vector<double>{1, 0}));
  EXPECT_EQ(root.find("j").kind(), UbjKind::kMissing);
  EXPECT_EQ(root.find("a").find("b").kind(), UbjKind::kMissing);
}

TEST(UbjDocument, ReadsTypedArraysWhereTheyLie) {
  const std::string bytes = "[[$d#" + length(2) + "\x3F\xC0\x00\x00\xBF\x80\x00\x00"s +
                            "[$l#i\x01" + "\x80\x00\x00\x00"s + "[$i#i\x02\x7F\x80" +
                            "[$U#i\x01\xFE" + "[$I#i\x01\xFF\xFE" + "[$L#i\x01" +
                            length(7).substr(1) + "[$D#i\x01" + "\x7F\xF0\0\0\0\0\0\0"s + "]";
  const auto document = UbjDocument::parse(bytes).value();
  ASSERT_EQ(document.root().size(), 7u);
  std::vector<std::vector<double>> found;
  UbjView item = document.root().first();
  for (int i = 0; i < 7; ++i, item = item.next()) found.push_back(numbers_of(item));
  EXPECT_EQ(found, (std::vector<std::vector<double>>{{1.5, -1},
                                                     {-2147483648.0},
                                                     {127, -128},
                                                     {254},
                                                     {-2},
                                                     {7},
                                                     {std::numeric_limits<double>::infinity()}}));
  std::vector<double> wrong(3);
  EXPECT_FALSE(document.root().first().read_numbers(wrong)) << "exactly as many as there are";
}

TEST(UbjDocument, ReadsCountedContainers) {
  const std::string bytes = "{#i\x02" + text("a") + "[#i\x02i\x01i\x02" + text("b") + "{#i\x00"s;
  const auto document = UbjDocument::parse(bytes).value();
  EXPECT_EQ(numbers_of(document.root().find("a")), (std::vector<double>{1, 2}));
  EXPECT_EQ(document.root().find("b").size(), 0u);
}

TEST(UbjDocument, NoLengthIsBelieved) {
  expect_error("{" + length(std::int64_t{1} << 62) + "a", "model.ubjson.truncated",
               "byte 10: the bytes end where a text of 4611686018427387904 bytes should be");
  expect_error("[$d#" + length(std::int64_t{1} << 61), "model.ubjson.truncated", "numbers");
  expect_error("[#" + length(std::int64_t{1} << 61) + "Z", "model.ubjson.truncated", "a value");
  expect_error("{" + length(-1), "model.ubjson.length", "byte 1: a length of -1");
}

TEST(UbjDocument, EveryWayOfBeingWrongHasItsReasonAndItsByte) {
  expect_error("", "model.ubjson.truncated", "byte 0");
  expect_error("{i", "model.ubjson.truncated", "byte 1: the bytes end where a length");
  expect_error("d\x01", "model.ubjson.truncated", "where a number should be");
  expect_error("{Q", "model.ubjson.length", "byte 1: found 'Q' where a length should be");
  expect_error("[H", "model.ubjson.marker", "byte 1: found 'H' where a value should be");
  expect_error("\x01", "model.ubjson.marker", "byte 0: found 0x01");
  expect_error("ZZ", "model.ubjson.trailing", "byte 1: 1 more bytes");
  expect_error("[$S#i\x01", "model.ubjson.typed", "only arrays of numbers are read");
  expect_error("{$i#i\x01", "model.ubjson.typed", "only arrays of numbers are read");
  expect_error("[$dL", "model.ubjson.typed", "without a count");
  expect_error("[$", "model.ubjson.truncated", "the type of an array");
  expect_error(std::string(101, '['), "model.ubjson.depth", "deeper than 100");
  const auto many = UbjDocument::parse("[ZZZZ]", {.max_values = 3});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().reason(), "model.ubjson.values");
}

TEST(UbjDocument, IsToldFromJson) {
  EXPECT_TRUE(looks_like_ubjson("{L"));
  EXPECT_TRUE(looks_like_ubjson("{#i\x01"));
  EXPECT_FALSE(looks_like_ubjson("{\"a\": 1}"));
  EXPECT_FALSE(looks_like_ubjson("{}"));
  EXPECT_FALSE(looks_like_ubjson("["));
  EXPECT_FALSE(looks_like_ubjson(""));
}

}  // namespace
}  // namespace slipway::model::xgboost
