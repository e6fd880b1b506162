// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/response_cache.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "deploy/realtime/server.h"
#include "deploy/realtime/test_model.h"
#include "frame/builder.h"
#include "net/test_client.h"

namespace slipway::deploy::realtime {
namespace {

using frame::Column;
using frame::Frame;
using frame::TypeId;

Frame frame_of(std::vector<Column> columns) {
  std::vector<frame::Field> fields;
  for (const Column& column : columns)
    fields.push_back({.name = fmt::format("c{}", fields.size()), .type = column.type()});
  return Frame::make(frame::Schema(std::move(fields)), std::move(columns)).value();
}

Column numbers(const std::vector<double>& values) {
  frame::FixedBuilder<double> builder;
  for (const double value : values) builder.append(value);
  return builder.finish(frame::Type::of(TypeId::kFloat64));
}

Column texts(const std::vector<const char*>& values) {
  frame::StringBuilder builder;
  for (const char* value : values) {
    if (value == nullptr) {
      builder.append_null();
    } else {
      builder.append(value);
    }
  }
  return builder.finish();
}

Column bools(const std::vector<int>& values) {
  frame::BoolBuilder builder;
  for (const int value : values) {
    if (value < 0) {
      builder.append_null();
    } else {
      builder.append(value == 1);
    }
  }
  return builder.finish();
}

double first_of(const Frame* frame) {
  return frame == nullptr ? -1 : frame->column(0).values<double>()[0];
}

TEST(ResponseCacheTest, OnlyTheSameQuestionIsAnswered) {
  MetricRegistry registry;
  ResponseCache cache({.bytes_max = 1 << 20, .seed = 1}, registry);
  const std::vector<Frame> different{
      frame_of({numbers({1, 2})}),      frame_of({numbers({1}), numbers({2})}),
      frame_of({numbers({2, 1})}),      frame_of({numbers({1})}),
      frame_of({numbers({0.0})}),       frame_of({numbers({-0.0})}),
      frame_of({texts({"ab", "c"})}),   frame_of({texts({"a", "bc"})}),
      frame_of({texts({"", nullptr})}), frame_of({texts({nullptr, ""})}),
      frame_of({texts({"", ""})}),      frame_of({bools({0, 1})}),
      frame_of({bools({1, 0})}),        frame_of({bools({0, -1})}),
  };
  std::vector<ResponseCache::Question> questions;
  for (const Frame& rows : different) {
    for (const std::uint64_t load : {1U, 2U}) {
      for (const bool raw : {false, true}) questions.push_back({load, raw, rows});
    }
  }
  for (std::size_t i = 0; i < questions.size(); ++i) {
    EXPECT_EQ(cache.find(questions[i]), nullptr) << i;
    cache.keep(questions[i], frame_of({numbers({static_cast<double>(i)})}));
  }
  for (std::size_t i = 0; i < questions.size(); ++i)
    EXPECT_EQ(first_of(cache.find(questions[i])), static_cast<double>(i));
  EXPECT_EQ(cache.size(), questions.size());
}

TEST(ResponseCacheTest, ASliceAsksWhatItsRowsAsk) {
  MetricRegistry registry;
  ResponseCache cache({.bytes_max = 1 << 20}, registry);
  const Frame all = frame_of({numbers({7, 1, 2}), texts({"x", nullptr, "b"}), bools({1, 0, -1})});
  const Frame part = frame_of({numbers({1, 2}), texts({nullptr, "b"}), bools({0, -1})});
  cache.keep({1, false, part}, frame_of({numbers({5})}));
  EXPECT_EQ(first_of(cache.find({1, false, all.slice(1, 2)})), 5);
  EXPECT_EQ(cache.find({1, false, all.slice(0, 2)}), nullptr);
}

TEST(ResponseCacheTest, TheOneLongestNotAskedForGoesFirst) {
  MetricRegistry registry;
  std::size_t each = 0;
  {
    ResponseCache one({.bytes_max = 1 << 20}, registry);
    one.keep({1, false, frame_of({numbers({0})})}, frame_of({numbers({0})}));
    each = one.bytes();
  }
  ResponseCache cache({.bytes_max = 3 * each}, registry);
  const auto rows = [](double value) { return frame_of({numbers({value})}); };
  for (const double value : {0.0, 1.0, 2.0}) cache.keep({1, false, rows(value)}, rows(value));
  EXPECT_EQ(first_of(cache.find({1, false, rows(0)})), 0);
  cache.keep({1, false, rows(3)}, rows(3));
  EXPECT_EQ(cache.find({1, false, rows(1)}), nullptr) << "it was the last one asked for";
  for (const double value : {0.0, 2.0, 3.0})
    EXPECT_EQ(first_of(cache.find({1, false, rows(value)})), value);
  for (int i = 0; i < 1000; ++i) cache.keep({2, false, rows(i)}, rows(i));
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_LE(cache.bytes(), 3 * each);
  const std::string page = registry.render();
  EXPECT_NE(page.find("slipway_cache_evictions_total 1001\n"), std::string::npos) << page;
  EXPECT_NE(page.find(fmt::format("slipway_cache_bytes {}\n", 3 * each)), std::string::npos)
      << page;
}

TEST(ResponseCacheTest, WhatIsLargerThanAllOfItIsNotKept) {
  MetricRegistry registry;
  ResponseCache cache({.bytes_max = 2000}, registry);
  const Frame small = frame_of({numbers({1})});
  const Frame large = frame_of({numbers(std::vector<double>(1000, 1.0))});
  cache.keep({1, false, small}, small);
  EXPECT_EQ(cache.find({1, false, large}), nullptr);
  cache.keep({1, false, large}, small);
  EXPECT_EQ(cache.find({2, false, small}), nullptr);
  cache.keep({2, false, small}, large);
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_NE(cache.find({1, false, small}), nullptr) << "it did not make room in vain";
  EXPECT_NE(registry.render().find("slipway_cache_too_large_total 2\n"), std::string::npos);
}

class Recorder final : public frame::PredictionSink {
 public:
  void accept(const frame::PredictionBatch& batch) noexcept override {
    MutexLock lock(mutex_);
    outputs_.push_back(batch.outputs);
  }
  std::vector<Frame> take() {
    MutexLock lock(mutex_);
    return std::exchange(outputs_, {});
  }

