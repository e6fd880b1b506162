// model.slip: a Model as one file, mapped and used in place.
//
//   std::string bytes = write_blob(model);
//   ASSIGN_OR_RETURN(Model again, read_blob(mapped->text(), mapped));
//
// Layout: docs/reference/model-slip.md. Reading checks everything that an importer checks: a blob
// is untrusted input. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/model.h"

namespace slipway::model {

bool is_blob(std::string_view bytes);

// Precondition: check(model) passed. The same model gives the same bytes.
std::string write_blob(const Model& model);

// `owner` keeps `bytes` alive for the model's arrays; without one they are copied.
Result<Model> read_blob(std::string_view bytes, std::shared_ptr<const void> owner);

}  // namespace slipway::model
