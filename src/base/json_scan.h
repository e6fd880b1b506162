// Second reading of a JSON text that the fast parser refused: finds out where and why, or makes it
// readable.
//
//   const JsonScan scan = scan_json(text, limits);
//   if (scan.error) return *scan.error;      // "line 3 column 14: found '}', expected a value"
//   parse(scan.rewritten), then put scan.patches into it
//
// Internal to base/json: slow and simple on purpose. Follows RFC 8259; pure, safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace slipway {

struct JsonScan {
  struct Patch {
    std::size_t number;  // counts the numbers of the text, from 0
    double value;
  };
  std::optional<Error> error;
  std::string rewritten;  // the same text in plain JSON: long integers as doubles, 0 for each patch
  std::vector<Patch> patches;  // what NaN, Infinity and -Infinity stand for
};

JsonScan scan_json(std::string_view text, const JsonLimits& limits);

}  // namespace slipway
