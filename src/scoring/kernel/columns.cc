// Kernels of model/operators/columns.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

#include "base/text.h"
#include "scoring/kernel/kernel.h"

namespace slipway::scoring {
namespace {

using Inputs = std::span<const Rows>;

void run_select(const model::Select& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row) {
    const double* from = in[0].values + row * in[0].width;
    for (const std::uint32_t column : op.columns) *out++ = from[column];
  }
}

void run_concat(const model::Concat&, Inputs in, double* out) {
  const std::size_t rows = in.empty() ? 0 : in[0].rows;
  for (std::size_t row = 0; row < rows; ++row) {
    for (const Rows& each : in) out = std::copy_n(each.values + row * each.width, each.width, out);
  }
}

void run_constant(const model::Constant& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row)
    out = std::copy(op.values.begin(), op.values.end(), out);
}

bool is(double x, double wanted) { return x == wanted || (std::isnan(x) && std::isnan(wanted)); }

void run_replace(const model::Replace& op, Inputs in, double* out) {
  for (std::size_t i = 0; i < in[0].rows * in[0].width; ++i) {
    const double x = in[0].values[i];
    const std::size_t c = i % in[0].width;
    out[i] = is(x, op.from[c]) ? op.to[c] : x;
  }
}

void run_is_missing(const model::IsMissing& op, Inputs in, double* out) {
  for (std::size_t i = 0; i < in[0].rows * in[0].width; ++i)
    out[i] = is(in[0].values[i], op.from[i % in[0].width]) ? 1 : 0;
}

void run_indicator(const model::Indicator& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row) {
    const double* from = in[0].values + row * in[0].width;
    for (std::size_t c = 0; c < in[0].width; ++c) {
      const std::uint32_t width = op.widths[c];
      std::fill_n(out, width, 0.0);
      if (from[c] >= 0 && from[c] < width) out[static_cast<std::size_t>(from[c])] = 1;
      out += width;
    }
  }
}

// A hash table per column. -0 and 0 are one key, as numbers compare.
class LookupKernel final : public Kernel {
 public:
  explicit LookupKernel(model::Lookup op) : op_(std::move(op)), tables_(op_.missing.size()) {
    for (std::size_t c = 0; c < tables_.size(); ++c) {
      for (std::uint32_t i = op_.begin[c]; i < op_.begin[c + 1]; ++i)
        tables_[c].emplace(op_.keys[i] + 0.0, op_.values[i]);
    }
  }

  std::optional<Refusal> run(Inputs in, double* out) const override {
    for (std::size_t row = 0; row < in[0].rows; ++row) {
      for (std::size_t c = 0; c < in[0].width; ++c) {
        const double x = in[0].values[row * in[0].width + c];
        const unsigned refused = std::isnan(x) ? 2 : 1;
        const auto found = std::isnan(x) ? tables_[c].end() : tables_[c].find(x + 0.0);
        if (found != tables_[c].end()) {
          *out++ = found->second;
          continue;
        }
        if ((op_.refuse[c] & refused) != 0) return Refusal{row, why(c, x)};
        *out++ = std::isnan(x) ? op_.missing[c] : op_.otherwise[c];
      }
    }
    return std::nullopt;
  }

 private:
  std::string why(std::size_t column, double x) const {
    const std::string what = std::isnan(x) ? "no value"
                             : x == -1     ? "a value that was not there in training"
                                           : fmt::format("{}", number_text(x));
    return fmt::format("'{}' has {}, and its encoder takes only values seen in training",
                       op_.names[column], what);
  }

  model::Lookup op_;
  std::vector<std::unordered_map<double, double>> tables_;
};

class RequireKernel final : public Kernel {
 public:
  explicit RequireKernel(model::Require op) : op_(std::move(op)) {}

  bool passes_on() const override { return true; }

  std::optional<Refusal> run(Inputs in, double*) const override {
    const std::size_t count = in[0].rows * in[0].width;
    const double* values = in[0].values;
    if (!any_bad(values, count)) return std::nullopt;
    std::size_t i = 0;
    while (!any_bad(values + i, 1)) ++i;
    return Refusal{i / in[0].width, why(i % in[0].width, values[i])};
  }

 private:
  bool any_bad(const double* values, std::size_t count) const {
    const bool for_float = op_.what == model::Requirement::kFloat32OrMissing ||
                           op_.what == model::Requirement::kFiniteFloat32;
    const bool no_missing =
        op_.what == model::Requirement::kFinite || op_.what == model::Requirement::kFiniteFloat32;
    // From here on up, float has infinity only.
    const double limit = for_float ? 0x1.ffffffp127 : std::numeric_limits<double>::infinity();
    // Nothing leaves the loop early, so that it takes several values at a time.
    std::uint64_t beyond = 0, missing = 0;
    if (op_.what == model::Requirement::kInteger) {
      for (std::size_t i = 0; i < count; ++i) {
        const double x = values[i];
        beyond |= x == std::trunc(x) && std::abs(x) <= 0x1p53 ? 0 : 1;
      }
      return beyond != 0;
    }
    for (std::size_t i = 0; i < count; ++i) {
      beyond |= std::abs(values[i]) >= limit ? 1 : 0;
      missing |= values[i] != values[i] ? 1 : 0;
    }
    return (beyond | (missing & (no_missing ? 1 : 0))) != 0;
  }

  std::string why(std::size_t column, double x) const {
    const std::string what = std::isnan(x)   ? "no value"
                             : std::isinf(x) ? "an infinite value"
                             : op_.what == model::Requirement::kInteger
                                 ? number_text(x)
                                 : fmt::format("{}, beyond float32", number_text(x));
    return fmt::format("'{}' has {}, which {} does not take: send a number, or impute it before",
                       op_.names[column], what, op_.who[0]);
  }

  model::Require op_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::Select& op) {
  return function_kernel(op, run_select);
}
std::unique_ptr<Kernel> kernel_of(const model::Concat& op) {
  return function_kernel(op, run_concat);
}
std::unique_ptr<Kernel> kernel_of(const model::Constant& op) {
  return function_kernel(op, run_constant);
}
std::unique_ptr<Kernel> kernel_of(const model::Lookup& op) {
  return std::make_unique<LookupKernel>(op);
}
std::unique_ptr<Kernel> kernel_of(const model::Indicator& op) {
  return function_kernel(op, run_indicator);
}
std::unique_ptr<Kernel> kernel_of(const model::Replace& op) {
  return function_kernel(op, run_replace);
}
std::unique_ptr<Kernel> kernel_of(const model::IsMissing& op) {
  return function_kernel(op, run_is_missing);
}
std::unique_ptr<Kernel> kernel_of(const model::Require& op) {
  return std::make_unique<RequireKernel>(op);
}

}  // namespace slipway::scoring
