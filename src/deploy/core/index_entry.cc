// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/index_entry.h"

namespace slipway::deploy {

std::string_view name_of(ModelState state) {
  switch (state) {
    case ModelState::kUnknown:
      return "";
    case ModelState::kReady:
      return "READY";
    case ModelState::kUnavailable:
      return "UNAVAILABLE";
    case ModelState::kLoading:
      return "LOADING";
    case ModelState::kUnloading:
      return "UNLOADING";
  }
  return "";
}

}  // namespace slipway::deploy