 private:
  Mutex mutex_;
  std::vector<Frame> outputs_ GUARDED_BY(mutex_);
};

// "plain" is the same model as "kept", and wants no cache.
class CachedServerTest : public testing::Test {
 protected:
  std::shared_ptr<const Served> served(const std::string& name, const std::string& config,
                                       const std::string& version = "1", std::size_t classes = 3) {
    const TestModel model{.objective = fmt::format("multiclass num_class:{}", classes),
                          .classes = classes};
    auto made = std::make_shared<Served>(Served{.loaded = load_test_model(name, model)});
    made->loaded.version = version;
    made->config =
        std::make_shared<const ServingConfig>(ServingConfig::of_text(config, "").value());
    return made;
  }
  void start(std::size_t cache_bytes) {
    ASSERT_TRUE(catalogue_.add(Catalogue::Versions{served("kept", kEnabled)}));
    ASSERT_TRUE(catalogue_.add(Catalogue::Versions{served("plain", "")}));
    server_ =
        Server::start(
            {.net = {.port = 0, .reactors = 1}, .triton_metrics = true, .cache_bytes = cache_bytes},
            {catalogue_, {&recorder_}, registry_, system_clock()})
            .value();
    client_ = std::make_unique<net::TestClient>(server_->port());
  }
  std::string ask(const std::string& path, const std::string& body,
                  const std::string& headers = "") {
    const auto response = client_->ask(net::test_request("POST", path, body, headers));
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body;
  }
  // Without model_name, model_version and id, which differ.
  std::string infer(const std::string& model, const std::vector<double>& row,
                    const std::string& more = "") {
    const std::string body =
        ask(fmt::format("/v2/models/{}/infer", model),
            fmt::format(
                R"({{"inputs":[{{"name":"x","shape":[1,2],"datatype":"FP64","data":[{}]}}]{}}})",
                fmt::join(row, ","), more));
    return body.substr(std::min(body.find("\"outputs\":"), body.size()));
  }
  std::string infer_binary(const std::string& model, const std::vector<double>& row) {
    const std::string json =
        R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","parameters":{"binary_data_size":16}}],)"
        R"("parameters":{"binary_data_output":true}})";
    std::string bytes(row.size() * sizeof(double), '\0');
    std::memcpy(bytes.data(), row.data(), bytes.size());
    const std::string body =
        ask(fmt::format("/v2/models/{}/infer", model), json + bytes,
            fmt::format("Inference-Header-Content-Length: {}\r\n", json.size()));
    return body.substr(std::min(body.find("\"outputs\":"), body.size()));
  }
  std::string predict(const std::string& model, const std::vector<double>& row) {
    return ask(fmt::format("/v1/models/{}:predict", model),
               fmt::format(R"({{"instances":[[{}]]}})", fmt::join(row, ",")));
  }
  Statistics::Snapshot counted(const std::string& model) {
    return catalogue_.find(model)->statistics->snapshot();
  }
  std::string metrics() { return client_->ask(net::test_request("GET", "/metrics", "")).body; }

