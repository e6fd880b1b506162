// One line of what the Open Inference Protocol calls the repository index: a version of a model and how it is.
//
//   IndexEntry{.name = "delay", .version = "3", .state = ModelState::kReady}
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::deploy {

enum class ModelState : std::uint8_t { kUnknown, kReady, kUnavailable, kLoading, kUnloading };
// "READY", ...; empty for kUnknown.
std::string_view name_of(ModelState state);

struct IndexEntry {
  std::string name;
  std::string version;  // empty: it was never loaded
  ModelState state = ModelState::kUnknown;
  std::string reason;
};

}  // namespace slipway::deploy
