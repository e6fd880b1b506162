// Every command and option, described once. Out of this table come the command line, `--help`, the
// SLIPWAY_* variables, the keys of slipway.toml and docs/reference/options.md, and the test that
// all agree.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace slipway::app {

enum class Kind : std::uint8_t { kText, kList, kFlag, kInteger, kBytes };

struct Option {
  std::string_view name;  // "keep": --keep, SLIPWAY_KEEP, keep = ...; a positional one starts with
                          // a capital: "ROWS"
  std::string_view letter;  // "o" for -o, or empty
  Kind kind = Kind::kText;
  std::string_view fallback;  // default, as text; empty for none
  std::string_view help;      // one sentence without a full stop
  bool required = false;
  std::int64_t at_least = 0;  // kInteger
  std::int64_t at_most = 0;   // kInteger; 0: no bound

  bool positional() const { return name.front() >= 'A' && name.front() <= 'Z'; }
};

struct Command {
  std::string_view name;  // "score", or "log export" for a command with a second word
  std::string_view help;
  std::string_view example;
  std::span<const Option> options;
};

std::span<const Command> commands();
// Null if there is none.
const Command* find_command(std::string_view name);
const Option* find_option(const Command& command, std::string_view name);

// "SLIPWAY_MAX_BODY" for "max-body".
std::string variable_of(const Option& option);

// docs/reference/options.md, whole.
std::string options_page();

}  // namespace slipway::app
