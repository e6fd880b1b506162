// Which names of Python's world a model file may mention.
//
//   RETURN_IF_ERROR(check_name({"os", "system"}, 34));   // "names os.system (byte 34): slipway ..."
//
// Nothing is ever imported or called, so no name can do harm here: a refusal is defence in depth,
// and tells people what their file would do to them elsewhere. Refused are Python's standard library
// but for what holds data, builtins but for types, what loads or runs things in numpy, pandas,
// joblib and the like, and attributes that lead out of a module (sklearn.utils `os.system`). Any
// other name (mypackage.MyTransformer) is kept as a name: whoever imports the model decides.
//
// Errors: kPermissionDenied "model.pickle.forbidden"; kDataLoss "model.pickle.name" for what is no
// name at all. Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace slipway::model::pickle {

struct QualifiedName {
  std::string_view module;
  std::string_view name;
};

Result<void> check_name(const QualifiedName& qualified, std::size_t offset);

// What Python 2 called it, as protocols 0 to 2 write it, in Python 3's words.
QualifiedName modern(const QualifiedName& qualified);

// cloudpickle saves functions and classes by value: their code, not their name.
bool holds_code(std::string_view module);

Error forbidden(std::string_view what, std::size_t offset);

}  // namespace slipway::model::pickle
