// What accept() costs the thread that serves a request: one row, 22 inputs (18 numbers, 4 texts).
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "data/prediction_log.h"
#include "frame/builder.h"

namespace slipway::data {
namespace {

frame::Frame one_row() {
  std::vector<frame::Field> fields;
  std::vector<frame::Column> columns;
  for (int i = 0; i < 22; ++i) {
    const std::vector<std::string> text = {"JFK"};
    const std::vector<double> number = {0.5 * i};
    columns.push_back(i < 4 ? frame::column_of(text) : frame::column_of(number));
    fields.push_back({.name = fmt::format("input_{}", i), .type = columns.back().type()});
  }
  return frame::Frame::make(frame::Schema(std::move(fields)), std::move(columns)).value();
}

void accept_one_row(benchmark::State& state) {
  auto folder = TemporaryFolder::create().value();
  const auto log = PredictionLog::open(folder.path()).value();
  const frame::Frame inputs = one_row();
  const frame::Frame output =
      frame::Frame::make(frame::Schema({{.name = "prediction"}}), {inputs.column(10)}).value();
  const frame::PredictionBatch batch{.model = "delay",
                                     .version = "sha256:0123456789abcdef",
                                     .request_id = "018f2c3e-7b1a-7c3d-9a5e",
                                     .single = true,
                                     .time_us = 1372655700'000000,
                                     .inputs = inputs,
                                     .outputs = output};
  // Batches that fit, so that drops do not flatter the figure.
  std::int64_t in_batch = 0;
  for (auto _ : state) {
    log->accept(batch);
    if (++in_batch < 10000) continue;
    state.PauseTiming();
    (void)log->flush().has_value();
    in_batch = 0;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["dropped"] = static_cast<double>(log->stats().rows_dropped);
}

BENCHMARK(accept_one_row);

}  // namespace
}  // namespace slipway::data
