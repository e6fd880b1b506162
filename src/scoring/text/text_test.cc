// What Python and scikit-learn answer for texts that goldens rarely hold; each line was asked of
// them.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "scoring/text/analyzer.h"
#include "scoring/text/hash.h"
#include "scoring/text/unicode.h"

namespace slipway::scoring {
namespace {

std::string utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t code : text) encode(code, &out);
  return out;
}

struct Pair {
  std::string_view from, to;
};

TEST(Unicode, LowerIsPythons) {
  for (const auto& [from, to] : std::vector<Pair>{{"ABC ÄÖ", "abc äö"},
                                                  {"İI", "i̇i"},
                                                  {"ΟΔΟΣ", "οδος"},
                                                  {"ΟΔΟΣ.", "οδος."},
                                                  {"Σ", "σ"},
                                                  {"ΣΑ", "σα"},
                                                  {"ΑΣΑ", "ασα"},
                                                  {"Α'Σ", "α'ς"},
                                                  {"ΑΣ'", "ας'"},
                                                  {"ΑΣ'Β", "ασ'β"},
                                                  {"1Σ", "1σ"},
                                                  {"Ǆ ǅ", "ǆ ǆ"},
                                                  {"ẞ", "ß"},
                                                  {"K", "k"},
                                                  {"Ⅻ", "ⅻ"},
                                                  {"", ""}})
    EXPECT_EQ(utf8(lower(decode(from))), to) << from;
}

TEST(Unicode, BareIsNfkdWithoutCombiningCharacters) {
  for (const auto& [from, to] : std::vector<Pair>{{"naïve", "naive"},
                                                  {"e\u0301", "e"},
                                                  {"ﬁ ½ ²", "fi 1⁄2 2"},
                                                  {"ｆｕｌｌ", "full"},
                                                  {"ß", "ß"},
                                                  {"Å", "A"},
                                                  {"한", "\u1112\u1161\u11ab"},
                                                  {"가", "\u1100\u1161"},
                                                  {"ǅ", "Dz"},
                                                  {"\u0301", ""},
                                                  {"ﷺ", "صلى الله عليه وسلم"}})
    EXPECT_EQ(utf8(bare(decode(from))), to) << from;
}

TEST(Unicode, AsciiOnlyLosesTheRest) {
  EXPECT_EQ(utf8(ascii_only(decode("Łódź Straße é ½"))), "odz Strae e 12");
}

TEST(Unicode, BytesThatAreNoUtf8BecomeReplacements) {
  EXPECT_EQ(utf8(decode("a\xFF\xC3(")), "a\uFFFD\uFFFD(");
}

TEST(Unicode, WordsAndSpacesAreWhatReSaysTheyAre) {
  for (const char32_t code : U"aZ_9é東½²Ⅻ한٣") {
    if (code != 0) {
      EXPECT_TRUE(is_word(code)) << static_cast<unsigned>(code);
    }
  }
  for (const char32_t code : U"- .'\u0301\u200d€") {
    if (code != 0) {
      EXPECT_FALSE(is_word(code)) << static_cast<unsigned>(code);
    }
  }
  for (const char32_t code : U" \t\n\x1c\x85\u00a0\u2003\u3000") {
    if (code != 0) {
      EXPECT_TRUE(is_space(code)) << static_cast<unsigned>(code);
    }
  }
  EXPECT_FALSE(is_space(U'\u200b'));
}

std::vector<std::string> grams(const model::TextCounts& op, std::string_view text) {
  std::vector<std::string> out;
  TextAnalyzer(op).each(text, [&](std::string_view gram) { out.emplace_back(gram); });
  return out;
}

using Grams = std::vector<std::string>;

TEST(TextAnalyzer, WordsAreRunsOfTwoOrMore) {
  EXPECT_EQ(grams({}, "Don't SIT_on a1 x, 3.14"), (Grams{"don", "sit_on", "a1", "14"}));
  EXPECT_EQ(grams({.shortest = 1}, "I am x"), (Grams{"i", "am", "x"}));
  EXPECT_EQ(grams({}, ""), Grams{});
}

TEST(TextAnalyzer, StopWordsAreGoneBeforeGramsAreMade) {
  EXPECT_EQ(grams({.least = 2, .most = 2, .stop_words = {"the"}}, "eat the cat"),
            (Grams{"eat cat"}));
  EXPECT_EQ(grams({.english = true}, "whereupon cats and dogs"), (Grams{"cats", "dogs"}));
}

TEST(TextAnalyzer, CharactersTakeRunsOfSpacesAsOne) {
  EXPECT_EQ(grams({.analyzer = model::Analyzer::kChar, .least = 2, .most = 2}, "a \n b"),
            (Grams{"a ", " b"}));
  EXPECT_EQ(grams({.analyzer = model::Analyzer::kChar}, "a\nb"), (Grams{"a", "\n", "b"}));
}

TEST(TextAnalyzer, ShortWordsCountOnce) {
  EXPECT_EQ(grams({.analyzer = model::Analyzer::kCharInWord, .least = 3, .most = 5}, "ab c"),
            (Grams{" ab", "ab ", " ab ", " c "}));
}

TEST(MurmurHash3, IsTheReferences) {
  EXPECT_EQ(murmur3("", 0), 0U);
  EXPECT_EQ(murmur3("", 1), 0x514E28B7U);
  EXPECT_EQ(murmur3("a", 0), 0x3C2569B2U);
  EXPECT_EQ(murmur3("hello", 0), 0x248BFA47U);
  EXPECT_EQ(murmur3("hello, world", 0), 0x149BBB7FU);
  EXPECT_EQ(murmur3("The quick brown fox jumps over the lazy dog", 0x9747B28CU), 0x2FA826CDU);
}

}  // namespace
}  // namespace slipway::scoring
