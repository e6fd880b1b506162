// Kernels of model/operators/text.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/math/elementary.h"
#include "scoring/kernel/kernel.h"
#include "scoring/text/analyzer.h"
#include "scoring/text/hash.h"

namespace slipway::scoring {
namespace {

class TextCountsKernel final : public Kernel {
 public:
  explicit TextCountsKernel(model::TextCounts op)
      : op_(std::move(op)),
        analyzer_(op_),
        columns_(op_.hashed > 0 ? op_.hashed : op_.begin.size() - 1) {
    const auto* bytes = reinterpret_cast<const char*>(op_.bytes.data());
    for (std::uint32_t c = 0; op_.hashed == 0 && c < columns_; ++c)
      vocabulary_.emplace(std::string_view(bytes + op_.begin[c], op_.begin[c + 1] - op_.begin[c]),
                          c);
  }

  // Only a scorer that was given no texts comes here.
  std::optional<Refusal> run(std::span<const Rows>, double*) const override {
    return Refusal{0, "its text was not given to the scorer"};
  }

  std::optional<Refusal> run_on_texts(std::span<const Rows> in, Texts texts, std::size_t first,
                                      double* out) const override {
    if (op_.input >= texts.size() || texts[op_.input].size() < first + in[0].rows)
      return run(in, out);
    for (std::size_t row = 0; row < in[0].rows; ++row, out += columns_) {
      const std::string_view text = texts[op_.input][first + row];
      if (text.data() == nullptr)
        return Refusal{row, "a text is missing, which vectorizers do not take: send an empty one"};
      std::fill_n(out, columns_, 0.0);
      op_.hashed > 0 ? hash(text, out) : count(text, out);
    }
    return std::nullopt;
  }

 private:
  void count(std::string_view text, double* out) const {
    analyzer_.each(text, [&](std::string_view gram) {
      const auto at = vocabulary_.find(gram);
      if (at != vocabulary_.end()) out[at->second] = op_.binary ? 1 : out[at->second] + 1;
    });
  }

  void hash(std::string_view text, double* out) const {
    std::vector<std::uint32_t> touched;  // also where signs have cancelled out
    analyzer_.each(text, [&](std::string_view gram) {
      const auto h = static_cast<std::int32_t>(murmur3(gram, 0));
      const std::uint32_t column = place(h);
      if (op_.binary) touched.push_back(column);
      out[column] += op_.signs && h < 0 ? -1 : 1;
    });
    for (const std::uint32_t column : touched) out[column] = 1;
  }

  // scikit-learn's way around abs() of the least integer.
  std::uint32_t place(std::int32_t h) const {
    constexpr auto kLeast = std::numeric_limits<std::int32_t>::min();
    if (h == kLeast) return (0x7fffffffU - (op_.hashed - 1)) % op_.hashed;
    return static_cast<std::uint32_t>(std::abs(h)) % op_.hashed;
  }

  model::TextCounts op_;
  TextAnalyzer analyzer_;
  std::size_t columns_;
  std::unordered_map<std::string_view, std::uint32_t> vocabulary_;  // into op_.bytes
};

double norm_of(model::RowNorm norm, std::span<const double> x) {
  double sum = 0;
  for (const double each : x) sum += norm == model::RowNorm::kL1 ? std::abs(each) : each * each;
  return norm == model::RowNorm::kL1 ? sum : std::sqrt(sum);
}

void run_text_weights(const model::TextWeights& op, std::span<const Rows> in, double* out) {
  const std::size_t width = in[0].width;
  for (std::size_t row = 0; row < in[0].rows; ++row, out += width) {
    const double* x = in[0].values + row * width;
    std::copy_n(x, width, out);
    for (std::size_t c = 0; op.sublinear && c < width; ++c)
      out[c] = x[c] == 0 ? 0 : math::log(x[c]) + 1;
    for (std::size_t c = 0; c < op.weights.size(); ++c) out[c] *= op.weights[c];
    const double norm = op.norm == model::RowNorm::kNone ? 0 : norm_of(op.norm, {out, width});
    if (norm == 0) continue;
    for (std::size_t c = 0; c < width; ++c) {
      if (out[c] != 0) out[c] /= norm;
    }
  }
}

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::TextCounts& op) {
  return std::make_unique<TextCountsKernel>(op);
}
std::unique_ptr<Kernel> kernel_of(const model::TextWeights& op) {
  return function_kernel(op, run_text_weights);
}

}  // namespace slipway::scoring
