// Model files of every library, read as data: nothing in a file is ever executed.
//
//   ASSIGN_OR_RETURN(Model model, import_file("model.txt"));
//
// The format is told by the file's first bytes, never by its name. What is recognised but not read
// is refused with the way on (kUnimplemented "model.import.format"); what is not recognised, by
// what its bytes look like. Errors name the file and, for text, the line. Input is untrusted: every
// reader has a fuzz target. Pure functions of the file; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace slipway::model {

struct ImportOptions {
  // Names of the inputs that hold categories, in order, for files that do not say it themselves.
  std::vector<std::string> categorical;
  // The step of a scikit-learn pipeline to start from: callers send what the steps before produce.
  std::string start_at;
  // What callers send, for a model that keeps no names (FeatureHasher): "age", "city:text".
  std::vector<std::string> columns;
};

Result<Model> import_file(const std::string& path, const ImportOptions& options = {});

// The same from bytes in memory; `name` stands for the file in messages.
Result<Model> import_bytes(std::string_view bytes, const std::string& name,
                           const ImportOptions& options = {});

}  // namespace slipway::model
