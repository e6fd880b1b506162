// SPDX-License-Identifier: Apache-2.0
#include "model/import/xgboost/linear.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace slipway::model::xgboost {

Result<TreeEnsemble> read_linear(Value booster, std::span<const float> base, std::uint32_t width) {
  ASSIGN_OR_RETURN(const Value model, require_object(booster, "model"));
  ASSIGN_OR_RETURN(const Value array, require_array(model, "weights"));
  const std::size_t outputs = base.size();
  const std::size_t terms = width * outputs;
  if (array.size() != terms + outputs) {
    return error("model.xgboost.count",
                 fmt::format("weights has {} values, {} expected for {} features and {} outputs",
                             array.size(), terms + outputs, width, outputs));
  }
  std::vector<float> weights(terms + outputs);
  if (!read_floats(array, weights))
    return error("model.xgboost.value", "weights holds something that is no number");
  std::vector<std::int32_t> roots(terms);
  std::vector<std::uint32_t> tree_output(terms), feature(terms), begin(terms + 1);
  for (std::size_t i = 0; i < terms; ++i) {
    roots[i] = ~static_cast<std::int32_t>(i);
    tree_output[i] = static_cast<std::uint32_t>(i % outputs);
    feature[i] = static_cast<std::uint32_t>(i / outputs);
    begin[i + 1] = static_cast<std::uint32_t>(i + 1);
  }
  // XGBoost adds the first output's base score to all of them.
  std::vector<double> sums(outputs);
  for (std::size_t j = 0; j < outputs; ++j) sums[j] = weights[terms + j] + base[0];
  TreeEnsemble e;
  e.width = width;
  e.outputs = static_cast<std::uint32_t>(outputs);
  e.float32_inputs = e.float32_sums = true;
  e.base = std::move(sums);
  e.roots = std::move(roots);
  e.tree_output = std::move(tree_output);
  e.leaf_value = std::vector<double>(terms);  // what a missing feature adds: nothing
  e.linear_constant = std::vector<double>(terms);
  e.linear_begin = std::move(begin);
  e.linear_feature = std::move(feature);
  e.linear_coefficient =
      std::vector<double>(weights.begin(), weights.end() - static_cast<std::ptrdiff_t>(outputs));
  return e;
}

}  // namespace slipway::model::xgboost
