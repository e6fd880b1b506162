// A text to the numbers of its tokens, as Hugging Face's tokenizers library makes them: what comes
// before a text model's own graph. Plain data; model/operator.h checks it.
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

// How a word becomes tokens: longest pieces first; pairs merged by rank; the word itself.
enum class TokenRule : std::uint8_t { kWordPiece, kBpe, kWord };
constexpr std::array<std::string_view, 3> words(TokenRule) { return {"wordpiece", "bpe", "word"}; }

// Bits of Tokenize::added_flags.
enum AddedToken : std::uint8_t {
  kSingleWord = 1,  // only where no letter or digit stands beside it
  kStripLeft = 2,   // takes the white space before it, or after it
  kStripRight = 4,
  kNormalized = 8  // looked for after normalizing
};

// Reads value 0 only, and there an input's text. Out come 3 * length columns: the ids, then 1 for
// each id and 0 for what fills up, then the types. Text that is missing or no UTF-8 is refused, and
// so is one of too many tokens if nothing says how to cut it.
struct Tokenize {
  static constexpr std::string_view kName = "tokenize";
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::uint32_t input = 0;  // of the model, kText
  std::uint32_t length = 512;
  TokenRule rule = TokenRule::kWordPiece;
  // Steps of three texts each: what it does, and two arguments (scoring/text/tokenizer.h).
  std::vector<std::string> normalizers;
  std::vector<std::string> splitters;
  Array<std::uint32_t> begin;   // the token of id i is bytes [begin[i], begin[i+1]); none if empty
  Array<std::uint8_t> bytes;    // UTF-8
  Array<std::uint32_t> merges;  // kBpe: left, right and what they make, three ids a merge, by rank
  std::uint32_t unknown = kNone;  // the id of what is not known; none: it is left out (kBpe only)
  std::string prefix() const { return affixes.empty() ? "" : affixes[0]; }  // "##"
  std::string suffix() const { return affixes.empty() ? "" : affixes[1]; }
  std::vector<std::string> affixes;  // of pieces that begin no word, and of those that end one
  std::uint32_t longest_word = 100;  // kWordPiece: longer ones (in characters) are unknown
  bool byte_fallback = false;        // kBpe: unknown characters become tokens like <0xE2>
  bool fuse_unknown = false;         // kBpe: unknown characters side by side are one token
  bool whole_words = false;          // kBpe: a word that is a token is not taken apart
  std::vector<std::string> added;    // tokens found in the text before all else
  Array<std::uint32_t> added_ids;
  Array<std::uint8_t> added_flags;  // AddedToken
  Array<std::uint32_t> frame;       // ids around the text, which is kNone
  Array<std::uint32_t> frame_types;
  bool truncate = false;
  bool cut_left = false;   // the text's beginning goes, not its end
  bool fill_left = false;  // what fills up stands before
  std::uint32_t fill_id = 0;
  std::uint32_t fill_type = 0;

  static constexpr auto fields() {
    return std::tuple{field("input", &Tokenize::input),
                      field("length", &Tokenize::length),
                      field("rule", &Tokenize::rule),
                      field("normalizers", &Tokenize::normalizers),
                      field("splitters", &Tokenize::splitters),
                      field("begin", &Tokenize::begin),
                      field("bytes", &Tokenize::bytes),
                      field("merges", &Tokenize::merges),
                      field("unknown", &Tokenize::unknown),
                      field("affixes", &Tokenize::affixes),
                      field("longest_word", &Tokenize::longest_word),
                      field("byte_fallback", &Tokenize::byte_fallback),
                      field("fuse_unknown", &Tokenize::fuse_unknown),
                      field("whole_words", &Tokenize::whole_words),
                      field("added", &Tokenize::added),
                      field("added_ids", &Tokenize::added_ids),
                      field("added_flags", &Tokenize::added_flags),
                      field("frame", &Tokenize::frame),
                      field("frame_types", &Tokenize::frame_types),
                      field("truncate", &Tokenize::truncate),
                      field("cut_left", &Tokenize::cut_left),
                      field("fill_left", &Tokenize::fill_left),
                      field("fill_id", &Tokenize::fill_id),
                      field("fill_type", &Tokenize::fill_type)};
  }
};

}  // namespace slipway::model
