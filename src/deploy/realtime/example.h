// Requests that work, for the model at hand: what an error shows, and the page at `/`.
//
//   example_infer(inputs)       // {"inputs":[{"name":"input-0","shape":[1,2],...}]}
//   example_instances(inputs)   // {"instances":[{"distance":0.0,"carrier":"AA"}]}
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "deploy/realtime/input_table.h"

namespace slipway::deploy::realtime {

std::string example_infer(const InputTable& inputs);
std::string example_instances(const InputTable& inputs);
std::string example_ranking(const InputTable& inputs);

// In single quotes for a POSIX shell.
std::string shell_quoted(std::string_view text);

}  // namespace slipway::deploy::realtime
