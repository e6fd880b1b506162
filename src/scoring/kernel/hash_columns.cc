// The kernel of model/operators/hash_columns.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "scoring/kernel/kernel.h"
#include "scoring/text/hash.h"

namespace slipway::scoring {
namespace {

using model::HashedAs;

class HashColumnsKernel final : public Kernel {
 public:
  explicit HashColumnsKernel(const model::HashColumns& op) : op_(op) {
    for (const std::string& name : op_.names) places_.push_back(place_of(name));
  }

  std::optional<Refusal> run(std::span<const Rows> in, double* out) const override {
    return run_on_texts(in, {}, 0, out);
  }

  std::optional<Refusal> run_on_texts(std::span<const Rows> in, Texts texts, std::size_t first,
                                      double* out) const override {
    std::fill_n(out, in[0].rows * op_.columns, 0.0);
    for (std::size_t row = 0; row < in[0].rows; ++row, out += op_.columns) {
      for (std::size_t i = 0; i < op_.inputs.size(); ++i) {
        if (op_.as[i] == HashedAs::kNumber) {
          const double value = in[0].values[row * in[0].width + op_.inputs[i]];
          if (!std::isnan(value)) out[places_[i].column] += places_[i].sign * value;
        } else if (!add_text(i, texts, first + row, out)) {
          return Refusal{row, "its text was not given to the scorer"};
        }
      }
    }
    return std::nullopt;
  }

 private:
  struct Place {
    std::size_t column;
    double sign;
  };

  Place place_of(std::string_view hashed) const {
    const auto h = static_cast<std::int32_t>(murmur3(hashed, 0));
    return {hashed_column(h, op_.columns), op_.signs && h < 0 ? -1.0 : 1.0};
  }

  bool add_text(std::size_t i, Texts texts, std::size_t row, double* out) const {
    const std::uint32_t input = op_.inputs[i];
    if (input >= texts.size() || texts[input].size() <= row) return false;
    const std::string_view text = texts[input][row];
    if (text.data() == nullptr) return true;  // missing
    const Place place = op_.as[i] == HashedAs::kText
                            ? place_of(text)
                            : place_of(op_.names[i] + "=" + std::string(text));
    out[place.column] += place.sign;
    return true;
  }

  model::HashColumns op_;
  std::vector<Place> places_;  // of names, for numbers
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::HashColumns& op) {
  return std::make_unique<HashColumnsKernel>(op);
}

}  // namespace slipway::scoring
