// What `slipway doctor` looks at here: the machine, the folder, the libraries.
//
//   for (const Finding& finding : look_at_machine(home)) ...
//
// Reads, and writes one file in the folder that it removes again. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slipway::app {

struct Finding {
  enum class Verdict : std::uint8_t { kOk, kNote, kWrong };
  Verdict verdict = Verdict::kOk;
  std::string text;  // what was found, and what to do about it
};

std::vector<Finding> look_at_machine(const std::string& home);

}  // namespace slipway::app
