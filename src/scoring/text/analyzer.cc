// SPDX-License-Identifier: Apache-2.0
#include "scoring/text/analyzer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "scoring/text/unicode.h"

namespace slipway::scoring {
namespace {

using model::Analyzer;
using model::StripAccents;

// UTF-8 with the place of each character, so that grams are views.
class Encoded {
 public:
  explicit Encoded(std::u32string_view text) {
    for (const char32_t code : text) {
      begin_.push_back(bytes_.size());
      encode(code, &bytes_);
    }
    begin_.push_back(bytes_.size());
  }
  std::size_t size() const { return begin_.size() - 1; }
  std::string_view part(std::size_t first, std::size_t count) const {
    return std::string_view(bytes_).substr(begin_[first], begin_[first + count] - begin_[first]);
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> begin_;
};

// re.sub(r"\s\s+", " ", text): one space alone stays what it is.
std::u32string with_single_spaces(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_space(text[end])) ++end;
    if (end - i >= 2) {
      out += U' ';
      i = end;
    } else {
      out += text[i++];
    }
  }
  return out;
}

void each_char_gram(std::u32string_view text, std::size_t least, std::size_t most,
                    const TextAnalyzer::Take& take) {
  const Encoded encoded(text);
  for (std::size_t n = least; n <= std::min(most, encoded.size()); ++n) {
    for (std::size_t i = 0; i + n <= encoded.size(); ++i) take(encoded.part(i, n));
  }
}

// A word shorter than n counts once, as it is, and for no longer n.
void each_gram_in_word(std::u32string_view word, std::size_t least, std::size_t most,
                       const TextAnalyzer::Take& take) {
  const Encoded padded(U" " + std::u32string(word) + U" ");
  for (std::size_t n = least; n <= most; ++n) {
    take(padded.part(0, std::min(n, padded.size())));
    if (n >= padded.size()) return;
    for (std::size_t i = 1; i + n <= padded.size(); ++i) take(padded.part(i, n));
  }
}

template <typename Inside, typename Found>
void each_run(std::u32string_view text, Inside inside, Found found) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && inside(text[end])) ++end;
    if (end > i) found(text.substr(i, end - i));
    i = end + (end == i ? 1 : 0);
  }
}

}  // namespace

TextAnalyzer::TextAnalyzer(const model::TextCounts& op)
    : analyzer_(op.analyzer),
      accents_(op.accents),
      lowercase_(op.lowercase),
      least_(op.least),
      most_(op.most),
      shortest_(op.shortest),
      stop_words_(op.stop_words.begin(), op.stop_words.end()) {
  for (const std::string_view word : english_stop_words()) {
    if (op.english) stop_words_.emplace(word);
  }
}

void TextAnalyzer::each(std::string_view text, const Take& take) const {
  const std::u32string ready = prepared(text);
  switch (analyzer_) {
    case Analyzer::kWord:
      return each_word_gram(words_of(ready), take);
    case Analyzer::kChar:
      return each_char_gram(with_single_spaces(ready), least_, most_, take);
    case Analyzer::kCharInWord:
      return each_run(
          ready, [](char32_t code) { return !is_space(code); },
          [&](std::u32string_view word) { each_gram_in_word(word, least_, most_, take); });
  }
}

std::u32string TextAnalyzer::prepared(std::string_view text) const {
  std::u32string ready = decode(text);
  if (lowercase_) ready = lower(ready);
  if (accents_ == StripAccents::kUnicode) ready = bare(ready);
  if (accents_ == StripAccents::kAscii) ready = ascii_only(ready);
  return ready;
}

std::vector<std::string> TextAnalyzer::words_of(std::u32string_view text) const {
  std::vector<std::string> words;
  each_run(text, is_word, [&](std::u32string_view run) {
    if (run.size() < shortest_) return;
    std::string word;
    for (const char32_t code : run) encode(code, &word);
    if (!stop_words_.contains(word)) words.push_back(std::move(word));
  });
  return words;
}

void TextAnalyzer::each_word_gram(const std::vector<std::string>& words, const Take& take) const {
  std::string gram;
  for (std::size_t first = 0; first < words.size(); ++first) {
    gram.clear();
    for (std::size_t n = 1; n <= most_ && first + n <= words.size(); ++n) {
      if (n > 1) gram += ' ';
      gram += words[first + n - 1];
      if (n >= least_) take(gram);
    }
  }
}

}  // namespace slipway::scoring
