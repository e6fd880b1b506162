// SPDX-License-Identifier: Apache-2.0
#include "model/import/xgboost/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "base/text.h"
#include "model/import/xgboost/value.h"

namespace slipway::model::xgboost {
namespace {

// The C library's logf here, and nowhere else: XGBoost calls it when it loads a model, and a margin
// must have its bits. math::log, which rounds correctly, gives another float for 1 base score in 900
// (184,774 of the 167,364,659 floats between 1e-6 and 1 - 1e-6). glibc gives the same bits with and
// without FMA (tried for all of them), and what it gives is kept in the blob.
float library_log(float x) { return std::log(x); }

float logit(float p) { return -library_log(1.0F / p - 1.0F); }

Result<float> margin_of(BaseTransform transform, float score) {
  constexpr float kEdge = 1e-6F;
  switch (transform) {
    case BaseTransform::kNone:
      if (std::isfinite(score)) return score;
      break;
    case BaseTransform::kLogit:
      if (score > 0 && score < 1) return logit(score);
      break;
    case BaseTransform::kBoundedLogit:
      if (score >= 0 && score <= 1) return logit(std::min(std::max(score, kEdge), 1.0F - kEdge));
      break;
    case BaseTransform::kLog:
      if (score > 0 && std::isfinite(score)) return library_log(score);
      break;
  }
  return error("model.xgboost.base_score",
               fmt::format("base_score {} is outside the objective's range", score));
}

// Since 1.6 the exponent of a sigmoid is bounded; 1000 bounds nothing, exp is infinite long before.
Link sigmoid(Version version) {
  return {LinkKind::kSigmoidFloat, version >= Version{1, 6} ? static_cast<double>(88.7F) : 1000.0};
}

BaseTransform logistic_base(Version version) {
  return version >= Version{3, 2} ? BaseTransform::kBoundedLogit : BaseTransform::kLogit;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Objective labels(Objective objective, std::uint32_t outputs) {
  if (outputs == 1) {
    objective.task = Task::kBinary;
  } else {
    objective.note = "several labels at once: each prediction column is about one of them";
  }
  return objective;
}

}  // namespace

Result<Objective> objective_of(std::string_view name, Version version, std::uint32_t outputs) {
  if (name == "binary:logistic") {
    return labels({.link = sigmoid(version), .base = logistic_base(version)}, outputs);
  }
  if (name == "reg:logistic")
    return Objective{.link = sigmoid(version), .base = logistic_base(version)};
  if (name == "binary:hinge") return labels({.step = true}, outputs);
  if (name == "binary:logitraw")
    return Objective{.note = "objective binary:logitraw: predictions are margins"};
  if (is_one_of(name, {"multi:softprob", "multi:softmax"})) {
    Objective objective{.task = Task::kMulticlass, .link = {LinkKind::kSoftmaxFloat}};
    if (name == "multi:softmax") {
      objective.label_by_margin = true;
      objective.note =
          "objective multi:softmax: XGBoost predicts only the class; the probabilities are those "
          "of multi:softprob";
    }
    return objective;
  }
  if (is_one_of(name,
                {"count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"}))
    return Objective{.link = {LinkKind::kExpFloat}, .base = BaseTransform::kLog};
  if (name.starts_with("rank:")) return Objective{.task = Task::kRanking};
  if (name == "reg:quantileerror") {
    // Since 3.4 the quantiles of a row are sorted, so that they do not cross.
    if (outputs > 1 && version >= Version{3, 4}) return Objective{.link = {LinkKind::kSortRow}};
    return Objective{};
  }
  if (name == "reg:expectileerror") {
    return Error(
        Code::kUnimplemented, "model.xgboost.objective",
        "objective reg:expectileerror is not read by this version: its predictions are not "
        "its margins");
  }
  if (is_one_of(name, {"reg:squarederror", "reg:linear", "reg:squaredlogerror",
                       "reg:pseudohubererror", "reg:absoluteerror"}))
    return Objective{};
  return Objective{.note = fmt::format("objective '{}' is taken for a custom one: predictions are "
                                       "margins",
                                       name)};
}

Result<std::vector<float>> base_margins(const Objective& objective, std::string_view text,
                                        std::uint32_t outputs) {
  const bool list = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  std::vector<float> margins;
  for (const auto part : split(list ? text.substr(1, text.size() - 2) : text, ',')) {
    const auto score = parse_float(trim(part));
    if (!score) {
      return error("model.xgboost.base_score",
                   fmt::format("base_score '{}' is no number", text.substr(0, 40)));
    }
    ASSIGN_OR_RETURN(margins.emplace_back(), margin_of(objective.base, *score));
  }
  if (margins.size() == 1) margins.resize(outputs, margins.front());
  if (margins.size() == outputs) return margins;
  return error(
      "model.xgboost.base_score",
      fmt::format("base_score lists {} values, the model has {} outputs", margins.size(), outputs));
}

}  // namespace slipway::model::xgboost
