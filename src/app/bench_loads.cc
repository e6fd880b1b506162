// SPDX-License-Identifier: Apache-2.0
#include "app/bench_loads.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/json_writer.h"

namespace slipway::app {

Result<LoadTimes> time_loads(const std::string& reference, const deploy::LoadOptions& options,
                             std::span<const double> row, scoring::Texts texts, std::size_t loads) {
  std::vector<double> ms;
  for (std::size_t i = 0; i < loads; ++i) {
    const std::int64_t started = process_cpu_ns();
    ASSIGN_OR_RETURN(const deploy::Loaded loaded, deploy::load_model(reference, options));
    const scoring::Scorer& scorer = loaded.plan->scorer();
    std::vector<double> margins(scorer.margin_columns()), predictions(scorer.prediction_columns());
    RETURN_IF_ERROR(
        scorer.score({row.data(), 1, row.size()}, {margins.data(), predictions.data()}, texts));
    ms.push_back(static_cast<double>(process_cpu_ns() - started) * 1e-6);
  }
  std::sort(ms.begin(), ms.end());
  const auto at = [&](double share) {
    return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1) + 0.5)];
  };
  return LoadTimes{loads, at(0.5), at(0.1), at(0.99)};
}

std::string load_times_text(const LoadTimes& times) {
  return fmt::format(
      "from the file to the first answer, {} times: median {:.2f} ms of CPU time, p10 {:.2f}, p99 "
      "{:.2f}",
      times.loads, times.median_ms, times.p10_ms, times.p99_ms);
}

std::string load_times_json(const std::string& model, const LoadTimes& times) {
  std::string out;
  JsonWriter json(&out);
  json.begin_object()
      .member("model", model)
      .member("loads", static_cast<std::uint64_t>(times.loads))
      .member("median_ms", times.median_ms)
      .member("p10_ms", times.p10_ms)
      .member("p99_ms", times.p99_ms)
      .end_object();
  return out;
}

}  // namespace slipway::app
