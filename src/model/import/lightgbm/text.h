// LightGBM's text file cut into sections of key=value lines; values are read only when asked for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/result.h"

namespace slipway::model {

struct TextEntry {
  std::string_view key;
  std::string_view value;  // empty for a bare line such as `average_output`
  int line = 0;
};

struct TextSection {
  int line = 0;  // of its first line
  std::vector<TextEntry> entries;

  const TextEntry* find(std::string_view key) const;
  // "line 118: `key` is missing" if it is not there.
  Result<TextEntry> require(std::string_view key) const;
};

struct LightGbmText {
  TextSection header;
  std::vector<TextSection> trees;                                         // one for each Tree=i
  std::vector<std::pair<std::string_view, std::string_view>> parameters;  // [name: value]
  std::optional<TextEntry> pandas_categorical;
};

// Errors: the file does not start with `tree`, a tree is out of order, `end of trees` is missing (a
// truncated file).
Result<LightGbmText> cut_lightgbm_text(std::string_view text);

Error lightgbm_error(const char* reason, int line, std::string_view what);

// Values separated by spaces. `expected` is checked first: "leaf_value has 30 values, 31 expected".
Result<std::vector<double>> read_doubles(const TextEntry& entry, std::size_t expected);
Result<std::vector<std::int64_t>> read_integers(const TextEntry& entry, std::size_t expected);
Result<std::int64_t> read_integer(const TextEntry& entry, std::int64_t at_least,
                                  std::int64_t at_most);

}  // namespace slipway::model
