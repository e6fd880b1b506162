// A text's row of numbers, without its zeros: most of a vocabulary is in no single text.
//
//   const TextCounter counter(counts);
//   counter.count("a text", &row);          // columns rise
//   weigh(weights, &row);
//
// The numbers are those of the dense operators, bit for bit. TextCounter is immutable; safe from
// any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/operators/linear.h"
#include "model/operators/text.h"
#include "scoring/kernel/kernel.h"
#include "scoring/text/analyzer.h"

namespace slipway::scoring {

struct TextEntry {
  std::uint32_t column = 0;
  double value = 0;
};

class TextCounter {
 public:
  explicit TextCounter(model::TextCounts op);

  std::size_t columns() const { return columns_; }
  void count(std::string_view text, std::vector<TextEntry>* row) const;
  // The text of a row of the model's input, or why there is none.
  std::optional<Refusal> find(Texts texts, std::size_t first, std::size_t row,
                              std::string_view* text) const;

 private:
  void add(std::string_view gram, std::vector<TextEntry>* row) const;

  model::TextCounts op_;
  TextAnalyzer analyzer_;
  std::size_t columns_;
  std::unordered_map<std::string_view, std::uint32_t> vocabulary_;  // into op_.bytes
};

void weigh(const model::TextWeights& op, std::vector<TextEntry>* row);

// Counts, weights (if there are any) and a product in one go.
std::unique_ptr<Kernel> text_product_kernel(const model::TextCounts& counts,
                                            const model::TextWeights* weights,
                                            const model::MatMul& product);

}  // namespace slipway::scoring
