// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "app/commands.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "data/prediction_reader.h"
#include "data/write.h"

namespace slipway::app {

Result<int> run_log_export(const Arguments& arguments, const Console& console) {
  const std::string out_path = arguments.text("out");
  ASSIGN_OR_RETURN(const auto rows, data::read_predictions(arguments.text("home") + "/log",
                                                           {.model = arguments.text("MODEL")}));
  ASSIGN_OR_RETURN(const auto out, data::write(out_path, rows->schema()));
  std::int64_t written = 0;
  while (true) {
    ASSIGN_OR_RETURN(const auto frame, rows->next());
    if (!frame) break;
    RETURN_IF_ERROR(out->write(*frame));
    written += frame->rows();
  }
  RETURN_IF_ERROR(out->finish());
  for (const auto& text : rows->damage()) console.note("warning: " + text);
  if (!console.json()) {
    console.print(
        fmt::format("{} predictions: {}", grouped(static_cast<std::uint64_t>(written)), out_path));
    return kDone;
  }
  std::string text;
  JsonWriter json(&text);
  json.begin_object()
      .member("rows", written)
      .member("out", out_path)
      .member("damaged", rows->damage().size())
      .end_object();
  console.print(text);
  return kDone;
}

}  // namespace slipway::app
