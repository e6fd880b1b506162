// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/thread_pool.h"
#include "data/read.h"
#include "deploy/core/load.h"
#include "deploy/oneoff/score.h"
#include "evaluation/evaluator.h"
#include "evaluation/render.h"

namespace slipway::app {
namespace {

namespace ev = evaluation;
namespace oneoff = deploy::oneoff;

Result<ev::By> period_of(const std::string& text) {
  if (text.empty()) return ev::By::kNothing;
  if (text == "day") return ev::By::kDay;
  if (text == "week") return ev::By::kWeek;
  if (text == "month") return ev::By::kMonth;
  return Error(Code::kInvalidArgument, "app.option",
               fmt::format("--by: '{}' is not day, week or month", text));
}

std::vector<ev::FeatureSpec> features_of(const model::Model& model) {
  std::vector<ev::FeatureSpec> features;
  for (const auto& input : model.inputs) {
    if (input.kind == model::InputKind::kText) continue;  // every text is new
    const bool category = input.kind != model::InputKind::kNumber;
    features.push_back({.name = input.name,
                        .kind = category ? ev::FeatureKind::kCategory : ev::FeatureKind::kNumber,
                        .categories = input.categories});
  }
  return features;
}

// The class that counts as positive: --positive, else the second.
Result<std::string> positive_class(const model::Outputs& outputs, const std::string& asked) {
  if (asked.empty()) return outputs.classes[1];
  if (std::find(outputs.classes.begin(), outputs.classes.end(), asked) != outputs.classes.end())
    return asked;
  return Error(Code::kInvalidArgument, "app.option",
               fmt::format("--positive: the model has no class '{}'; it has {}", asked,
                           fmt::join(outputs.classes, ", ")));
}

Result<void> set_outputs(const model::Outputs& outputs, const Arguments& arguments,
                         ev::EvaluatorOptions* options) {
  switch (outputs.task) {
    case model::Task::kBinary: {
      options->task = ev::Task::kBinary;
      ASSIGN_OR_RETURN(options->positive, positive_class(outputs, arguments.text("positive")));
      options->prediction = "p_" + options->positive;
      break;
    }
    case model::Task::kMulticlass:
    case model::Task::kLabel:  // the report does without probabilities
      options->task = ev::Task::kMulticlass;
      break;
    case model::Task::kTransform:
      return Error(Code::kUnimplemented, "app.monitor.transform",
                   "the model makes columns for another model and predicts nothing: give the model "
                   "that reads them");
    case model::Task::kTargets:
      return Error(Code::kUnimplemented, "app.monitor.targets",
                   "the model predicts several targets at once, and a report judges one: train "
                   "one classifier for each, or compare the tables of `slipway score`");
    default:
      options->task = ev::Task::kRegression;
      options->prediction = "prediction";
      return {};
  }
  options->label = "label";
  options->classes = outputs.classes;
  return {};
}

Result<ev::EvaluatorOptions> evaluator_options(const deploy::Loaded& loaded,
                                               const Arguments& arguments) {
  const auto name_of = [&](std::string_view option) {
    return std::filesystem::path(arguments.text(option)).filename().string();
  };
  ev::EvaluatorOptions options;
  options.model = fmt::format("{}:{}", loaded.name, loaded.version);
  options.title =
      fmt::format("{}: {} against {}", options.model, name_of("current"), name_of("reference"));
  options.created = format_utc(system_clock().now_us());
  options.features = features_of(loaded.plan->model());
  RETURN_IF_ERROR(set_outputs(loaded.plan->model().outputs, arguments, &options));
  options.target = arguments.text("target");
  options.time = arguments.text("time");
  ASSIGN_OR_RETURN(options.by, period_of(arguments.text("by")));
  if (options.by != ev::By::kNothing && options.time.empty()) {
    return Error(Code::kInvalidArgument, "app.option",
                 "--by needs --time: the column with the event time");
  }
  options.compat = arguments.flag("compat");
  return options;
}

// What a source has, with the columns that the report needs beside the model's inputs.
struct Sample {
  std::string path;
  std::vector<std::string> columns;  // to read
  std::vector<std::string> keep;     // to carry past the model
};

// Inputs are kept too: the report looks at them. Missing ones are the plan's to refuse.
Result<Sample> sample_of(const std::string& path, const plan::Plan& plan,
                         const ev::EvaluatorOptions& options) {
  ASSIGN_OR_RETURN(const data::Table table, data::describe(path, read_options_for(plan)));
  std::set<std::string> there;
  for (const auto& column : table.columns) there.insert(column.name);
  Sample sample{.path = path, .columns = {}, .keep = {}};
  std::vector<std::string> wanted = plan.input_schema().names();
  for (const auto& name : {options.target, options.time}) {
    if (!name.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end())
      wanted.push_back(name);
  }
  sample.columns = wanted;
  for (const auto& name : wanted) {
    if (there.contains(name)) sample.keep.push_back(name);
  }
  return sample;
}

class EvaluatorSink final : public frame::FrameSink {
 public:
  using Add = Result<void> (ev::Evaluator::*)(const frame::Frame&);
  EvaluatorSink(ev::Evaluator& evaluator, Add add) : evaluator_(evaluator), add_(add) {}
  Result<void> write(const frame::Frame& rows) override { return (evaluator_.*add_)(rows); }
  Result<void> finish() override { return {}; }

