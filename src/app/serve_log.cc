// SPDX-License-Identifier: Apache-2.0
#include "app/serve_log.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"

namespace slipway::app {
namespace {

Error wrong_option(std::string text) {
  return Error(Code::kInvalidArgument, "app.option", std::move(text));
}

Result<data::PredictionSelection> selection_of(const Arguments& arguments,
                                               const deploy::Catalogue& catalogue) {
  const auto share = parse_double(arguments.text("log-sample"));
  if (!share || !(*share >= 0 && *share <= 1)) {
    return wrong_option(
        fmt::format("--log-sample: '{}' is no number from 0 to 1", arguments.text("log-sample")));
  }
  data::PredictionSelection selection{.share = *share, .withheld = arguments.list("log-redact")};
  std::vector<data::ColumnsOfModel> models;
  const auto served_now = catalogue.snapshot();
  for (const auto& [name, versions] : *served_now) {
    for (const auto& served : versions) models.push_back(columns_of(name, *served->loaded.plan));
  }
  auto done = check_redacted(selection.withheld, models);
  const bool may_come_later = !arguments.text("repository").empty();
  if (!done && !may_come_later) return std::move(done).error();
  if (!done) log_warn("{}", done.error().message());
  return selection;
}

}  // namespace

ServeLog::ServeLog(std::unique_ptr<data::PredictionLog> log,
                   const data::PredictionSelection& selection)
    : log_(std::move(log)) {
  if (selection.share < 1 || !selection.withheld.empty()) selected_.emplace(*log_, selection);
}

frame::PredictionSink& ServeLog::sink() {
  if (selected_) return *selected_;
  return *log_;
}

data::ColumnsOfModel columns_of(const std::string& model, const plan::Plan& plan) {
  std::vector<std::string> names = plan.input_schema().names();
  for (const std::string& name : plan.output_schema({.raw = true}).names()) names.push_back(name);
  return {model, std::move(names)};
}

Result<void> check_redacted(const std::vector<std::string>& redacted,
                            const std::vector<data::ColumnsOfModel>& models) {
  const std::string unknown = data::unknown_column(redacted, models);
  if (unknown.empty()) return {};
  std::vector<std::string> known;
  for (const auto& each : models)
    known.insert(known.end(), each.columns.begin(), each.columns.end());
  const auto near = nearest(unknown, known);
  return wrong_option(fmt::format("--log-redact: there is no column '{}'{}", unknown,
                                  near ? fmt::format(": did you mean '{}'?", *near) : ""));
}

Result<std::unique_ptr<ServeLog>> open_log(const Arguments& arguments,
                                           const deploy::Catalogue& catalogue,
                                           MetricRegistry& registry) {
  const std::string size = arguments.text("log");
  if (size == "off") {
    log_info("predictions are not logged (--log off)");
    return std::unique_ptr<ServeLog>();
  }
  const auto bytes = parse_bytes(size);
  if (!bytes) {
    return wrong_option(fmt::format("--log: '{}' is neither a size such as '1 GiB' nor off", size));
  }
  ASSIGN_OR_RETURN(const data::PredictionSelection selection, selection_of(arguments, catalogue));
  const std::int64_t days = arguments.integer("log-days");
  const std::string folder = arguments.text("home") + "/log";
  store::AppendLogOptions options;
  options.total_bytes = *bytes;
  options.age_max_us = days * 24 * 3600 * 1'000'000;
  ASSIGN_OR_RETURN(auto log, data::PredictionLog::open(folder, options, registry));
  log_info("logging predictions to {} ({} or {} days; --log off)", folder, bytes_text(*bytes),
           days);
  return std::make_unique<ServeLog>(std::move(log), selection);
}

}  // namespace slipway::app
