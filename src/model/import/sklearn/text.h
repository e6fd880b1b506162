// What vectorizers of texts say about a model's inputs.
//
//   if (const auto names = text_columns(first_step)) ...
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/import/sklearn/estimator.h"

namespace slipway::model::sklearn {

// Names of the columns that a vectorizer takes, if it is one: "text", or the keys of the dicts that
// a DictVectorizer has seen.
std::optional<std::vector<std::string>> text_columns(const Estimator& estimator);

}  // namespace slipway::model::sklearn
