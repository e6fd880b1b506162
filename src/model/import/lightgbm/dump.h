// LightGBM's JSON dump (`Booster.dump_model()`, written with json.dump): the same model as its text
// file, told another way.
//
//   if (is_lightgbm_dump(bytes)) return read_lightgbm_dump(bytes, options.categorical);
//
// The dump is rewritten as the text format and read by that reader, so that one place knows what a
// model means. All that a prediction needs is in it: decision and missing types, categorical sets,
// linear leaves, the objective with its arguments, pandas categories; not the training parameters.
// Errors: kInvalidArgument "model.lightgbm.dump" with tree and node, and those of the text reader,
// whose lines then count in the rewritten text. Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/model.h"

namespace slipway::model {

bool is_lightgbm_dump(std::string_view bytes);
Result<Model> read_lightgbm_dump(std::string_view bytes,
                                 const std::vector<std::string>& categorical = {});

// The text format's form of a dump.
Result<std::string> lightgbm_text_of_dump(JsonView dump);

}  // namespace slipway::model
