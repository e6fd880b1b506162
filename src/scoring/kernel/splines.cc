// Kernel of model/operators/splines.h: values of B-splines by de Boor's recurrence, in the order of
// FITPACK's fpbspl, which scipy.interpolate uses too.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/operators/splines.h"
#include "scoring/kernel/kernel.h"

namespace slipway::scoring {
namespace {

using model::Beyond;

// The splines of one column.
class Basis {
 public:
  Basis(std::span<const double> knots, std::size_t degree, Beyond beyond)
      : t_(knots),
        k_(degree),
        count_(model::splines_of(knots.size(), degree, beyond)),
        last_(knots.size() - degree - 1) {}

  std::size_t count() const { return count_; }
  double first_knot() const { return t_[k_]; }
  double last_knot() const { return t_[last_]; }

  // All values at x, or all slopes. Beyond the knots the outermost polynomials go on.
  void values(double x, bool slopes, double* out) const {
    std::fill_n(out, count_, 0.0);
    const std::size_t interval = interval_of(x);
    std::vector<double> some = local(x, interval, slopes ? 1 : 0);
    // Beyond the last one, periodic splines are the first ones again.
    for (std::size_t a = 0; a <= k_; ++a) out[(interval + a - k_) % count_] += some[a];
  }

 private:
  std::size_t interval_of(double x) const {
    std::size_t at = k_;
    while (at + 1 != last_ && x >= t_[at + 1]) ++at;
    return at;
  }

  // The degree + 1 splines that are not 0 in the interval: the recurrence for all but the last
  // `order` degrees, then differences.
  std::vector<double> local(double x, std::size_t interval, std::size_t order) const {
    std::vector<double> h(k_ + 1), before(k_ + 1);
    h[0] = 1;
    for (std::size_t j = 1; j <= k_; ++j) {
      before = h;
      h[0] = 0;
      for (std::size_t n = 1; n <= j; ++n) {
        const double above = t_[interval + n];
        const double below = t_[interval + n - j];
        if (above == below) {
          h[n] = 0;
        } else if (j + order <= k_) {
          const double w = before[n - 1] / (above - below);
          h[n - 1] += w * (above - x);
          h[n] = w * (x - below);
        } else {
          const double w = static_cast<double>(j) * before[n - 1] / (above - below);
          h[n - 1] -= w;
          h[n] = w;
        }
      }
    }
    if (order > k_) h[0] = 0;  // steps have no slope
    return h;
  }

  std::span<const double> t_;
  std::size_t k_, count_, last_;
};

class SplinesKernel final : public Kernel {
 public:
  explicit SplinesKernel(model::Splines op) : op_(std::move(op)) {
    for (std::size_t c = 0; c < op_.edge.size(); ++c) {
      const std::span<const double> knots =
          op_.knots.span().subspan(op_.begin[c], op_.begin[c + 1] - op_.begin[c]);
      const Basis basis(knots, op_.degree, op_.beyond);
      Column column{.basis = basis,
                    .low = knots[op_.edge[c]],
                    .high = knots[knots.size() - 1 - op_.edge[c]],
                    .reach = op_.reach[c]};
      for (auto* at : {&column.at_low, &column.slope_low, &column.at_high, &column.slope_high})
        at->resize(basis.count());
      basis.values(column.low, false, column.at_low.data());
      basis.values(column.low, true, column.slope_low.data());
      basis.values(column.high, false, column.at_high.data());
      basis.values(column.high, true, column.slope_high.data());
      columns_.push_back(std::move(column));
    }
  }

  std::optional<Refusal> run(std::span<const Rows> in, double* out) const override {
    for (std::size_t i = 0; i < in[0].rows * in[0].width; ++i) {
      const std::size_t c = i % in[0].width;
      const double x = in[0].values[i];
      const Basis& basis = columns_[c].basis;
      if (op_.beyond == Beyond::kRefuse && (x < basis.first_knot() || x > basis.last_knot()))
        return Refusal{i / in[0].width, why(c, x)};
      fill(columns_[c], x, out);
      out += basis.count();
    }
    return std::nullopt;
  }

 private:
  struct Column {
    Basis basis;
    double low, high;
    std::size_t reach;
    std::vector<double> at_low, slope_low, at_high, slope_high;
  };

  void fill(const Column& column, double x, double* out) const {
    const bool goes_on = op_.beyond == Beyond::kConstant || op_.beyond == Beyond::kLinear;
    if (std::isnan(x)) {
      std::fill_n(out, column.basis.count(), 0.0);
    } else if (goes_on && x < column.low) {
      extend(column.at_low, column.slope_low, x - column.low, 0, column.reach, out);
    } else if (goes_on && x > column.high) {
      const std::size_t count = column.basis.count();
      extend(column.at_high, column.slope_high, x - column.high, count - column.reach, count, out);
    } else {
      column.basis.values(op_.beyond == Beyond::kPeriodic ? folded(column.basis, x) : x, false,
                          out);
    }
  }

  void extend(const std::vector<double>& value, const std::vector<double>& slope, double distance,
              std::size_t first, std::size_t last, double* out) const {
    std::fill_n(out, value.size(), 0.0);
    for (std::size_t j = first; j < last; ++j)
      out[j] = op_.beyond == Beyond::kLinear ? value[j] + distance * slope[j] : value[j];
  }

  // Python's modulo: never negative.
  static double folded(const Basis& basis, double x) {
    const double period = basis.last_knot() - basis.first_knot();
    if (!(period > 0)) return 0;
    double rest = std::fmod(x - basis.first_knot(), period);
    if (rest < 0) rest += period;
    return basis.first_knot() + rest;
  }

  std::string why(std::size_t column, double x) const {
    const Basis& basis = columns_[column].basis;
    return fmt::format(
        "'{}' is {}, and its splines end at {} and {}: clip it before, or fit "
        "SplineTransformer with another extrapolation",
        op_.names[column], number_text(x), number_text(basis.first_knot()),
        number_text(basis.last_knot()));
  }

  model::Splines op_;
  std::vector<Column> columns_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::Splines& op) {
  return std::make_unique<SplinesKernel>(op);
}

}  // namespace slipway::scoring
