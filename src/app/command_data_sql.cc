// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <string>

#include "app/commands.h"
#include "base/env.h"
#include "data/sql.h"

namespace slipway::app {

Result<int> run_data_sql(const Arguments& arguments, const Console& console) {
  std::map<std::string, std::string> variables;
  for (const auto& setting : arguments.list("set")) {
    const auto equals = setting.find('=');
    if (equals == setting.npos) {
      return Error(Code::kInvalidArgument, "app.option",
                   fmt::format("--set: '{}' is not name=value", setting));
    }
    variables[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  const std::string path = arguments.text("FILE");
  ASSIGN_OR_RETURN(const std::string script, posix_env().read_file(path));
  auto ran = data::run_script(script, variables);
  if (!ran) return std::move(ran).error().with_context(path);
  if (console.json()) console.print("{}");
  return kDone;
}

}  // namespace slipway::app