 private:
  ev::Evaluator& evaluator_;
  Add add_;
};

Result<void> score_into(const Sample& sample, const plan::Plan& plan, ThreadPool* pool,
                        EvaluatorSink sink, std::string_view title) {
  data::ReadOptions reading = read_options_for(plan);
  reading.columns = sample.columns;
  ASSIGN_OR_RETURN(const auto rows, data::read(sample.path, reading));
  ProgressBar bar(std::string(title), rows_if_known(sample.path));
  std::int64_t shown = 0;
  oneoff::ScoreOptions options{.keep = sample.keep, .pool = pool};
  options.progress = [&](std::int64_t done) {
    bar.advance(static_cast<std::uint64_t>(done - shown)), shown = done;
  };
  RETURN_IF_ERROR(oneoff::score(plan, *rows, sink, options));
  return {};
}

Result<void> write_reports(const ev::Report& report, const Arguments& arguments) {
  if (arguments.is_set("html")) {
    RETURN_IF_ERROR(write_file_atomically(arguments.text("html"), ev::render_html(report)));
  }
  if (arguments.is_set("out")) {
    RETURN_IF_ERROR(write_file_atomically(arguments.text("out"), ev::render_json(report) + "\n"));
  }
  return {};
}

bool drifted(const ev::Report& report) {
  const auto is_drifted = [](const ev::FeatureReport& f) {
    return f.drift.verdict == ev::Verdict::kDrifted;
  };
  return std::any_of(report.features.begin(), report.features.end(), is_drifted) ||
         std::any_of(report.outputs.begin(), report.outputs.end(), is_drifted);
}

}  // namespace

Result<int> run_monitor(const Arguments& arguments, const Console& console) {
  ASSIGN_OR_RETURN(
      const deploy::Loaded loaded,
      deploy::load_model(arguments.text("M"), {.home = arguments.text("home"),
                                               .categorical = arguments.list("categorical"),
                                               .start_at = arguments.text("start-at"),
                                               .columns = arguments.list("columns")}));
  ASSIGN_OR_RETURN(ev::EvaluatorOptions options, evaluator_options(loaded, arguments));
  const auto asked = static_cast<std::size_t>(arguments.integer("threads"));
  ThreadPool pool("monitor", (asked > 0 ? asked : usable_cores()) - 1);
  options.pool = &pool;
  ASSIGN_OR_RETURN(const Sample reference,
                   sample_of(arguments.text("reference"), *loaded.plan, options));
  ASSIGN_OR_RETURN(const Sample current,
                   sample_of(arguments.text("current"), *loaded.plan, options));
  ev::Evaluator evaluator(options);
  RETURN_IF_ERROR(score_into(reference, *loaded.plan, &pool,
                             {evaluator, &ev::Evaluator::add_reference}, "reference"));
  RETURN_IF_ERROR(score_into(current, *loaded.plan, &pool, {evaluator, &ev::Evaluator::add_current},
                             "current"));
  ASSIGN_OR_RETURN(const ev::Report report, evaluator.finish());
  RETURN_IF_ERROR(write_reports(report, arguments));
  console.print(console.json() ? ev::render_json(report)
                               : ev::render_text(report, {.columns = console.columns(),
                                                          .colour = console.colour()}));
  return arguments.flag("fail-on-drift") && drifted(report) ? kRefused : kDone;
}

}  // namespace slipway::app
