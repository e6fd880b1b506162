// What the user asked for: the options of one command with their values, wherever these came from.
//
//   arguments.text("out")        arguments.flag("raw")        arguments.integer("port")
//
// Values were checked against the table when they were set, so the getters cannot fail; an option
// that the command does not have is our bug and CHECKed. Immutable once resolved.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"
#include "base/env.h"
#include "base/result.h"

namespace slipway::app {

class Arguments {
 public:
  explicit Arguments(const Command& command) : command_(&command) {}

  const Command& command() const { return *command_; }

  // Errors: kInvalidArgument "app.option" if the text does not fit the option's kind or bounds.
  // `where` stands in front of the message: "--port", "SLIPWAY_PORT", "slipway.toml line 3 column
  // 8".
  Result<void> set(const Option& option, std::vector<std::string> values, std::string_view where);
  bool is_set(std::string_view name) const { return values_.find(name) != values_.end(); }

  // Fills what is not set from the environment, then `config` (key -> values and place), then the
  // defaults.
  struct Configured {
    std::vector<std::string> values;
    std::string where;
  };
  Result<void> complete(Env& env, const std::map<std::string, Configured, std::less<>>& config);

  std::string text(std::string_view name) const;  // empty if there is no value
  std::vector<std::string> list(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  std::uint64_t bytes(std::string_view name) const;

 private:
  const Command* command_;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace slipway::app
