// Folders that other tools keep a model in: which file of them is the model.
//
//   ASSIGN_OR_RETURN(const std::string file, model_file_of("runs/7/artifacts/model"));
//
// MLflow (an MLmodel file), MLServer (model-settings.json), Triton (config.pbtxt and numbered
// versions, of which the newest counts), KServe (one model file). A path that is no folder is given
// back as it is. Errors: kInvalidArgument "model.folder.*", which name what lies in the folder.
// Reads the disk; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace slipway::model {

Result<std::string> model_file_of(const std::string& path);

}  // namespace slipway::model
