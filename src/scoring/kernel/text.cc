// Kernels of model/operators/text.h.
// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "base/math/elementary.h"
#include "scoring/text/hash.h"

namespace slipway::scoring {
namespace {

using Row = std::vector<TextEntry>;

// Whole numbers: they may be added in any order.
void merge(Row* row) {
  std::sort(row->begin(), row->end(),
            [](const TextEntry& a, const TextEntry& b) { return a.column < b.column; });
  std::size_t kept = 0;
  for (const TextEntry& entry : *row) {
    if (kept > 0 && (*row)[kept - 1].column == entry.column) {
      (*row)[kept - 1].value += entry.value;
    } else {
      (*row)[kept++] = entry;
    }
  }
  row->resize(kept);
}

double norm_of(model::RowNorm norm, const Row& row) {
  double sum = 0;
  for (const TextEntry& entry : row)
    sum += norm == model::RowNorm::kL1 ? std::abs(entry.value) : entry.value * entry.value;
  return norm == model::RowNorm::kL1 ? sum : std::sqrt(sum);
}

// Only a scorer that was given no texts comes to run().
std::optional<Refusal> without_texts() {
  return Refusal{0, "its text was not given to the scorer"};
}

class TextCountsKernel final : public Kernel {
 public:
  explicit TextCountsKernel(const model::TextCounts& op) : counter_(op) {}
  std::optional<Refusal> run(std::span<const Rows>, double*) const override {
    return without_texts();
  }

  std::optional<Refusal> run_on_texts(std::span<const Rows> in, Texts texts, std::size_t first,
                                      double* out) const override {
    Row entries;
    for (std::size_t row = 0; row < in[0].rows; ++row, out += counter_.columns()) {
      std::string_view text;
      if (auto refusal = counter_.find(texts, first, row, &text)) return refusal;
      counter_.count(text, &entries);
      std::fill_n(out, counter_.columns(), 0.0);
      for (const TextEntry& entry : entries) out[entry.column] = entry.value;
    }
    return std::nullopt;
  }

 private:
  TextCounter counter_;
};

class TextProductKernel final : public Kernel {
 public:
  TextProductKernel(const model::TextCounts& counts, const model::TextWeights* weights,
                    model::MatMul product)
      : counter_(counts), product_(std::move(product)) {
    if (weights != nullptr) weights_ = *weights;
  }
  std::optional<Refusal> run(std::span<const Rows>, double*) const override {
    return without_texts();
  }

  std::optional<Refusal> run_on_texts(std::span<const Rows> in, Texts texts, std::size_t first,
                                      double* out) const override {
    Row entries;
    for (std::size_t row = 0; row < in[0].rows; ++row, out += product_.columns) {
      std::string_view text;
      if (auto refusal = counter_.find(texts, first, row, &text)) return refusal;
      counter_.count(text, &entries);
      if (weights_) weigh(*weights_, &entries);
      multiply(entries, out);
    }
    return std::nullopt;
  }

 private:
  void multiply(const Row& entries, double* out) const {
    const std::size_t columns = product_.columns;
    if (columns == 1) {
      *out = sum_of_eight(entries);
    } else {
      std::fill_n(out, columns, 0.0);
      add_rows(entries, out);
    }
    for (std::size_t j = 0; j < product_.bias.size(); ++j) out[j] += product_.bias[j];
  }

  void add_rows(const Row& entries, double* out) const {
    const std::size_t columns = product_.columns;
    for (const TextEntry& entry : entries) {
      const double* weights = product_.weights.data() + entry.column * columns;
      for (std::size_t j = 0; entry.value != 0 && j < columns; ++j)
        out[j] += entry.value * weights[j];
    }
  }

  // In the order of model/operators/linear.h for one column.
  double sum_of_eight(const Row& entries) const {
    std::array<double, 8> s{};
    for (const TextEntry& entry : entries)
      s[entry.column % 8] += entry.value * product_.weights[entry.column];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
  }

  TextCounter counter_;
  std::optional<model::TextWeights> weights_;
  model::MatMul product_;
};

void run_text_weights(const model::TextWeights& op, std::span<const Rows> in, double* out) {
  const std::size_t width = in[0].width;
  Row entries;
  for (std::size_t row = 0; row < in[0].rows; ++row, out += width) {
    entries.clear();
    for (std::uint32_t c = 0; c < width; ++c) {
      const double x = in[0].values[row * width + c];
      if (x != 0) entries.push_back({c, x});
    }
    weigh(op, &entries);
    std::fill_n(out, width, 0.0);
    for (const TextEntry& entry : entries) out[entry.column] = entry.value;
  }
}

}  // namespace

TextCounter::TextCounter(model::TextCounts op)
    : op_(std::move(op)),
      analyzer_(op_),
      columns_(op_.hashed > 0 ? op_.hashed : op_.begin.size() - 1) {
  const auto* bytes = reinterpret_cast<const char*>(op_.bytes.data());
  for (std::uint32_t c = 0; op_.hashed == 0 && c < columns_; ++c)
    vocabulary_.emplace(std::string_view(bytes + op_.begin[c], op_.begin[c + 1] - op_.begin[c]), c);
}

void TextCounter::count(std::string_view text, Row* row) const {
  row->clear();
  analyzer_.each(text, [&](std::string_view gram) { add(gram, row); });
  merge(row);
  if (!op_.binary) return;
  for (TextEntry& entry : *row) entry.value = 1;  // also where signs have cancelled out
}

void TextCounter::add(std::string_view gram, Row* row) const {
  if (op_.hashed > 0) {
    const auto h = static_cast<std::int32_t>(murmur3(gram, 0));
    row->push_back({hashed_column(h, op_.hashed), op_.signs && h < 0 ? -1.0 : 1.0});
    return;
  }
  const auto at = vocabulary_.find(gram);
  if (at != vocabulary_.end()) row->push_back({at->second, 1});
}

std::optional<Refusal> TextCounter::find(Texts texts, std::size_t first, std::size_t row,
                                         std::string_view* text) const {
  if (op_.input >= texts.size() || texts[op_.input].size() <= first + row) return without_texts();
  *text = texts[op_.input][first + row];
  if (text->data() != nullptr) return std::nullopt;
  return Refusal{row, "a text is missing, which vectorizers do not take: send an empty one"};
}

void weigh(const model::TextWeights& op, Row* row) {
  for (TextEntry& entry : *row) {
    if (op.sublinear && entry.value != 0) entry.value = math::log(entry.value) + 1;
    if (!op.weights.empty()) entry.value *= op.weights[entry.column];
  }
  const double norm = op.norm == model::RowNorm::kNone ? 0 : norm_of(op.norm, *row);
  if (norm == 0) return;
  for (TextEntry& entry : *row) entry.value /= norm;
}

std::unique_ptr<Kernel> text_product_kernel(const model::TextCounts& counts,
                                            const model::TextWeights* weights,
                                            const model::MatMul& product) {
  return std::make_unique<TextProductKernel>(counts, weights, product);
}

std::unique_ptr<Kernel> kernel_of(const model::TextCounts& op) {
  return std::make_unique<TextCountsKernel>(op);
}
std::unique_ptr<Kernel> kernel_of(const model::TextWeights& op) {
  return function_kernel(op, run_text_weights);
}

}  // namespace slipway::scoring
