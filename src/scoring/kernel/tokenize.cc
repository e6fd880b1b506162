// The kernel of model/operators/tokenize.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "scoring/kernel/kernel.h"
#include "scoring/text/tokenizer.h"

namespace slipway::scoring {
namespace {

class TokenizeKernel final : public Kernel {
 public:
  explicit TokenizeKernel(const model::Tokenize& op) : tokenizer_(op) {}
  std::optional<Refusal> run(std::span<const Rows>, double*) const override {
    return Refusal{0, "its text was not given to the scorer"};
  }

  std::optional<Refusal> run_on_texts(std::span<const Rows> in, Texts texts, std::size_t first,
                                      double* out) const override {
    const std::size_t input = tokenizer_.op().input;
    Tokenizer::Row tokens;
    for (std::size_t row = 0; row < in[0].rows; ++row, out += 3 * tokenizer_.length()) {
      const bool given = input < texts.size() && first + row < texts[input].size();
      if (!given || texts[input][first + row].data() == nullptr)
        return Refusal{row, "its text is missing"};
      if (auto why = tokenizer_.encode(texts[input][first + row], &tokens))
        return Refusal{row, *std::move(why)};
      write(tokens, out);
    }
    return std::nullopt;
  }

 private:
  void write(const Tokenizer::Row& tokens, double* out) const {
    const std::size_t length = tokenizer_.length(), count = tokens.ids.size();
    const std::size_t begin = tokenizer_.op().fill_left ? length - count : 0;
    std::fill_n(out, length, tokenizer_.op().fill_id);
    std::fill_n(out + length, length, 0);
    std::fill_n(out + 2 * length, length, tokenizer_.op().fill_type);
    std::copy(tokens.ids.begin(), tokens.ids.end(), out + begin);
    std::fill_n(out + length + begin, count, 1);
    std::copy(tokens.types.begin(), tokens.types.end(), out + 2 * length + begin);
  }

  Tokenizer tokenizer_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::Tokenize& op) {
  return std::make_unique<TokenizeKernel>(op);
}

}  // namespace slipway::scoring
