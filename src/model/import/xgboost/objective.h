// What an XGBoost objective means for predictions: how its stored base score becomes a margin, and
// how margins become predictions.
//
//   ASSIGN_OR_RETURN(const Objective objective, objective_of("binary:logistic", version, outputs));
//   ASSIGN_OR_RETURN(const std::vector<float> base, base_margins(objective, "[5E-1]", outputs));
//
// An objective that is not known is taken for a custom one: its predictions are its margins, with a
// note. Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/link.h"
#include "model/model.h"

namespace slipway::model::xgboost {

struct Version {
  std::int64_t major = 0, minor = 0, patch = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

enum class BaseTransform : std::uint8_t { kNone, kLogit, kBoundedLogit, kLog };

struct Objective {
  Task task = Task::kRegression;
  Link link;                     // identity: predictions are margins
  bool step = false;             // predictions are 1 where the margin is positive, else 0
  bool label_by_margin = false;  // the predicted class is the first with the largest margin
  BaseTransform base = BaseTransform::kNone;
  std::string note;
};

Result<Objective> objective_of(std::string_view name, Version version, std::uint32_t outputs);

// One margin per output from `text`: "5E-1", or since 3.1 "[5E-1]" or a list of one per output.
Result<std::vector<float>> base_margins(const Objective& objective, std::string_view text,
                                        std::uint32_t outputs);

}  // namespace slipway::model::xgboost
