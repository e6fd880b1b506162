// A text's n-grams, as scikit-learn's vectorizers make them.
//
//   const TextAnalyzer analyzer(op);
//   analyzer.each("A text", [](std::string_view gram) { ... });     // "text", as UTF-8
//
// A gram comes as often as it is there, in no order that means anything. Immutable once made; each()
// is safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "model/operators/text.h"

namespace slipway::scoring {

class TextAnalyzer {
 public:
  using Take = std::function<void(std::string_view)>;

  explicit TextAnalyzer(const model::TextCounts& op);
  void each(std::string_view text, const Take& take) const;

 private:
  std::u32string prepared(std::string_view text) const;
  std::vector<std::string> words_of(std::u32string_view text) const;
  void each_word_gram(const std::vector<std::string>& words, const Take& take) const;

  model::Analyzer analyzer_;
  model::StripAccents accents_;
  bool lowercase_;
  std::size_t least_, most_, shortest_;
  std::unordered_set<std::string> stop_words_;
};

}  // namespace slipway::scoring
