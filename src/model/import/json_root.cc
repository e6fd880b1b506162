// SPDX-License-Identifier: Apache-2.0
#include "model/import/json_root.h"

#include <cstddef>

namespace slipway::model {
namespace {

// `at` is behind the opening quote. Gives what stands up to the closing one and moves behind it;
// nothing if the text ends before.
std::string_view take_string(std::string_view json, std::size_t* at) {
  const std::size_t begin = *at;
  while (true) {
    *at = json.find_first_of("\"\\", *at);
    if (*at == json.npos) {
      *at = json.size();
      return {};
    }
    if (json[*at] == '"') break;
    *at += 2;  // whatever is escaped
    if (*at > json.size()) *at = json.size();
  }
  return json.substr(begin, (*at)++ - begin);
}

}  // namespace

bool has_root_key(std::string_view json, std::string_view key) {
  std::size_t at = json.find_first_not_of(" \t\r\n");
  if (at == json.npos || json[at] != '{') return false;
  int depth = 0;
  bool expects_key = false;
  while (at < json.size()) {
    const char c = json[at++];
    if (c == '{' || c == '[') {
      expects_key = ++depth == 1;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return false;
    } else if (c == ',') {
      expects_key = depth == 1;
    } else if (c == '"') {
      const std::string_view text = take_string(json, &at);
      if (expects_key && text == key) return true;
      expects_key = false;
    }
  }
  return false;
}

}  // namespace slipway::model
