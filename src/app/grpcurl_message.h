// A request of REST's infer as grpcurl takes it: the JSON form of a ModelInferRequest, with typed contents.
//
//   infer_message_json("delay", request)    // {"model_name":"delay","inputs":[{...,"contents":{"fp64_contents":[0.0]}}]}
//
// Pure; safe from any thread. Source: the JSON mapping of protobuf 3 (bytes are base64).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace slipway::app {

// Nothing if it is no such request, or holds what only raw bytes can: FP16, BF16, missing values.
std::optional<std::string> infer_message_json(std::string_view model, JsonView request);

}  // namespace slipway::app
