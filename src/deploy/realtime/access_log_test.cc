// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/access_log.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "deploy/realtime/server.h"
#include "deploy/realtime/test_model.h"
#include "net/test_client.h"

namespace slipway::deploy::realtime {
namespace {

constexpr const char* kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(AccessLogTest, EachRequestIsALineOfJson) {
  const TemporaryFolder folder = TemporaryFolder::create().value();
  const std::string path = folder / "access.jsonl";
  MetricRegistry registry;
  Catalogue catalogue;
  ASSERT_TRUE(catalogue.add(load_test_model("delay", TestModel{}), 0));
  auto log = AccessLog::open(path, registry).value();
  auto server = Server::start({.net = {.port = 0, .reactors = 1}}, {.catalogue = catalogue,
                                                                    .sinks = {},
                                                                    .registry = registry,
                                                                    .clock = system_clock(),
                                                                    .access_log = log.get()})
                    .value();
  net::TestClient client(server->port());
  client.ask(
      net::test_request("POST", "/v1/models/delay:predict", R"({"instances":[[1,0]]})",
                        std::string("Traceparent: ") + kTrace + "\r\nX-Request-Id: a\"b\r\n"));
  client.ask(net::test_request("GET", "/v2/models/nobody", "", "traceparent: x\r\n"));
  server.reset();
  log.reset();
  const std::string text = posix_env().read_file(path).value();
  const auto lines = split(text, '\n');
  ASSERT_EQ(lines.size(), 3u) << text;
  const auto first = JsonDocument::parse(lines[0]).value();
  EXPECT_EQ(first.root().find("method").as_string(), "POST");
  EXPECT_EQ(first.root().find("path").as_string(), "/v1/models/delay:predict");
  EXPECT_EQ(first.root().find("status").as_int64(), 200);
  EXPECT_EQ(first.root().find("in").as_int64(), 21);
  EXPECT_EQ(first.root().find("traceparent").as_string(), kTrace);
  EXPECT_EQ(first.root().find("request_id").as_string(), "a\"b");
  const auto second = JsonDocument::parse(lines[1]).value();
  EXPECT_EQ(second.root().find("status").as_int64(), 404);
  EXPECT_TRUE(second.root().find("traceparent").is_missing());
}

TEST(AccessLogTest, TraceparentsHaveAForm) {
  EXPECT_TRUE(is_traceparent(kTrace));
  for (const char* wrong : {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"})
    EXPECT_FALSE(is_traceparent(wrong)) << wrong;
}

TEST(AccessLogTest, WhatDoesNotFitIsCountedAndDropped) {
  const TemporaryFolder folder = TemporaryFolder::create().value();
  MetricRegistry registry;
  auto log = AccessLog::open(folder / "log", registry).value();
  log->add(std::string(AccessLog::kBufferedMax + 1, 'x'));
  EXPECT_NE(registry.render().find("slipway_access_log_dropped_total 1\n"), std::string::npos);
  EXPECT_FALSE(AccessLog::open(folder / "no/such/folder", registry));
}

}  // namespace
}  // namespace slipway::deploy::realtime
