// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/tracing.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway::deploy::realtime {
namespace {

TEST(Tracing, PathsBecomeRoutes) {
  const std::pair<const char*, const char*> kPaths[] = {
      {"/v2/models/delay/infer", "/v2/models/{model}/infer"},
      {"/v2/models/delay/versions/3/infer", "/v2/models/{model}/versions/{version}/infer"},
      {"/v2/models/models/infer", "/v2/models/{model}/infer"},
      {"/v1/models/a:b:predict", "/v1/models/{model}:predict"},
      {"/v1/models/a:b", "/v1/models/{model}"},
      {"/models/delay/invocations", "/models/{model}/invocations"},
      {"/v2/repository/models/delay/load", "/v2/repository/models/{model}/load"},
      {"/v2/routes/live", "/v2/routes/{name}"},
      {"/v2/models/stats", "/v2/models/stats"},
      {"/v2/models", "/v2/models"},
      {"/", "/"}};
  for (const auto& [path, route] : kPaths) EXPECT_EQ(route_of_path(path), route) << path;
}

TEST(Tracing, ACallersWordIsFollowed) {
  MetricRegistry registry;
  SpanExporter exporter({.url = {.host = "127.0.0.1", .port = "9"}}, registry);
  Tracing tracing(exporter, {.rate = 0});
  const TraceContext yes{.is_sampled = true}, no{.is_sampled = false};
  EXPECT_TRUE(tracing.samples(yes));
  EXPECT_FALSE(tracing.samples(no));
  EXPECT_FALSE(tracing.samples(std::nullopt));
  tracing.set({.rate = 1});
  EXPECT_TRUE(tracing.samples(std::nullopt));
  EXPECT_FALSE(tracing.samples(no));
  tracing.set({.rate = 0.25});
  int sampled = 0;
  for (int i = 0; i < 10'000; ++i) sampled += tracing.samples(std::nullopt) ? 1 : 0;
  EXPECT_NEAR(sampled, 2500, 300);  // seven deviations
  tracing.set({.rate = 1, .is_on = false});
  EXPECT_FALSE(tracing.samples(yes));
}

TEST(Tracing, SpansAreOtlpsJson) {
  Span span{.trace_id = "ab", .span_id = "cd", .parent_id = "", .name = "a \"name\""};
  span.begin_ns = 1;
  span.end_ns = 2;
  span.is_error = true;
  span.attributes.emplace_back("n", std::int64_t{-3});
  span.attributes.emplace_back("s", std::string("x"));
  EXPECT_EQ(
      spans_json({span}, "slipway", "0.1"),
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"slipway"}},)"
      R"({"key":"service.version","value":{"stringValue":"0.1"}}]},"scopeSpans":[{"scope":{"name":"slipway","version":"0.1"},)"
      R"("spans":[{"traceId":"ab","spanId":"cd","name":"a \"name\"","kind":2,"startTimeUnixNano":"1","endTimeUnixNano":"2",)"
      R"("attributes":[{"key":"n","value":{"intValue":"-3"}},{"key":"s","value":{"stringValue":"x"}}],"status":{"code":2}}]}]}]})");
}

}  // namespace
}  // namespace slipway::deploy::realtime
