// slipway.toml: options of commands, each in its command's table.
//
//   [serve]
//   port = 9000
//   max-body = "16 MiB"
//
//   ASSIGN_OR_RETURN(const Config config, parse_config(text, "slipway.toml"));
//
// Errors: kInvalidArgument "app.config" with line and column: syntax, an unknown command or option
// (with the nearest name), a value of the wrong kind. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "app/arguments.h"
#include "base/result.h"

namespace slipway::app {

// Command -> option -> value.
using Config =
    std::map<std::string, std::map<std::string, Arguments::Configured, std::less<>>, std::less<>>;

Result<Config> parse_config(std::string_view text, const std::string& file);

}  // namespace slipway::app
