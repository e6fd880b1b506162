// The features of a CatBoost model as the inputs of a graph, and as the columns its trees ask.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/import/catboost/parts.h"
#include "model/import/catboost/trees.h"
#include "model/model.h"

namespace slipway::model {

// Where each feature stands among the inputs, which come in the order of the training table.
class CatBoostInputs {
 public:
  // Errors: kInvalidArgument "model.catboost.feature".
  static Result<CatBoostInputs> make(const CatBoostParts& parts);

  const std::vector<Input>& inputs() const { return inputs_; }
  // By the feature's index among those of its kind; `who` asks.
  Result<std::uint32_t> column_of_float(std::int32_t index, std::string_view who) const;
  Result<std::uint32_t> column_of_category(std::int32_t index, std::string_view who) const;
  bool nan_above(std::int32_t float_index) const;

 private:
  std::vector<Input> inputs_;
  std::map<std::int32_t, std::uint32_t> floats_;
  std::map<std::int32_t, std::uint32_t> categories_;
  std::map<std::int32_t, bool> nan_above_;
};

// What stands between the inputs and the trees.
struct CatBoostColumns {
  std::vector<Node> nodes;
  ValueId rows = 0;         // what the trees read
  std::uint32_t width = 0;  // its columns
  std::vector<CatBoostCondition> conditions;
};

// Errors: kInvalidArgument "model.catboost.*".
Result<CatBoostColumns> make_columns(const CatBoostParts& parts, const CatBoostInputs& inputs);

}  // namespace slipway::model