  static constexpr const char* kEnabled = "response_cache { enable: true }";
  Recorder recorder_;
  Catalogue catalogue_;
  MetricRegistry registry_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::TestClient> client_;
};

TEST_F(CachedServerTest, HitsHaveTheBitsOfMissesOverJsonBinaryAndV1) {
  start(1 << 20);
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(0.5, 1);
  constexpr std::size_t kRows = 20;
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::vector<double> row{normal(random), normal(random)};
    const std::string json = infer("plain", row), binary = infer_binary("plain", row);
    EXPECT_EQ(infer("kept", row), json) << "a miss";
    EXPECT_EQ(infer("kept", row), json) << "a hit";
    EXPECT_EQ(infer_binary("kept", row), binary);
    EXPECT_EQ(predict("kept", row), predict("plain", row));
    const std::string margins = R"(,"outputs":[{"name":"margin"},{"name":"predict"}])";
    const std::string with_margins = infer("plain", row, margins);
    EXPECT_EQ(infer("kept", row, margins), with_margins) << "another question: a miss";
    EXPECT_EQ(infer("kept", row, margins), with_margins);
    const auto seen = recorder_.take();
    ASSERT_EQ(seen.size(), 10u) << "every request is recorded";
    for (const std::size_t hit : {3U, 4U, 5U}) EXPECT_TRUE(frame::equal(seen[hit], seen[2])) << hit;
  }
  const auto kept = counted("kept");
  EXPECT_EQ(kept.cache_hit.count, 4 * kRows);
  EXPECT_EQ(kept.cache_miss.count, 2 * kRows);
  EXPECT_EQ(kept.success.count, 6 * kRows);
  EXPECT_EQ(kept.executions, 2 * kRows);
  EXPECT_EQ(kept.rows, 2 * kRows);
  EXPECT_EQ(kept.infer.count, 2 * kRows);
  EXPECT_EQ(kept.queue.count, 6 * kRows);
  EXPECT_EQ(counted("plain").cache_hit.count + counted("plain").cache_miss.count, 0u);
  EXPECT_EQ(counted("plain").executions, counted("plain").success.count);
  const std::string page = metrics();
  for (const char* line : {"slipway_cache_hits_total{model=\"kept\"} 80\n",
                           "slipway_cache_misses_total{model=\"kept\"} 40\n",
                           "nv_cache_num_hits_per_model{model=\"kept\",version=\"1\"} 80\n",
                           "nv_cache_num_misses_per_model{model=\"kept\",version=\"1\"} 40\n",
                           "nv_cache_num_hits_per_model{model=\"plain\",version=\"1\"} 0\n"})
    EXPECT_NE(page.find(line), std::string::npos) << line;
  EXPECT_EQ(page.find("slipway_cache_hits_total{model=\"plain\"}"), std::string::npos);
}

TEST_F(CachedServerTest, VersionsAndReloadsNeverMix) {
  start(1 << 20);
  const std::vector<double> row{0.25, 0.75};
  const std::string three = infer("kept", row);
  EXPECT_EQ(infer("kept", row), three);
  const auto first = catalogue_.find("kept");
  const auto second = served("kept", kEnabled, "2", 4);
  catalogue_.set("kept", {first, second});
  const std::string four = infer("kept", row);
  EXPECT_NE(four, three);
  EXPECT_EQ(infer("kept/versions/1", row), three) << "its answer is still there";
  EXPECT_EQ(infer("kept/versions/2", row), four);
  EXPECT_EQ(first->statistics->snapshot().cache_hit.count, 2u);
  EXPECT_EQ(second->statistics->snapshot().cache_hit.count, 1u);
  // The same file again under the same version: a load of its own.
  const auto again = served("kept", kEnabled, "2", 4);
  catalogue_.set("kept", {again});
  EXPECT_EQ(infer("kept", row), four);
  EXPECT_EQ(again->statistics->snapshot().cache_miss.count, 1u);
}

TEST_F(CachedServerTest, WithoutBytesNothingIsKept) {
  start(0);
  const std::string answer = infer("kept", {1, 2});
  EXPECT_EQ(infer("kept", {1, 2}), answer);
  const auto kept = counted("kept");
  EXPECT_EQ(kept.executions, 2u);
  EXPECT_EQ(kept.cache_hit.count + kept.cache_miss.count, 0u);
  EXPECT_EQ(metrics().find("nv_cache_num"), std::string::npos);
}

}  // namespace
}  // namespace slipway::deploy::realtime
