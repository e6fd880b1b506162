// A model's configuration as Triton's model_config.proto has it in JSON: what its config.pbtxt says, completed
// with what the model's file says.
//
//   write_model_config(endpoint, &response.body);
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "deploy/realtime/endpoint.h"

namespace slipway::deploy::realtime {

void write_model_config(const Endpoint& endpoint, std::string* out);

}  // namespace slipway::deploy::realtime
