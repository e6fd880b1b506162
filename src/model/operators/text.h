// Texts to numbers: what scikit-learn's CountVectorizer, TfidfVectorizer and HashingVectorizer do.
// These operators alone read a column's text itself (InputKind::kText). Plain data;
// model/operator.h checks it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/array.h"
#include "model/operators/field.h"

namespace slipway::model {

// What is counted: runs of letters and digits; runs of characters; runs of characters within words
// that have got a space on either side.
enum class Analyzer : std::uint8_t { kWord, kChar, kCharInWord };
constexpr std::array<std::string_view, 3> words(Analyzer) {
  return {"word", "char", "char_in_word"};
}

enum class StripAccents : std::uint8_t { kNone, kAscii, kUnicode };
constexpr std::array<std::string_view, 3> words(StripAccents) {
  return {"none", "ascii", "unicode"};
}

// How often each n-gram of the vocabulary is in the text of an input; or, without a vocabulary, of
// each n-gram the column murmurhash3_x86_32(UTF-8, seed 0) modulo `hashed`, counted as its sign says
// if `signs`. Reads value 0 only. A missing text is refused.
struct TextCounts {
  static constexpr std::string_view kName = "text_counts";
  std::uint32_t input = 0;  // of the model, kText
  Analyzer analyzer = Analyzer::kWord;
  std::uint32_t least = 1;  // n-grams of least to most words or characters
  std::uint32_t most = 1;
  bool lowercase = true;
  StripAccents accents = StripAccents::kNone;
  std::uint32_t shortest = 2;           // words of fewer characters do not count
  bool english = false;                 // leave out scikit-learn's English stop words
  std::vector<std::string> stop_words;  // leave out these
  Array<std::uint32_t> begin;           // vocabulary: word c is bytes [begin[c], begin[c+1])
  Array<std::uint8_t> bytes;            // UTF-8
  std::uint32_t hashed = 0;             // columns, where there is no vocabulary
  bool signs = true;
  bool binary = false;  // 1 instead of a count
  static constexpr auto fields() {
    return std::tuple{
        field("input", &TextCounts::input),           field("analyzer", &TextCounts::analyzer),
        field("least", &TextCounts::least),           field("most", &TextCounts::most),
        field("lowercase", &TextCounts::lowercase),   field("accents", &TextCounts::accents),
        field("shortest", &TextCounts::shortest),     field("english", &TextCounts::english),
        field("stop_words", &TextCounts::stop_words), field("begin", &TextCounts::begin),
        field("bytes", &TextCounts::bytes),           field("hashed", &TextCounts::hashed),
        field("signs", &TextCounts::signs),           field("binary", &TextCounts::binary)};
  }
};

enum class RowNorm : std::uint8_t { kNone, kL1, kL2 };
constexpr std::array<std::string_view, 3> words(RowNorm) { return {"none", "l1", "l2"}; }

// Counts to weights: 1 + log of what is not 0 (if `sublinear`), times the column's own weight (if
// there are any), divided by the row's norm (unless that is 0).
struct TextWeights {
  static constexpr std::string_view kName = "text_weights";
  bool sublinear = false;
  Array<double> weights;  // per column, or none
  RowNorm norm = RowNorm::kNone;
  static constexpr auto fields() {
    return std::tuple{field("sublinear", &TextWeights::sublinear),
                      field("weights", &TextWeights::weights), field("norm", &TextWeights::norm)};
  }
};

}  // namespace slipway::model
