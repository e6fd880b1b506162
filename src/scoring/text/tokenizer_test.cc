// What the goldens of tests/golden/tokenizer_test.cc cannot show: refusals, and normal forms.
// SPDX-License-Identifier: Apache-2.0
#include "scoring/text/tokenizer.h"

#include <gtest/gtest.h>

#include <limits>

#include <string>
#include <string_view>
#include <vector>

#include "scoring/kernel/kernel.h"
#include "scoring/text/token_chars.h"

namespace slipway::scoring {
namespace {

// Tokens "?", "a", "b", with "a" as a frame on both sides.
model::Tokenize words() {
  model::Tokenize op;
  op.rule = model::TokenRule::kWord;
  op.splitters = {"spaces", "", ""};
  op.begin = std::vector<std::uint32_t>{0, 1, 2, 3};
  op.bytes = std::vector<std::uint8_t>{'?', 'a', 'b'};
  op.unknown = 0;
  op.frame = std::vector<std::uint32_t>{1, model::Tokenize::kNone, 1};
  op.frame_types = std::vector<std::uint32_t>{0, 1, 0};
  op.length = 5;
  return op;
}

TEST(Tokenizer, RefusesWhatIsNoUtf8) {
  const Tokenizer tokenizer(words());
  Tokenizer::Row row;
  for (const std::string_view text :
       {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf5\x80\x80\x80"})
    EXPECT_EQ(tokenizer.encode(text, &row), "its text is no UTF-8") << text;
}

TEST(Tokenizer, RefusesOrCutsWhatIsTooLong) {
  model::Tokenize op = words();
  Tokenizer::Row row;
  EXPECT_EQ(Tokenizer(op).encode("a b c b", &row), "its text has 4 tokens, and the model takes 3");
  op.truncate = true;
  EXPECT_FALSE(Tokenizer(op).encode("a b c b", &row));
  EXPECT_EQ(row.ids, (std::vector<std::uint32_t>{1, 1, 2, 0, 1}));
  EXPECT_EQ(row.types, (std::vector<std::uint32_t>{0, 1, 1, 1, 0}));
  op.cut_left = true;
  EXPECT_FALSE(Tokenizer(op).encode("a b c b", &row));
  EXPECT_EQ(row.ids, (std::vector<std::uint32_t>{1, 2, 0, 2, 1}));
}

TEST(Tokenizer, RefusesTextsThatStepsMakeEndless) {
  model::Tokenize op = words();
  for (int i = 0; i < 40; ++i) op.normalizers.insert(op.normalizers.end(), {"replace", "a", "aa"});
  Tokenizer::Row row;
  const auto why = Tokenizer(op).encode("a", &row);
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("more than 16777216 characters"), std::string::npos) << *why;
}

TEST(Tokenizer, TheKernelFillsUpOnEitherSide) {
  model::Tokenize op = words();
  op.fill_id = 7;
  const std::vector<double> none{0};
  const std::vector<std::vector<std::string_view>> texts{{"b"}};
  for (const bool left : {false, true}) {
    op.fill_left = left;
    std::vector<double> out(15);
    const std::vector<Rows> in{{none.data(), 1, 1}};
    ASSERT_FALSE(make_kernel(op)->run_on_texts(in, texts, 0, out.data()));
    const std::vector<double> ids(out.begin(), out.begin() + 5),
        mask(out.begin() + 5, out.begin() + 10);
    EXPECT_EQ(ids,
              left ? (std::vector<double>{7, 7, 1, 2, 1}) : (std::vector<double>{1, 2, 1, 7, 7}));
    EXPECT_EQ(mask,
              left ? (std::vector<double>{0, 0, 1, 1, 1}) : (std::vector<double>{1, 1, 1, 0, 0}));
  }
  const std::vector<std::vector<std::string_view>> missing{{std::string_view()}};
  std::vector<double> out(15);
  const std::vector<Rows> in{{none.data(), 1, 1}};
  const auto refusal = make_kernel(op)->run_on_texts(in, missing, 0, out.data());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->why, "its text is missing");
}

// From the Unicode Standard Annex #15: ordering of marks, Hangul, and what is never put together.
TEST(TokenChars, NormalForms) {
  EXPECT_EQ(token::nfd(U"\u1E69"), U"s\u0323\u0307");
  EXPECT_EQ(token::nfc(U"s\u0307\u0323"), U"\u1E69");
  EXPECT_EQ(token::nfd(U"\uAC01"), U"\u1100\u1161\u11A8");
  EXPECT_EQ(token::nfc(U"\u1100\u1161\u11A8"), U"\uAC01");
  EXPECT_EQ(token::nfc(U"\u0958"), U"\u0915\u093C");
  EXPECT_EQ(token::nfkc(U"\uFB01\u2460\u212B"), U"fi1\u00C5");
  EXPECT_EQ(token::nfc(U"a\u0300\u0315\u0301"), U"\u00E0\u0301\u0315");
}

TEST(HashColumns, CountsBySignAndPassesOverWhatIsMissing) {
  model::HashColumns op;
  op.inputs = std::vector<std::uint32_t>{0, 1};
  op.as = std::vector<model::HashedAs>{model::HashedAs::kNumber, model::HashedAs::kNameAndText};
  op.names = {"age", "city"};
  op.columns = 1;
  op.signs = false;
  const std::vector<double> values{41, 0, std::numeric_limits<double>::quiet_NaN(), 0};
  const std::vector<std::vector<std::string_view>> texts{{}, {"Ghent", std::string_view()}};
  const std::vector<Rows> in{{values.data(), 2, 2}};
  std::vector<double> out(2);
  ASSERT_FALSE(make_kernel(op)->run_on_texts(in, texts, 0, out.data()));
  EXPECT_EQ(out, (std::vector<double>{42, 0}));
}

}  // namespace
}  // namespace slipway::scoring
