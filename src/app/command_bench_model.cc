// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/commands.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "deploy/core/load.h"
#include "scoring/draw.h"
#include "scoring/measure.h"
#include "scoring/scorer.h"

namespace slipway::app {
namespace {

using scoring::isa::Isa;

constexpr std::size_t kDrawnRows = 16'384;

// Encoded rows, and the texts that go with them.
struct Sample {
  std::vector<double> values;
  std::size_t rows = 0;
  std::vector<std::vector<std::string_view>> texts;
  std::optional<frame::Frame> frame;  // keeps the texts
};

Result<Sample> read_sample_of(const plan::Plan& plan, const Arguments& arguments) {
  Sample sample;
  if (!arguments.is_set("rows")) {
    const auto& inputs = plan.model().inputs;
    if (std::any_of(inputs.begin(), inputs.end(),
                    [](const auto& input) { return input.kind == model::InputKind::kText; }))
      return Error(
          Code::kInvalidArgument, "app.bench_rows",
          "this model reads texts, which are not drawn: give sample rows with --rows FILE");
    sample.values = scoring::draw_inputs(plan.model(), kDrawnRows, 1);
    sample.rows = kDrawnRows;
    return sample;
  }
  ASSIGN_OR_RETURN(sample.frame, read_sample(arguments.text("rows"), read_options_for(plan)));
  ASSIGN_OR_RETURN(const plan::Binding binding, plan.bind(sample.frame->schema()));
  ASSIGN_OR_RETURN(sample.values, plan.encode(*sample.frame, binding));
  sample.texts = plan.texts(*sample.frame, binding);
  sample.rows = static_cast<std::size_t>(sample.frame->rows());
  if (sample.rows > 0) return sample;
  return Error(Code::kInvalidArgument, "app.bench_rows",
               fmt::format("{} holds no rows", arguments.text("rows")));
}

Result<std::vector<std::size_t>> batches_of(const Arguments& arguments) {
  const std::string text = arguments.text("batches");
  std::vector<std::size_t> batches;
  for (const std::string_view word : split(text, ',')) {
    const auto number = parse_int64(word);
    if (!number || *number <= 0 || *number > 1'000'000)
      return Error(
          Code::kInvalidArgument, "app.option",
          fmt::format("--batches holds '{}': numbers of rows expected, such as 1,8,1024", word));
    batches.push_back(static_cast<std::size_t>(*number));
  }
  return batches;
}

struct Line {
  std::string engine;
  std::size_t batch = 0;
  scoring::Timing timing;
  bool chosen = false;
};

struct Bench {
  const plan::Plan& plan;
  const Sample& sample;
  bool raw;
  scoring::TimingOptions timing;
};

scoring::Timing time_scorer(const Bench& bench, const scoring::Scorer& scorer, std::size_t batch) {
  const std::size_t width = scorer.inputs();
  std::vector<double> margins(batch * scorer.margin_columns());
  std::vector<double> predictions(batch * scorer.prediction_columns());
  const bool texts = !bench.sample.texts.empty();
  return scoring::time_batches(
      texts ? batch : bench.sample.rows, batch,
      [&](std::size_t first, std::size_t rows) {
        (void)scorer.score({bench.sample.values.data() + first * width, rows, width},
                           {margins.data(), bench.raw ? nullptr : predictions.data()},
                           bench.sample.texts);
      },
      bench.timing);
}

// The engine that the model's largest ensemble uses for so many rows.
std::string chosen_engine(const scoring::EngineTable& table, std::size_t batch) {
  std::string chosen;
  for (const auto& rule : table) {
    if (rule.rows <= batch) chosen = rule.engine;
  }
  return chosen;
}

const model::TreeEnsemble* largest_trees(const model::Model& model) {
  const model::TreeEnsemble* largest = nullptr;
  for (const auto& node : model.nodes) {
    const auto* trees = std::get_if<model::TreeEnsemble>(&node.op);
    if (trees != nullptr && (largest == nullptr || trees->splits() > largest->splits()))
      largest = trees;
  }
  return largest;
}

std::vector<Line> run_all(const Bench& bench, const std::vector<std::size_t>& batches, Isa isa,
                          const std::string& only) {
  const model::Model& model = bench.plan.model();
  const model::TreeEnsemble* trees = largest_trees(model);
  std::vector<std::pair<std::string, scoring::EngineTable>> engines;
  if (trees == nullptr) {
    engines = {{"kernels", {}}};
  } else {
    for (const std::string_view name : scoring::engine_names()) {
      const scoring::EngineSet set(*trees, {.isa = isa, .forced = std::string(name)});
      if (set.table().front().engine == name) engines.push_back({std::string(name), {}});
    }
    engines.push_back({"auto", scoring::EngineSet(*trees, {.isa = isa}).table()});
  }
  std::vector<Line> lines;
  for (const auto& [name, table] : engines) {
    if (!only.empty() && name != only) continue;
    const scoring::Scorer scorer(
        model, scoring::ScoringOptions{.isa = isa, .forced = name == "auto" ? "" : name});
    for (const std::size_t batch : batches) {
      if (batch > bench.sample.rows) continue;
      lines.push_back({name, batch, time_scorer(bench, scorer, batch), false});
    }
  }
  if (trees != nullptr) {
    const scoring::EngineTable& table = engines.back().second;
    for (Line& line : lines) line.chosen = chosen_engine(table, line.batch) == line.engine;
  }
  return lines;
}

std::string bench_json(const std::string& model, const std::vector<Line>& lines) {
  std::string out;
  JsonWriter json(&out);
  json.begin_array();
  for (const Line& line : lines) {
    json.begin_object().member("model", model).member("engine", line.engine);
    json.member("batch", static_cast<std::uint64_t>(line.batch))
        .member("ns_per_row", line.timing.ns_per_row)
        .member("p10_ns", line.timing.p10_ns)
        .member("p99_ns", line.timing.p99_ns)
        .member("samples", static_cast<std::uint64_t>(line.timing.samples))
        .member("cpu_share", line.timing.cpu_share)
        .member("chosen", line.chosen)
        .end_object();
  }
  json.end_array();
  return out;
}

std::string bench_text(const std::vector<Line>& lines, Isa isa) {
  std::string out = fmt::format(
      "instructions: {}; CPU time in ns per row, * chosen\n{:<12}{:>8}{:>12}{:>12}{:>12}{:>9}\n",
      scoring::isa::name_of(isa), "engine", "rows", "median", "p10", "p99", "CPU");
  for (const Line& line : lines) {
    out += fmt::format("{:<12}{:>8}{:>11.1f}{}{:>12.1f}{:>12.1f}{:>8.0f}%\n", line.engine,
                       line.batch, line.timing.ns_per_row, line.chosen ? "*" : " ",
                       line.timing.p10_ns, line.timing.p99_ns, 100 * line.timing.cpu_share);
  }
  out.pop_back();
  return out;
}

}  // namespace

Result<int> run_bench(const Arguments& arguments, const Console& console) {
  ASSIGN_OR_RETURN(
      const deploy::Loaded loaded,
      deploy::load_model(arguments.text("M"), {.home = arguments.text("home"),
                                               .categorical = arguments.list("categorical"),
                                               .start_at = arguments.text("start-at")}));
  Isa isa = scoring::isa::best_isa();
  if (arguments.is_set("isa")) {
    ASSIGN_OR_RETURN(isa, scoring::isa::isa_named(arguments.text("isa")));
  }
  ASSIGN_OR_RETURN(const std::vector<std::size_t> batches, batches_of(arguments));
  ASSIGN_OR_RETURN(const Sample sample, read_sample_of(*loaded.plan, arguments));
  const Bench bench{*loaded.plan,
                    sample,
                    arguments.flag("raw"),
                    {.seconds = static_cast<double>(arguments.integer("milliseconds")) * 1e-3}};
  const std::vector<Line> lines = run_all(bench, batches, isa, arguments.text("engine"));
  console.print(console.json() ? bench_json(loaded.name, lines) : bench_text(lines, isa));
  return kDone;
}

}  // namespace slipway::app
