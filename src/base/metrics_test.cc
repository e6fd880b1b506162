// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/thread_pool.h"

namespace slipway {
namespace {

TEST(Metrics, RendersTheTextFormat) {
  MetricRegistry registry;
  registry
      .counter("slipway_requests_total", "Requests answered", {{"code", "200"}, {"model", "delay"}})
      .add(3);
  registry
      .counter("slipway_requests_total", "Requests answered", {{"code", "400"}, {"model", "delay"}})
      .add();
  registry.gauge("slipway_queue_rows", "Rows waiting").set(2.5);
  EXPECT_EQ(registry.render(),
            "# HELP slipway_queue_rows Rows waiting\n"
            "# TYPE slipway_queue_rows gauge\n"
            "slipway_queue_rows 2.5\n"
            "# HELP slipway_requests_total Requests answered\n"
            "# TYPE slipway_requests_total counter\n"
            "slipway_requests_total{code=\"200\",model=\"delay\"} 3\n"
            "slipway_requests_total{code=\"400\",model=\"delay\"} 1\n");
}

TEST(Metrics, AHistogramsBucketsAreInclusiveAndCumulative) {
  MetricRegistry registry;
  constexpr double kBounds[] = {1e-6, 0.5, 2};
  Histogram& took = registry.histogram("took_seconds", "Time", kBounds, {{"m", "x"}});
  for (const double value : {1e-6, 0.25, 0.5, 0.75, 100.0}) took.observe(value);
  took.observe(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(registry.render(),
            "# HELP took_seconds Time\n"
            "# TYPE took_seconds histogram\n"
            "took_seconds_bucket{m=\"x\",le=\"1e-06\"} 1\n"
            "took_seconds_bucket{m=\"x\",le=\"0.5\"} 3\n"
            "took_seconds_bucket{m=\"x\",le=\"2\"} 4\n"
            "took_seconds_bucket{m=\"x\",le=\"+Inf\"} 5\n"
            "took_seconds_sum{m=\"x\"} 101.500001\n"
            "took_seconds_count{m=\"x\"} 5\n");
}

// Held against the definition: bucket i ends at 2^(i/4), and holds its end.
TEST(Metrics, AnExponentialBucketIsAQuarterOfAnOctave) {
  for (int i = Histogram::kFirst; i < Histogram::kLast; ++i) {
    const double end = std::exp2(i / 4.0);
    EXPECT_EQ(exponential_bucket(end), i) << end;
    EXPECT_EQ(exponential_bucket(std::nextafter(end, 1e9)), i + 1) << end;
    EXPECT_EQ(exponential_bucket(std::nextafter(end, 0)), i) << end;
  }
  EXPECT_EQ(exponential_bucket(1e300), Histogram::kLast);
  Histogram histogram(kLatencySeconds);
  const double infinite = std::numeric_limits<double>::infinity();
  for (const double value : {0.0, -1.0, Histogram::kZeroThreshold, 1e-6, 1.0, 1.1, 1e9, infinite})
    histogram.observe(value);
  const auto now = histogram.snapshot();
  EXPECT_EQ(now.zeros, 3u);
  const auto at = [&](int bucket) {
    return now.exponential[static_cast<std::size_t>(bucket - Histogram::kFirst)];
  };
  EXPECT_EQ(at(-79), 1u) << "1e-6";
  EXPECT_EQ(at(0), 1u);
  EXPECT_EQ(at(1), 1u);
  EXPECT_EQ(at(Histogram::kLast), 2u);
  EXPECT_EQ(now.count, 8u);
}

TEST(Metrics, ABucketKeepsItsLastExample) {
  constexpr double kBounds[] = {1, 2};
  Histogram histogram(kBounds);
  EXPECT_TRUE(histogram.snapshot().examples.empty());
  histogram.note_example(0.5, "a", 1);
  histogram.note_example(1, "b", 2);
  histogram.note_example(5, "c", 3);
  const auto examples = histogram.snapshot().examples;
  ASSERT_EQ(examples.size(), 3u);
  EXPECT_EQ(examples[0]->trace_id, "b");
  EXPECT_EQ(examples[0]->value, 1);
  EXPECT_FALSE(examples[1]);
  EXPECT_EQ(examples[2]->time_us, 3);
}

TEST(Metrics, TheSameLabelsAreTheSameSeries) {
  MetricRegistry registry;
  Counter& first = registry.counter("a_total", "A", {{"x", "1"}});
  EXPECT_EQ(&first, &registry.counter("a_total", "A", {{"x", "1"}}));
  EXPECT_NE(&first, &registry.counter("a_total", "A", {{"x", "2"}}));
}

TEST(Metrics, ValuesFromOutsideAreEscaped) {
  MetricRegistry registry;
  registry.gauge("g", "back\\slash\nline \"quoted\"", {{"name", "a\"b\\c\nd\xFF"}}).set(-1);
  EXPECT_EQ(registry.render(),
            "# HELP g back\\\\slash\\nline \"quoted\"\n"
            "# TYPE g gauge\n"
            "g{name=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\"} -1\n");
}

TEST(Metrics, NewLabelValuesBeyondTheLimitAreCountedTogether) {
  MetricRegistry registry(2);
  for (const char* name : {"a", "b", "c", "d", "a"})
    registry.counter("n_total", "N", {{"x", name}}).add();
  EXPECT_EQ(registry.render(),
            "# HELP n_total N\n"
            "# TYPE n_total counter\n"
            "n_total{x=\"a\"} 2\n"
            "n_total{x=\"b\"} 1\n"
            "n_total{x=\"other\"} 2\n");
}

TEST(Metrics, NothingIsLostWhenThreadsCountAtOnce) {
  MetricRegistry registry;
  Counter& counter = registry.counter("n_total", "N");
  Gauge& gauge = registry.gauge("g", "G");
  Histogram& histogram = registry.histogram("h", "H", kLatencySeconds);
  constexpr int kThreads = 4, kEach = 20000;
  {
    ThreadPool pool("count", kThreads);
    pool.run(kThreads, [&](std::size_t) {
      for (int i = 0; i < kEach; ++i) {
        counter.add();
        gauge.add(1);
        histogram.observe(0.5);
      }
    });
  }
  EXPECT_EQ(counter.value(), std::uint64_t{kThreads * kEach});
  EXPECT_EQ(gauge.value(), kThreads * kEach);
  EXPECT_EQ(histogram.snapshot().count, std::uint64_t{kThreads * kEach});
  EXPECT_EQ(histogram.snapshot().sum, 0.5 * kThreads * kEach);
}

TEST(MetricsDeathTest, ACounterIsNamedTotal) {
  MetricRegistry registry;
  EXPECT_DEATH(registry.counter("requests", "R"), "_total");
}

}  // namespace
}  // namespace slipway
