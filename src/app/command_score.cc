// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/interrupt.h"
#include "app/serve_log.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "data/prediction_log.h"
#include "data/selected_predictions.h"
#include "data/write.h"
#include "deploy/core/load.h"
#include "deploy/core/request_id.h"
#include "deploy/oneoff/score.h"

namespace slipway::app {
namespace {

namespace oneoff = deploy::oneoff;

// Only what is asked for leaves the file: the model's inputs, and columns to keep.
std::vector<std::string> needed_columns(const plan::Plan& plan,
                                        const std::vector<std::string>& keep) {
  std::vector<std::string> names = plan.input_schema().names();
  std::set<std::string> seen(names.begin(), names.end());
  for (const auto& name : keep) {
    if (seen.insert(name).second) names.push_back(name);
  }
  return names;
}

std::string summary_text(const oneoff::ScoreSummary& summary, const std::string& out,
                         double seconds, bool json) {
  const double model_share = static_cast<double>(summary.model_cpu_ns) /
                             static_cast<double>(std::max<std::int64_t>(process_cpu_ns(), 1));
  if (!json) {
    return fmt::format("{} rows scored in {:.2f} s ({} rows/s, the model {:.0f} % of it): {}",
                       grouped(static_cast<std::uint64_t>(summary.rows)), seconds,
                       grouped(static_cast<std::uint64_t>(static_cast<double>(summary.rows) /
                                                          std::max(seconds, 1e-9))),
                       100 * model_share, out);
  }
  std::string text;
  JsonWriter writer(&text);
  writer.begin_object()
      .member("rows", summary.rows)
      .member("seconds", seconds)
      .member("model_share", model_share)
      .member("out", out)
      .end_object();
  return text;
}

std::size_t threads_of(const Arguments& arguments) {
  const auto asked = static_cast<std::size_t>(arguments.integer("threads"));
  return asked > 0 ? asked : usable_cores();
}

// Scoring costs several times what reading does: one reader for four scorers. Whatever the file's
// size, so that a longer file takes no more memory.
std::size_t reading_threads_of(const Arguments& arguments) {
  return std::max<std::size_t>(1, threads_of(arguments) / 4);
}

Result<void> close_log(data::PredictionLog& log) {
  RETURN_IF_ERROR(log.close());
  const auto stats = log.stats();
  if (stats.rows_dropped == 0 && stats.log.lost == 0) return {};
  return Error(Code::kDataLoss, "data.log_dropped",
               fmt::format("the scores are written, but {} predictions did not get into the log: "
                           "the disk did not take them",
                           stats.rows_dropped + stats.log.lost));
}

}  // namespace

Result<int> run_score(const Arguments& arguments, const Console& console) {
  Interrupt interrupt;
  const std::int64_t started_ns = system_clock().monotonic_ns();
  ASSIGN_OR_RETURN(
      const deploy::Loaded loaded,
      deploy::load_model(arguments.text("M"), {.home = arguments.text("home"),
                                               .categorical = arguments.list("categorical"),
                                               .start_at = arguments.text("start-at"),
                                               .columns = arguments.list("columns"),
                                               .isa = arguments.text("isa"),
                                               .engine = arguments.text("engine")}));
  const plan::Plan& plan = *loaded.plan;
  const std::vector<std::string> redacted = arguments.list("log-redact");
  RETURN_IF_ERROR(check_redacted(redacted, {columns_of(loaded.name, plan)}));
  const deploy::RequestId run_id = deploy::RequestIds(system_clock()).next();
  oneoff::ScoreOptions options{.raw = arguments.flag("raw"),
                               .keep = arguments.list("keep"),
                               .with_id = arguments.flag("with-id"),
                               .run_id = std::string(deploy::view_of(run_id)),
                               .model = loaded.name,
                               .time_us = system_clock().now_us()};
  data::ReadOptions reading = read_options_for(plan);
  reading.columns = needed_columns(plan, options.keep);
  reading.filter = arguments.text("filter");
  reading.threads = reading_threads_of(arguments);
  const std::string out_path = arguments.text("out");
  ASSIGN_OR_RETURN(const auto rows, data::read(arguments.text("ROWS"), reading));
  ASSIGN_OR_RETURN(const auto binding, plan.bind(rows->schema()));  // before anything is written
  ASSIGN_OR_RETURN(const frame::Schema schema, oneoff::score_schema(plan, rows->schema(), options));
  data::WriteOptions writing;
  if (out_path == "-") writing.format = data::Format::kCsv;
  ASSIGN_OR_RETURN(const auto out, data::write(out_path, schema, writing));

  std::unique_ptr<data::PredictionLog> log;
  if (arguments.flag("log")) {
    // A table comes faster than requests do: room for all frames in flight, and no faster than the disk (below).
    ASSIGN_OR_RETURN(log, data::PredictionLog::open(arguments.text("home") + "/log",
                                                    {.buffer_bytes = std::size_t{256} << 20}));
  }
  std::optional<data::SelectedPredictions> selected;
  std::vector<frame::PredictionSink*> sinks;
  if (log != nullptr)
    sinks.push_back(&selected.emplace(*log, data::PredictionSelection{.withheld = redacted}));
  ThreadPool pool("score", threads_of(arguments) - 1);
  ProgressBar bar("scoring", rows_if_known(arguments.text("ROWS")));
  std::int64_t shown = 0;
  options.sinks = sinks;
  options.pool = &pool;
  options.cancelled = [&] { return interrupt.requested(); };
  options.progress = [&](std::int64_t done) {
    bar.advance(static_cast<std::uint64_t>(done - shown)), shown = done;
    if (log != nullptr) (void)log->flush().has_value();  // close_log() says what was lost
  };
  ASSIGN_OR_RETURN(const oneoff::ScoreSummary summary, oneoff::score(plan, *rows, *out, options));
  RETURN_IF_ERROR(out->finish());
  bar.finish();
  if (log != nullptr) RETURN_IF_ERROR(close_log(*log));
  const double seconds = static_cast<double>(system_clock().monotonic_ns() - started_ns) * 1e-9;
  const std::string text = summary_text(summary, out_path, seconds, console.json());
  out_path == "-" ? console.note(text) : console.print(text);
  return kDone;
}

}  // namespace slipway::app
