// How long a large model takes to import: 400 complete trees of depth 8, 12 MB of JSON.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <string>

#include "model/import/xgboost/xgboost.h"

namespace slipway::model {
namespace {

constexpr int kTrees = 400;
constexpr int kNodes = 511;
constexpr int kSplits = 255;

template <typename Function>
void append_array(std::string& out, const char* name, Function value) {
  fmt::format_to(std::back_inserter(out), "\"{}\":[", name);
  for (int node = 0; node < kNodes; ++node) {
    if (node > 0) out += ',';
    fmt::format_to(std::back_inserter(out), "{}", value(node));
  }
  out += "],";
}

// Floats as XGBoost prints them, of nine digits.
std::string number(std::uint32_t seed) {
  return fmt::format("-{}.{:08}E-{}", seed % 9 + 1, seed * 2654435761U % 100000000, seed % 3 + 1);
}

std::string tree(int id) {
  std::string out = "{";
  const auto any = [id](int node) {
    return number(static_cast<std::uint32_t>(id * kNodes + node));
  };
  const auto zero = [](int) { return 0; };
  append_array(out, "base_weights", any);
  append_array(out, "default_left", [](int node) { return node % 2; });
  append_array(out, "left_children", [](int node) { return node < kSplits ? 2 * node + 1 : -1; });
  append_array(out, "loss_changes", any);
  append_array(out, "parents", [](int node) { return node > 0 ? (node - 1) / 2 : 2147483647; });
  append_array(out, "right_children", [](int node) { return node < kSplits ? 2 * node + 2 : -1; });
  append_array(out, "split_conditions", any);
  append_array(out, "split_indices", [](int node) { return node % 30; });
  append_array(out, "split_type", zero);
  append_array(out, "sum_hessian", any);
  out += R"("tree_param":{"num_nodes":"511","size_leaf_vector":"1"}})";
  return out;
}

std::string json() {
  std::string trees, info;
  for (int id = 0; id < kTrees; ++id) {
    trees += (id > 0 ? "," : "") + tree(id);
    info += id > 0 ? ",0" : "0";
  }
  return R"({"learner":{"gradient_booster":{"name":"gbtree","model":{"trees":[)" + trees +
         R"(],"tree_info":[)" + info +
         R"(]}},"learner_model_param":{"base_score":"5E-1","num_feature":"30"},)" +
         R"("objective":{"name":"binary:logistic"}},"version":[3,2,0]})";
}

void import_json(benchmark::State& state) {
  const std::string text = json();
  for (auto _ : state) {
    const auto model = read_xgboost(text);
    if (!model) state.SkipWithError(model.error().message().c_str());
    benchmark::DoNotOptimize(model.has_value());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.counters["MB"] = static_cast<double>(text.size()) / 1e6;
}
BENCHMARK(import_json)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slipway::model
