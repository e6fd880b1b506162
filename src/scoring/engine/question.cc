// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/question.h"

namespace slipway::scoring {
namespace {

using model::Missing;
using model::SplitRule;
using model::TreeEnsemble;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

// The smallest value of the input's type that is above `bound` (or equal to it, if `or_equal`); NaN
// if there is none.
double smallest_from(double bound, bool or_equal, bool float32) {
  const auto fits = [=](double x) { return or_equal ? x >= bound : x > bound; };
  double x = bound;
  if (float32) {
    float f = static_cast<float>(bound);
    if (!fits(f)) f = std::nextafter(f, std::numeric_limits<float>::infinity());
    x = f;
  } else if (!or_equal) {
    x = std::nextafter(bound, kInfinity);
  }
  return fits(x) ? x + 0.0 : kNoNumber;  // + 0.0: of the zeros, the positive one
}

Question number_question(const TreeEnsemble& e, std::size_t split) {
  const SplitRule rule = e.rule[split];
  Question q{.asks = Asks::kNumber, .feature = e.feature[split]};
  q.threshold = smallest_from(e.threshold[split], rule.strictly_less(), e.float32_inputs);
  const bool default_right = !rule.default_left();
  switch (rule.missing()) {
    case Missing::kNone:
      q.missing_right = q.threshold <= 0;
      break;
    case Missing::kNaN:
      q.missing_right = default_right;
      break;
    case Missing::kZero: {
      q.missing_right = default_right;
      // Where zeros go to that side anyway, they need not be told apart.
      const double zeros = e.flush_below >= model::kZeroBound ? 0 : model::kZeroBound;
      const bool same_side = default_right ? q.threshold <= -zeros : !(q.threshold <= zeros);
      q.zero_is_missing = !same_side;
      break;
    }
  }
  if (std::isnan(q.threshold) && !q.missing_right) q.asks = Asks::kNever;
  if (q.threshold == -kInfinity && q.missing_right) q.asks = Asks::kAlways;
  return q;
}

}  // namespace

double float_above(double bound) {
  return smallest_from(bound, /*or_equal=*/false, /*float32=*/true);
}

Question question_of(const TreeEnsemble& ensemble, std::size_t split) {
  const SplitRule rule = ensemble.rule[split];
  if (!rule.is_category()) return number_question(ensemble, split);
  return {.asks = Asks::kCategory,
          .feature = ensemble.feature[split],
          .missing_right = !rule.default_left()};
}

}  // namespace slipway::scoring
