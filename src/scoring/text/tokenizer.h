// A text's tokens, id for id those of Hugging Face's tokenizers library.
//
//   const Tokenizer tokenizer(op);
//   Tokenizer::Row row;
//   if (auto why = tokenizer.encode("A text", &row)) ...    // why it is refused
//
// Steps: tokens of `added` are found first; what lies between is normalized (normalizer.h), cut into
// words (splitter.h), and each word becomes tokens by the rule. Then the ids are cut to length and
// framed. Immutable once made; encode() is safe from any thread. Cost: the text's length times the
// longest token's, and for pairs times the logarithm of the longest word's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/operators/tokenize.h"
#include "scoring/text/normalizer.h"
#include "scoring/text/splitter.h"

namespace slipway::scoring {

class Tokenizer {
 public:
  using Ids = std::vector<std::uint32_t>;
  struct Row {
    Ids ids;
    Ids types;
  };

  // Precondition: model::width_of took it.
  explicit Tokenizer(const model::Tokenize& op);

  std::size_t length() const { return op_.length; }
  const model::Tokenize& op() const { return op_; }
  // Without what fills up. Says why, if it is refused.
  std::optional<std::string> encode(std::string_view text, Row* row) const;

 private:
  struct Added {
    std::u32string text;
    std::uint32_t id;
    std::uint8_t flags;
  };
  using AddedTokens = std::unordered_map<char32_t, std::vector<Added>>;  // by their first character
  struct Merge {
    std::uint32_t rank, made;
  };
  // A stretch of the text: an added token, or what is still text.
  struct Stretch {
    std::u32string text;
    std::optional<std::uint32_t> id;
    bool first = false;
  };

  void find_vocabulary();
  void find_added();
  std::optional<std::uint32_t> id_of(std::string_view token) const;
  static const Added* longest_at(const AddedTokens& tokens, std::u32string_view text,
                                 std::size_t at);
  static void cut_out(const AddedTokens& tokens, Stretch stretch, std::vector<Stretch>* out);

  void word(std::u32string_view word, Ids* out) const;
  void word_piece(std::u32string_view word, Ids* out) const;
  void byte_pairs(std::u32string_view word, Ids* out) const;
  Ids characters(std::u32string_view word) const;
  bool append_bytes(std::string_view character, Ids* out) const;
  void merge(Ids* ids) const;

  model::Tokenize op_;
  std::vector<TextStep> normalizers_, splitters_;
  std::unordered_map<std::string_view, std::uint32_t> vocabulary_;
  std::size_t longest_token_ = 0;  // in characters
  std::unordered_map<std::uint64_t, Merge> merges_;
  AddedTokens before_, after_;  // found before and after normalizing
};

}  // namespace slipway::scoring
