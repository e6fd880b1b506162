// SPDX-License-Identifier: Apache-2.0
#include "data/sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace slipway::data {
namespace {

std::size_t line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::size_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

Error unknown_variable(const std::string& script, std::size_t at, const std::string& name,
                       const std::map<std::string, std::string>& variables) {
  std::vector<std::string> names;
  for (const auto& [known, value] : variables) names.push_back(known);
  return Error(Code::kInvalidArgument, "data.variable",
               fmt::format("script line {}: nothing gives a value to ${{{}}}; there is {}",
                           line_of(script, at), name, names.empty() ? "none" : join(names, ", ")));
}

Result<std::string> with_values(const std::string& script,
                                const std::map<std::string, std::string>& variables) {
  std::string text;
  std::size_t done = 0;
  while (true) {
    const auto start = script.find("${", done);
    text.append(script, done, start - done);
    if (start == script.npos) return text;
    const auto end = script.find('}', start);
    const std::string name =
        script.substr(start + 2, end == script.npos ? script.npos : end - start - 2);
    const auto value = variables.find(name);
    if (end == script.npos || value == variables.end()) {
      return unknown_variable(script, start, name, variables);
    }
    const std::string quoted = quote_text(value->second);
    text.append(quoted, 1, quoted.size() - 2);
    done = end + 1;
  }
}

}  // namespace

Result<void> run_script(const std::string& script,
                        const std::map<std::string, std::string>& variables,
                        const SessionOptions& options) {
  ASSIGN_OR_RETURN(const std::string text, with_values(script, variables));
  ASSIGN_OR_RETURN(const auto session, Session::open(options));
  const auto done = session->execute_script(text);
  if (done) return {};
  return Error(Code::kInvalidArgument, "data.script", std::string(trim(done.error().message())));
}

}  // namespace slipway::data
