// Which model a call is for; no version: the newest.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace slipway::deploy::realtime {

struct ModelName {
  std::string_view model, version;
};

}  // namespace slipway::deploy::realtime
