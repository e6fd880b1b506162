// What a command says: results on stdout, everything else on stderr. Never mixes the two, so that stdout can be piped.
// Belongs to one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/result.h"

namespace slipway::app {

// The exit codes that docs/reference/options.md promises.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;
inline constexpr int kUsage = 2;
inline constexpr int kFailed = 3;

class Console {
 public:
  explicit Console(bool json) : json_(json) {}

  bool json() const { return json_; }
  // A result: text, a newline is added.
  void print(std::string_view line) const;
  // Something to know that is no result.
  void note(std::string_view line) const;
  // Says the error and returns the exit code for it. With JSON the error is an object on stdout as well.
  int fail(const Error& error) const;

  bool stdout_is_terminal() const;
  bool colour() const;
  int columns() const;

 private:
  bool json_;
};

// 1 for what a check refused (a format that is not read, answers that differ), 3 for what went wrong.
int exit_code_of(const Error& error);

}  // namespace slipway::app
