// Another program, run to its end: no shell, what it prints is bounded, and so is its time.
//
//   ASSIGN_OR_RETURN(const ProcessResult ran, run_process({"python3", "check.py"}, {.timeout_ms = 60'000}));
//   if (!ran.succeeded()) ... last_lines(ran.err, 20)
//
// The program is found on the PATH. It reads nothing (its stdin is empty), inherits the environment
// and no files, and is alone in its process group; when time runs out the whole group is killed.
// Errors: kNotFound "base.process.not_found", kUnavailable "base.process". Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway {

struct ProcessOptions {
  std::int64_t timeout_ms = 60'000;
  std::size_t output_max = std::size_t{1} << 20;  // of stdout and of stderr; the end is kept
};

struct ProcessResult {
  int exit_code = 0;  // 128 + signal if one ended it
  bool timed_out = false;
  std::string out;
  std::string err;

  bool succeeded() const { return exit_code == 0 && !timed_out; }
};

// command: the program, then its arguments.
Result<ProcessResult> run_process(const std::vector<std::string>& command,
                                  const ProcessOptions& options);

// The last `count` lines, for messages.
std::string_view last_lines(std::string_view text, std::size_t count);

}  // namespace slipway
