// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/value.h"

#include <gtest/gtest.h>

#include <string>

#include "model/import/pickle/python_text.h"

namespace slipway::model::pickle {
namespace {

std::string attribute_text(const std::string& bytes, std::string_view name) {
  const auto document = read_pickle(bytes, nullptr);
  if (!document) return document.error().message();
  const Value* found = document.value().root().attribute(name);
  return found == nullptr ? "nothing" : python_text(*found);
}

std::string dict(const std::string& key, const std::string& value) {
  return "}" + short_text(key) + value + "s";
}

TEST(Attribute, IsInTheStateOfAnObject) {
  const std::string object = "cm\nC\n)\x81" + dict("mean_", "K\x01") + "b.";
  EXPECT_EQ(attribute_text(object, "mean_"), "1");
  EXPECT_EQ(attribute_text(object, "scale_"), "nothing");
}

TEST(Attribute, IsInTheSlotsOfAnObjectWithSlots) {
  EXPECT_EQ(attribute_text("cm\nC\n)\x81N" + dict("a", "K\x01") +
                               "\x86"
                               "b.",
                           "a"),
            "1");
  EXPECT_EQ(attribute_text("cm\nC\n)\x81" + dict("b", "K\x02") + dict("a", "K\x01") +
                               "\x86"
                               "b.",
                           "b"),
            "2");
}

TEST(Attribute, IsTheLastValueOfAKeyOfADict) {
  EXPECT_EQ(attribute_text("}(" + short_text("a") + "K\x01" + short_text("a") + "K\x02u.", "a"),
            "2");
  EXPECT_EQ(attribute_text("}(K\x01K\x01u.", "a"), "nothing");
}

TEST(Attribute, OfAnythingElseIsMissing) {
  EXPECT_EQ(attribute_text("cm\nC\n)\x81.", "a"), "nothing");
  EXPECT_EQ(attribute_text("cm\nC\n)\x81K\x01"
                           "b.",
                           "a"),
            "nothing");
  EXPECT_EQ(attribute_text("].", "a"), "nothing");
}

std::string described(const std::string& bytes) {
  const auto document = read_pickle(bytes, nullptr);
  return document ? describe(document.value().root()) : document.error().message();
}

TEST(Describe, SaysTheKindInWords) {
  EXPECT_EQ(described("N."), "None");
  EXPECT_EQ(described("\x88."), "True");
  EXPECT_EQ(described("K\x05."), "the integer 5");
  EXPECT_EQ(described("L99999999999999999999L\n."), "an integer of 20 digits");
  EXPECT_EQ(described("F0.5\n."), "the number 0.5");
  EXPECT_EQ(described(short_text("hi") + "."), "the text 'hi'");
  EXPECT_EQ(described("C\x01z."), "1 bytes");
  EXPECT_EQ(described("](NNNe."), "a list of 3");
  EXPECT_EQ(described(")."), "a tuple of 0");
  EXPECT_EQ(described("(N\x91."), "a set of 1");
  EXPECT_EQ(described("}."), "a dict of 0");
  EXPECT_EQ(described("csklearn.base\nC\n."), "sklearn.base.C");
  EXPECT_EQ(described("csklearn.base\nC\n)R."), "sklearn.base.C");
}

TEST(Describe, SaysDtypeAndShapeOfAnArray) {
  NdArray array{.kind = 'f', .item_size = 8, .shape = {4, 2}};
  Value value{.kind = Kind::kArray};
  const auto as = [&](const NdArray& shown_array) {
    value.array = std::make_shared<const NdArray>(shown_array);
    return describe(value);
  };
  EXPECT_EQ(as(array), "an array of float64, shape (4, 2)");
  array.shape = {3};
  array.kind = 'U';
  EXPECT_EQ(as(array), "an array of text of 2 characters, shape (3,)");
  array.kind = 'M';
  array.unit = "ns";
  EXPECT_EQ(as(array), "an array of datetime64[ns], shape (3,)");
  array.shape = {};
  array.kind = 'i';
  EXPECT_EQ(as(array), "a numpy scalar of int64");
}

TEST(Shown, IsPrintableAndShort) {
  EXPECT_EQ(shown("a\nb\x7f"), "a\\x0ab\\x7f");
  EXPECT_EQ(shown(std::string(99, 'a') + "\xe2\x82\xac"), std::string(99, 'a') + "...");
}

}  // namespace
}  // namespace slipway::model::pickle
