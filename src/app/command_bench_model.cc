// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/bench_loads.h"
#include "app/commands.h"
#include "app/rivals.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "deploy/core/load.h"
#include "plan/engine_choice.h"
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

Result<Sample> read_sample_of(const plan::Plan& plan, const Arguments& arguments,
                              std::size_t largest_batch) {
  Sample sample;
  if (!arguments.is_set("rows")) {
    const auto& inputs = plan.model().inputs;
    if (std::any_of(inputs.begin(), inputs.end(),
                    [](const auto& input) { return input.kind == model::InputKind::kText; }))
      return Error(
          Code::kInvalidArgument, "app.bench_rows",
          "this model reads texts, which are not drawn: give sample rows with --rows FILE");
    sample.rows = std::max(kDrawnRows, largest_batch);
    sample.values = scoring::draw_inputs(plan.model(), sample.rows, 1);
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
  double build_ms = 0;
  std::size_t memory = 0;  // bytes: Scorer::memory_bytes
  bool chosen = false;
};

// An engine, or the table of those that would be chosen.
struct Contender {
  std::string name;
  scoring::EngineTable table;
};

struct Bench {
  const plan::Plan& plan;
  const Sample& sample;
  bool raw;
  scoring::TimingOptions timing;
  ThreadPool* pool;
  plan::EngineChoice::Tables measured;  // for this machine, where the model was measured on it
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

struct TreesOf {
  std::size_t node = 0;
  const model::TreeEnsemble* ensemble = nullptr;
};

// The node with most splits.
TreesOf largest_trees(const model::Model& model) {
  TreesOf largest;
  for (std::size_t node = 0; node < model.nodes.size(); ++node) {
    const auto* trees = std::get_if<model::TreeEnsemble>(&model.nodes[node].op);
    if (trees != nullptr &&
        (largest.ensemble == nullptr || trees->splits() > largest.ensemble->splits()))
      largest = {node, trees};
  }
  return largest;
}

Contender contender_of(const Bench& bench, const TreesOf& trees, Isa isa, const std::string& name) {
  scoring::EngineOptions options{.isa = isa};
  if (name != "auto") options.forced = name;
  if (const auto table = bench.measured.find(trees.node);
      name == "auto" && table != bench.measured.end())
    options.table = table->second;
  return {name, scoring::EngineSet(*trees.ensemble, options).table()};
}

std::vector<Contender> contenders_of(const Bench& bench, Isa isa) {
  const TreesOf trees = largest_trees(bench.plan.model());
  if (trees.ensemble == nullptr) return {{.name = "kernels", .table = {}}};
  std::vector<Contender> contenders;
  for (const std::string_view name : scoring::engine_names()) {
    Contender contender = contender_of(bench, trees, isa, std::string(name));
    if (contender.table.front().engine == name) contenders.push_back(std::move(contender));
  }
  contenders.push_back(contender_of(bench, trees, isa, "auto"));
  return contenders;
}

std::vector<Line> run_all(const Bench& bench, const std::vector<std::size_t>& batches, Isa isa,
                          const std::string& only) {
  const model::Model& model = bench.plan.model();
  const std::vector<Contender> contenders = contenders_of(bench, isa);
  std::vector<Line> lines;
  for (const Contender& contender : contenders) {
    if (!only.empty() && contender.name != only) continue;
    const bool chosen = contender.name == "auto" || contender.name == "kernels";
    scoring::ScoringOptions options{.isa = isa, .pool = bench.pool};
    if (chosen) options.tables = bench.measured;
    if (!chosen) options.forced = contender.name;
    const std::int64_t started = system_clock().monotonic_ns();
    const scoring::Scorer scorer(model, options);
    scorer.prepare();
    const double build_ms = static_cast<double>(system_clock().monotonic_ns() - started) * 1e-6;
    for (const std::size_t batch : batches) {
      if (batch > bench.sample.rows) continue;
      lines.push_back({contender.name, batch, time_scorer(bench, scorer, batch), build_ms,
                       scorer.memory_bytes(),
                       chosen_engine(contenders.back().table, batch) == contender.name});
    }
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
        .member("build_ms", line.build_ms)
        .member("memory_bytes", static_cast<std::uint64_t>(line.memory))
        .member("chosen", line.chosen)
        .end_object();
  }
  json.end_array();
  return out;
}

std::string bench_text(const std::vector<Line>& lines, Isa isa, std::size_t threads) {
  std::string out = fmt::format(
      "instructions: {}; {} in ns per row, * "
      "chosen\n{:<12}{:>8}{:>12}{:>12}{:>12}{:>9}{:>12}{:>12}\n",
      scoring::isa::name_of(isa), threads > 1 ? "time" : "CPU time", "engine", "rows", "median",
      "p10", "p99", "CPU", "memory", "build ms");
  for (const Line& line : lines) {
    out += fmt::format("{:<12}{:>8}{:>11.1f}{}{:>12.1f}{:>12.1f}{:>8.0f}%{:>12}{:>12.1f}\n",
                       line.engine, line.batch, line.timing.ns_per_row, line.chosen ? "*" : " ",
                       line.timing.p10_ns, line.timing.p99_ns, 100 * line.timing.cpu_share,
                       bytes_text(line.memory), line.build_ms);
  }
  out.pop_back();
  return out;
}

Result<int> run_duel(const plan::Plan& plan, const Sample& sample,
                     const std::vector<std::size_t>& batches, const Arguments& arguments,
                     const Console& console) {
  const std::string file = arguments.text("M");
  console.note(fmt::format("--against: {} now loads {}, which executes what is in it",
                           arguments.text("python"), file));
  ASSIGN_OR_RETURN(
      const std::string json,
      duel(arguments.list("against"), plan, file,
           {sample.values, batches, static_cast<double>(arguments.integer("milliseconds")) * 1e-2,
            sample.frame ? &*sample.frame : nullptr},
           arguments));
  if (console.json()) {
    console.print(json);
    return kDone;
  }
  ASSIGN_OR_RETURN(const std::string text, duel_text(json));
  console.print(text);
  return kDone;
}

}  // namespace

Result<int> run_bench(const Arguments& arguments, const Console& console) {
  const deploy::LoadOptions load{.home = arguments.text("home"),
                                 .categorical = arguments.list("categorical"),
                                 .start_at = arguments.text("start-at"),
                                 .isa = arguments.text("isa")};
  ASSIGN_OR_RETURN(const deploy::Loaded loaded, deploy::load_model(arguments.text("M"), load));
  Isa isa = scoring::isa::best_isa();
  if (arguments.is_set("isa")) {
    ASSIGN_OR_RETURN(isa, scoring::isa::isa_named(arguments.text("isa")));
  }
  ASSIGN_OR_RETURN(const std::vector<std::size_t> batches, batches_of(arguments));
  ASSIGN_OR_RETURN(
      const Sample sample,
      read_sample_of(*loaded.plan, arguments, *std::max_element(batches.begin(), batches.end())));
  if (arguments.is_set("against"))
    return run_duel(*loaded.plan, sample, batches, arguments, console);
  if (arguments.is_set("loads")) {
    const std::span row(sample.values.data(), loaded.plan->scorer().inputs());
    ASSIGN_OR_RETURN(const LoadTimes times,
                     time_loads(arguments.text("M"), load, row, sample.texts,
                                static_cast<std::size_t>(arguments.integer("loads"))));
    console.print(console.json() ? load_times_json(loaded.name, times) : load_times_text(times));
    return kDone;
  }
  const auto threads = static_cast<std::size_t>(arguments.integer("threads"));
  ThreadPool pool("bench", threads - 1);
  const Bench bench{*loaded.plan,
                    sample,
                    arguments.flag("raw"),
                    {.seconds = static_cast<double>(arguments.integer("milliseconds")) * 1e-3,
                     .wall = threads > 1},
                    &pool,
                    plan::EngineChoice(posix_env(), arguments.text("home"))
                        .read(loaded.plan->digest(), isa)
                        .value_or(plan::EngineChoice::Tables{})};
  const std::vector<Line> lines = run_all(bench, batches, isa, arguments.text("engine"));
  console.print(console.json() ? bench_json(loaded.name, lines) : bench_text(lines, isa, threads));
  return kDone;
}

}  // namespace slipway::app
