// Inputs that are hashed; what else is encoded is in plan_test.cc.
// SPDX-License-Identifier: Apache-2.0
#include "plan/encoder.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "frame/builder.h"
#include "model/category_hash.h"

namespace slipway::plan {
namespace {

using frame::Column;
using frame::Frame;

Result<std::vector<double>> encode(Column column) {
  const Encoder encoder({{.name = "c", .kind = model::InputKind::kHash}});
  const Frame frame =
      Frame::make(frame::Schema({{.name = "c", .type = column.type()}}), {column}).value();
  ASSIGN_OR_RETURN(const Binding binding, encoder.bind(frame.schema()));
  std::vector<double> rows(static_cast<std::size_t>(frame.rows()));
  RETURN_IF_ERROR(encoder.encode(frame, binding, rows));
  return rows;
}

std::vector<double> hashes(const std::vector<std::string>& texts) {
  std::vector<double> found;
  for (const auto& text : texts) found.push_back(model::category_hash(text));
  return found;
}

TEST(HashedInput, TextAndDictionaryAreHashedAsTheyAre) {
  const std::vector<std::string> texts{"AA", "", "Z\xc3\xbcrich", "AA"};
  frame::DictionaryBuilder dictionary;
  for (const auto& text : texts) dictionary.append(text);
  EXPECT_EQ(encode(frame::column_of(texts)).value(), hashes(texts));
  EXPECT_EQ(encode(dictionary.finish()).value(), hashes(texts));
}

TEST(HashedInput, IntegersAndBoolsAreHashedAsDecimalText) {
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(encode(frame::column_of(std::vector<std::int64_t>{-5, 0, 17, least})).value(),
            hashes({"-5", "0", "17", "-9223372036854775808"}));
  frame::BoolBuilder bools;
  bools.append(true);
  bools.append(false);
  EXPECT_EQ(encode(bools.finish()).value(), hashes({"1", "0"}));
}

TEST(HashedInput, FloatsAreRefusedForTheyHaveManyTexts) {
  const auto refused = encode(frame::column_of(std::vector<double>{1}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "plan.column_type");
  EXPECT_EQ(refused.error().message(),
            "column 'c' is float64, the model wants a category as text or integer");
}

TEST(HashedInput, NullIsRefusedWithItsRow) {
  frame::StringBuilder texts;
  texts.append("AA");
  texts.append_null();
  const auto refused = encode(texts.finish());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "plan.null_category");
  EXPECT_NE(refused.error().message().find("column 'c' is null in row 1"), std::string::npos);
}

}  // namespace
}  // namespace slipway::plan
