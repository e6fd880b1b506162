// Time per call, ours beside the C library's, over arguments as margins have them.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "base/math/elementary.h"
#include "base/math/test_points.h"

namespace slipway::math {
namespace {

std::vector<double> arguments(double low, double high) {
  TestPoints points(1);
  std::vector<double> xs(4096);
  for (double& x : xs) x = points.between(low, high);
  return xs;
}

void measure(benchmark::State& state, double (*function)(double), double low, double high) {
  const std::vector<double> xs = arguments(low, high);
  for (auto _ : state) {
    double sum = 0;
    for (const double x : xs) sum += function(x);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(xs.size()));
}

BENCHMARK_CAPTURE(measure, exp, exp, -10, 10);
BENCHMARK_CAPTURE(measure, exp_libm, std::exp, -10, 10);
BENCHMARK_CAPTURE(measure, expm1, expm1, -2, 2);
BENCHMARK_CAPTURE(measure, expm1_libm, std::expm1, -2, 2);
BENCHMARK_CAPTURE(measure, log, log, 1e-3, 1e3);
BENCHMARK_CAPTURE(measure, log_libm, std::log, 1e-3, 1e3);
BENCHMARK_CAPTURE(measure, log1p, log1p, 1e-3, 1e3);
BENCHMARK_CAPTURE(measure, log1p_libm, std::log1p, 1e-3, 1e3);
BENCHMARK_CAPTURE(measure, tanh, tanh, -4, 4);
BENCHMARK_CAPTURE(measure, tanh_libm, std::tanh, -4, 4);
BENCHMARK_CAPTURE(measure, erf, erf, -4, 4);
BENCHMARK_CAPTURE(measure, erf_libm, std::erf, -4, 4);
BENCHMARK_CAPTURE(measure, sigmoid, sigmoid, -10, 10);
BENCHMARK_CAPTURE(
    measure, sigmoid_libm, [](double x) { return 1 / (1 + std::exp(-x)); }, -10, 10);
BENCHMARK_CAPTURE(
    measure, pow, [](double x) { return pow(x, 2.7); }, 1e-3, 1e3);
BENCHMARK_CAPTURE(
    measure, pow_libm, [](double x) { return std::pow(x, 2.7); }, 1e-3, 1e3);

void softmax_of_ten(benchmark::State& state) {
  const std::vector<double> in = arguments(-5, 5);
  std::vector<double> out(in.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i + 10 <= in.size(); i += 10) {
      softmax(std::span(in).subspan(i, 10), std::span(out).subspan(i, 10));
    }
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(in.size()));
}
BENCHMARK(softmax_of_ten);

}  // namespace
}  // namespace slipway::math
