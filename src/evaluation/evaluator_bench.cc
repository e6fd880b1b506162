// A report of the size of a year of flights: 336,000 rows, 23 columns, by month.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/evaluator.h"
#include "evaluation/sort_numbers.h"
#include "frame/builder.h"

namespace slipway::evaluation {
namespace {

constexpr std::int64_t kRows = 168'000;  // of each sample
constexpr int kNumbers = 18, kCategories = 5;

double noise(std::uint64_t at) {
  std::uint64_t z = at * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  return static_cast<double>((z ^ (z >> 27)) >> 11) * 0x1p-53;
}

frame::Frame flights(std::uint64_t seed) {
  std::vector<frame::Field> fields;
  std::vector<frame::Column> columns;
  const auto add = [&](std::string name, frame::Column column) {
    fields.push_back({std::move(name), column.type()});
    columns.push_back(std::move(column));
  };
  for (int k = 0; k < kNumbers + 2; ++k) {
    frame::FixedBuilder<double> values;
    for (std::int64_t row = 0; row < kRows; ++row) {
      const double u = noise(seed + static_cast<std::uint64_t>(row * 31 + k));
      values.append(k == kNumbers + 1 ? std::floor(2 * u) : k % 2 == 0 ? u : std::floor(1000 * u));
    }
    const std::string name = k < kNumbers    ? "n" + std::to_string(k)
                             : k == kNumbers ? "p_1"
                                             : "late";
    add(name, values.finish(frame::Type::of(frame::TypeId::kFloat64)));
  }
  for (int k = 0; k < kCategories; ++k) {
    frame::StringBuilder values;
    for (std::int64_t row = 0; row < kRows; ++row) {
      const double u = noise(seed + static_cast<std::uint64_t>(row * 37 + k));
      values.append("category " + std::to_string(static_cast<int>(100 * u * u)));
    }
    add("c" + std::to_string(k), values.finish());
  }
  frame::FixedBuilder<std::int64_t> times;
  for (std::int64_t row = 0; row < kRows; ++row) times.append(row * 90 * 1'000'000);
  add("time", times.finish(frame::Type::of(frame::TypeId::kTimestamp)));
  return frame::Frame::make(frame::Schema(fields), columns).value();
}

EvaluatorOptions options_for(bool compat) {
  EvaluatorOptions options;
  for (int k = 0; k < kNumbers; ++k) options.features.push_back({"n" + std::to_string(k)});
  for (int k = 0; k < kCategories; ++k) {
    options.features.push_back({"c" + std::to_string(k), FeatureKind::kCategory, {}});
  }
  options.prediction = "p_1";
  options.classes = {"0", "1"};
  options.positive = "1";
  options.target = "late";
  options.time = "time";
  options.by = By::kMonth;
  options.compat = compat;
  return options;
}

void report(benchmark::State& state) {
  const frame::Frame reference = flights(1), current = flights(7'777'777);
  for (auto _ : state) {
    Evaluator evaluator(options_for(state.range(0) != 0));
    static_cast<void>(evaluator.add_reference(reference).has_value());
    static_cast<void>(evaluator.add_current(current).has_value());
    benchmark::DoNotOptimize(evaluator.finish());
  }
  state.SetItemsProcessed(state.iterations() * 2 * kRows);
}
BENCHMARK(report)->ArgName("compat")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void sort_a_column(benchmark::State& state) {
  std::vector<double> values(static_cast<std::size_t>(kRows));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = noise(i);
  for (auto _ : state) {
    std::vector<double> copy = values;
    sort_numbers(copy);
    benchmark::DoNotOptimize(copy.data());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(sort_a_column)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slipway::evaluation
