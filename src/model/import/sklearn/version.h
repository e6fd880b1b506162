// Which scikit-learn fitted an estimator, where its answers have changed since.
//
//   if (fitted_before(e, 1, 6)) ...
//
// Pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>

#include "model/import/sklearn/estimator.h"

namespace slipway::model::sklearn {

// False if the file does not say.
inline bool fitted_before(const Estimator& e, long major, long minor) {
  const std::string version = e.text("_sklearn_version", "");
  if (version.empty()) return false;
  char* rest = nullptr;
  const long own_major = std::strtol(version.c_str(), &rest, 10);
  const long own_minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  return own_major != major ? own_major < major : own_minor < minor;
}

}  // namespace slipway::model::sklearn
