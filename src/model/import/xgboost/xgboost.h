// XGBoost's model files since 1.3: JSON, UBJSON (`Booster.save_model`), and what a pickled Booster
// holds ({"Config": ..., "Model": ...}).
//
//   if (is_xgboost(bytes)) return read_xgboost(bytes);
//   read_xgboost(bytes, {.stop_at_best_iteration = true, .in_place = true, .missing = -999});
//                                                                // for what a pickled wrapper holds
//
// gbtree, dart and gblinear; every objective; categorical splits, random forests, vector leaves.
// What a file means follows XGBoost's own predictor of the version that wrote it: see
// docs/reference/models.md. Margins are `Booster.predict(DMatrix, output_margin=True)`, bit for bit.
// Errors: kInvalidArgument "model.xgboost.*" or "model.ubjson.*" with the place; binary files of
// before 1.3 are refused with the way on (kUnimplemented "model.import.format"). Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "model/model.h"

namespace slipway::model {

struct XgboostOptions {
  // Use the trees up to attributes.best_iteration, if the file has it, as the wrappers of
  // scikit-learn do; Booster.predict uses all.
  bool stop_at_best_iteration = false;
  // Give the bits of inplace_predict, which those wrappers call: before 3.3 it rounds the leaves of a
  // DART model otherwise. No other model differs.
  bool in_place = false;
  // A number that reads as missing, besides NaN. It is an argument of the wrappers and stands in no
  // model file.
  std::optional<double> missing;
};

// By the keys of the outermost object.
bool is_xgboost(std::string_view bytes);
Result<Model> read_xgboost(std::string_view bytes, const XgboostOptions& options = {});

// The binary format of before 1.3, which 3.1 no longer reads either: with or without `binf` in
// front.
bool is_xgboost_binary(std::string_view bytes);
Error refuse_xgboost_binary();

}  // namespace slipway::model
