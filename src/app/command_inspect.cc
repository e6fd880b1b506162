// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "app/commands.h"
#include "app/description.h"
#include "app/parity.h"
#include "deploy/core/load.h"

namespace slipway::app {

Result<int> run_inspect(const Arguments& arguments, const Console& console) {
  ASSIGN_OR_RETURN(
      const deploy::Loaded loaded,
      deploy::load_model(arguments.text("M"), {.home = arguments.text("home"),
                                               .categorical = arguments.list("categorical"),
                                               .start_at = arguments.text("start-at"),
                                               .columns = arguments.list("columns")}));
  ASSIGN_OR_RETURN(const auto vectors,
                   read_parity(*loaded.plan, arguments.text("M"), arguments, console));
  std::optional<plan::ParityReport> report = loaded.parity;
  if (vectors) {
    ASSIGN_OR_RETURN(report, plan::check_parity(*loaded.plan, *vectors));
  }
  const std::string sentence = report ? report->sentence() : std::string(plan::kUnproven);
  const Described described{*loaded.plan, loaded.bytes, sentence};
  console.print(console.json() ? description_json(described, true) : description_text(described));
  return report && !report->passed() ? kRefused : kDone;
}

}  // namespace slipway::app
