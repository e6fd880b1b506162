// What one split of a TreeEnsemble asks, in a form that all libraries' semantics fit into: whether
// a row goes right. Engines compile from these and so carry no semantics of their own.
//
//   const Question q = question_of(ensemble, split);
//   // number: right iff x >= q.threshold; NaN goes right iff q.missing_right
//
// `x` is the row's value as read_value() gives it. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "model/tree_ensemble.h"

namespace slipway::scoring {

enum class Asks : std::uint8_t {
  kNever,     // nothing goes right
  kAlways,    // everything goes right
  kNumber,    // numbers from `threshold` on, and missing ones if missing_right
  kCategory,  // whether it is in a set of the ensemble
};

struct Question {
  Asks asks = Asks::kNever;
  std::uint32_t feature = 0;
  bool missing_right = false;
  bool zero_is_missing = false;  // |x| <= kZeroBound counts as missing, too
  // A value of the input's own type (float or double), so that x >= threshold is the library's
  // comparison whichever it was; NaN where no number goes right, only missing ones.
  double threshold = 0;
};

// Precondition: check(ensemble) passed.
Question question_of(const model::TreeEnsemble& ensemble, std::size_t split);

// The smallest float that is above `bound`; NaN if there is none.
double float_above(double bound);

// A row's value as every question sees it: rounded to the input's type, small ones flushed.
inline double read_value(const model::TreeEnsemble& ensemble, double value) {
  const double x = ensemble.float32_inputs ? static_cast<float>(value) : value;
  return std::abs(x) <= ensemble.flush_below ? 0.0 : x;
}

// The category that a value stands for, below `categories`; `categories` itself if it stands for
// none that a set could hold. NaN is for the caller.
inline std::uint32_t category_of(double x, bool negative_is_outside, std::uint32_t categories) {
  // Truncation towards zero, as a C cast does: -0.5 is category 0.
  if (!(x > -1.0 && x < 2147483648.0) || (x < 0 && negative_is_outside)) return categories;
  const auto category = static_cast<std::uint32_t>(x);
  return category < categories ? category : categories;
}

}  // namespace slipway::scoring
