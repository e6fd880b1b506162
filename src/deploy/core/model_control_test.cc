// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/model_control.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "deploy/core/inline_files.h"

namespace slipway::deploy {
namespace {

// One split: x <= 1.5 gives `low`, else 20.
std::string model_text(double low) {
  return fmt::format(
      "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx="
      "0\nobjective=regression\n"
      "feature_names=x\nfeature_infos=[0:3]\ntree_sizes=1\n\nTree=0\nnum_leaves=2\nnum_cat=0\n"
      "split_feature=0\nthreshold=1.5\n"
      "decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value={} 20\nshrinkage=1\n\nend of "
      "trees\n",
      low);
}

class ModelControlTest : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::string whole = folder_ / path;
    ASSERT_TRUE(posix_env().make_folders(whole.substr(0, whole.rfind('/'))));
    ASSERT_TRUE(write_file_atomically(whole, text));
  }
  std::unique_ptr<ModelControl> control(ModelControl::Mode mode) {
    return std::make_unique<ModelControl>(ModelControl::Options{.load = {.home = folder_ / "home"},
                                                                .repository = folder_ / "models",
                                                                .mode = mode,
                                                                .poll_ms = 3'600'000},
                                          &catalogue_, system_clock());
  }
  static std::vector<std::string> lines(const ModelControl& control) {
    std::vector<std::string> lines;
    for (const auto& entry : control.index())
      lines.push_back(fmt::format("{} {} {} {}", entry.name, entry.version, name_of(entry.state),
                                  entry.reason.substr(0, entry.reason.find(':'))));
    return lines;
  }
  std::string served(const std::string& name, const std::string& version = "") {
    const auto found = catalogue_.find(name, version);
    return found == nullptr ? "" : found->loaded.plan->digest();
  }

  TemporaryFolder folder_ = TemporaryFolder::create().value();
  Catalogue catalogue_;
};

using Lines = std::vector<std::string>;

TEST_F(ModelControlTest, ServesWhatTheRepositoryHoldsAndIndexesWhatItCannot) {
  write("models/plain.txt", model_text(1));
  write("models/triton/1/model.txt", model_text(1));
  write("models/triton/3/model.txt", model_text(3));
  write("models/both/1/model.txt", model_text(1));
  write("models/both/2/model.txt", model_text(2));
  write("models/both/config.pbtxt", "version_policy: { all {} }\nmax_batch_size: 4\n");
  write("models/broken/1/model.txt", "tree\nversion=v4\n");
  write("models/.hidden/1/model.txt", model_text(1));
  write("models/readme.md", "no model");
  write("models/seldon/iris.txt", model_text(7));
  write("models/seldon/model-settings.json",
        R"({"name": "iris", "parameters": {"uri": "./iris.txt", "version": "v7"}})");
  const LogCapture log;
  const auto all = control(ModelControl::Mode::kNone);
  const auto started = all->start();
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(lines(*all),
            (Lines{"both 1 READY ", "both 2 READY ", "broken 1 UNAVAILABLE failed to load 'broken'",
                   "iris v7 READY ", "plain 1 READY ", "triton 3 READY "}));
  EXPECT_NE(served("both", "1"), served("both", "2"));
  EXPECT_EQ(served("both"), served("both", "2"));
  EXPECT_EQ(catalogue_.find("both")->config->rows_max, 4);
  EXPECT_EQ(served("triton", "1"), "");
  const auto refused = all->load("triton");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kUnavailable);
}

TEST_F(ModelControlTest, LoadsAndUnloadsWhenAsked) {
  write("models/step/1/model.txt", model_text(1));
  const auto some = control(ModelControl::Mode::kExplicit);
  ASSERT_TRUE(some->start());
  EXPECT_EQ(lines(*some), Lines{"step   "});
  ASSERT_TRUE(some->load("step"));
  const std::string first = served("step");
  EXPECT_EQ(lines(*some), Lines{"step 1 READY "});

  write("models/step/1/model.txt", "tree\n");
  const auto failed = some->load("step");
  ASSERT_FALSE(failed);
  EXPECT_TRUE(failed.error().message().starts_with("failed to load 'step'"))
      << failed.error().message();
  EXPECT_EQ(served("step"), first) << "the one before goes on serving";
  EXPECT_EQ(lines(*some), Lines{"step 1 READY the one before goes on serving"});

  ASSERT_TRUE(some->unload("step"));
  EXPECT_TRUE(some->unload("step")) << "twice is no fault";
  EXPECT_EQ(served("step"), "");
  EXPECT_EQ(lines(*some), Lines{"step 1 UNAVAILABLE unloaded"});
  EXPECT_NE(some->load("stop").error().message().find(
                "failed to load 'stop': failed to poll from model repository"),
            std::string::npos);
  EXPECT_NE(some->load("stop").error().message().find("did you mean 'step'?"), std::string::npos);
  EXPECT_FALSE(some->unload("stop"));
}

TEST_F(ModelControlTest, ACallerMayOverrideConfigurationAndFiles) {
  write("models/step/1/model.txt", model_text(1));
  const auto some = control(ModelControl::Mode::kExplicit);
  ASSERT_TRUE(some->load("step", {.config = R"({"max_batch_size": "16"})"}));
  EXPECT_EQ(catalogue_.find("step")->config->rows_max, 16);
  EXPECT_EQ(some->load("step", {.config = R"("parameters": {})"}).error().reason(),
            "base.json.syntax");
  EXPECT_EQ(some->load("step", {.config = R"({"max_batch_size": -1})"}).error().reason(),
            "deploy.config");
  ASSERT_TRUE(some->load("fresh", {.config = "{}", .files = {{"2/model.txt", model_text(5)}}}));
  EXPECT_EQ(catalogue_.find("fresh")->loaded.version, "2");
  for (const char* path : {"../model.txt", "/1/model.txt", "1//model.txt", "a/b/c/d.txt", ""}) {
    const auto refused = some->load("evil", {.config = "{}", .files = {{path, "x"}}});
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().reason(), "deploy.inline_file") << path;
  }
  const std::string longest(300, 'a');
  EXPECT_EQ(some->load("evil", {.config = "{}", .files = {{longest, "x"}}}).error().code(),
            Code::kInternal);
}

TEST_F(ModelControlTest, WatchesTheFolder) {
  write("models/step/1/model.txt", model_text(1));
  const auto all = control(ModelControl::Mode::kWatch);
  ASSERT_TRUE(all->start());
  const auto first = catalogue_.find("step");
  ASSERT_NE(first, nullptr);
  all->poll();
  EXPECT_EQ(catalogue_.find("step"), first) << "nothing changed";
  write("models/step/2/model.txt", model_text(2));
  write("models/other.txt", model_text(3));
  all->poll();
  EXPECT_EQ(catalogue_.find("step")->loaded.version, "2");
  EXPECT_NE(catalogue_.find("other"), nullptr);
  write("models/step/2/model.txt", "nonsense");
  const LogCapture log;
  all->poll();
  EXPECT_EQ(catalogue_.find("step")->loaded.version, "2") << "what was good goes on serving";
  std::filesystem::remove_all(folder_ / "models/step");
  all->poll();
  EXPECT_EQ(catalogue_.find("step"), nullptr);
  EXPECT_EQ(lines(*all), Lines{"other 1 READY "});
}

TEST_F(ModelControlTest, ModelsOfTheCommandLineAreLoadedAgainFromWhereTheyWere) {
  write("step.txt", model_text(1));
  write("models/other.txt", model_text(1));
  const auto some = control(ModelControl::Mode::kExplicit);
  EXPECT_EQ(some->add("", folder_ / "step.txt").value(), "step");
  EXPECT_EQ(some->add("mine", folder_ / "step.txt").value(), "mine");
  EXPECT_EQ(some->add("mine", folder_ / "step.txt").error().reason(), "deploy.name_taken");
  ASSERT_TRUE(some->start());
  const std::string first = served("mine");
  write("step.txt", model_text(2));
  ASSERT_TRUE(some->load("mine"));
  EXPECT_NE(served("mine"), first);
  EXPECT_EQ(served("step"), first);
}

TEST(ServingConfig, ReadsTextFormat) {
  const auto config = ServingConfig::of_text(R"(
# a comment
name: "seq" max_batch_size: 8;
version_policy { specific { versions: [1, 3] } }
sequence_batching {
  control_input [
    { name: "START" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 7 ] } ] },
    { name: 'CORRID' control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } }
  ]
}
dynamic_batching { default_queue_policy { max_queue_size: 9 default_timeout_microseconds: 700 } }
parameters: { key: "a" value: { string_value: "two " "parts\n" } }
)",
                                             "");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config.value().rows_max, 8);
  EXPECT_EQ(config.value().in_flight_max, 9);
  EXPECT_EQ(config.value().timeout_us, 700);
  EXPECT_EQ(config.value().versions, (std::vector<std::int64_t>{1, 3}));
  ASSERT_EQ(config.value().controls.size(), 2u);
  EXPECT_EQ(config.value().controls[0].yes, 7);
  EXPECT_EQ(config.value().controls[1].control, ServingConfig::Control::kCorrelationId);
  EXPECT_EQ(*config.value().fields.message("parameters")->message("value")->scalar("string_value"),
            "two parts\n");
}

TEST(ServingConfig, SaysInWhichLineItIsWrong) {
  for (const auto& [text, line] : {std::pair{"name: \"a", "line 1"},
                                   {"a: 1\nb", "line 2"},
                                   {"a {\n b: 1\n", "line 3"},
                                   {"a: [1, 2", "line 1"},
                                   {"\n\n}", "line 3"},
                                   {"a: \"\\q\"", "line 1"}}) {
    const auto config = ServingConfig::of_text(text, "");
    ASSERT_FALSE(config) << text;
    EXPECT_TRUE(config.error().message().starts_with(line)) << config.error().message();
  }
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "a{";
  EXPECT_FALSE(ServingConfig::of_text(deep, ""));
  EXPECT_FALSE(ServingConfig::of_text("max_batch_size: 99999999999", ""));
  EXPECT_FALSE(ServingConfig::of_text("output { name: \"o\" label_filename: \"../../etc/passwd\" }",
                                      "/tmp"));
}

TEST(InlineFiles, DecodesBase64) {
  EXPECT_EQ(decode_base64("AAH/").value(), std::string("\0\1\xFF", 3));
  EXPECT_EQ(decode_base64("YQ==").value(), "a");
  EXPECT_EQ(decode_base64("YQ").value(), "a");
  EXPECT_EQ(decode_base64("").value(), "");
  EXPECT_FALSE(decode_base64("Y"));
  EXPECT_FALSE(decode_base64("YQ\n"));
}

TEST(StatisticsTest, CountsRequestsRowsAndBatchSizes) {
  Statistics statistics;
  for (std::int64_t rows = 1; rows <= 20; ++rows)
    statistics.add_success({.rows = rows, .input_ns = 1, .infer_ns = 10, .output_ns = 100}, rows);
  statistics.add_success({.rows = 1, .input_ns = 1, .infer_ns = 10, .output_ns = 100}, 99);
  statistics.add_failure(5);
  const auto now = statistics.snapshot();
  EXPECT_EQ(now.rows, 211u);
  EXPECT_EQ(now.executions, 21u);
  EXPECT_EQ(now.last_us, 99);
  EXPECT_EQ(now.success.count, 21u);
  EXPECT_EQ(now.success.ns, 21u * 111);
  EXPECT_EQ(now.infer.ns, 210u);
  EXPECT_EQ(now.fail.count, 1u);
  EXPECT_EQ(now.fail.ns, 5u);
  ASSERT_EQ(now.batches.size(), Statistics::kBatchSizes);
  EXPECT_EQ(now.batches[0].rows, 1u);
  EXPECT_EQ(now.batches[0].infer.count, 2u);
  EXPECT_EQ(now.batches[0].output.ns, 200u);
}

TEST(StatisticsTest, ARequestThatACacheAnsweredRanNothing) {
  using Cache = Execution::Cache;
  Statistics statistics;
  statistics.add_success({.rows = 2,
                          .input_ns = 1,
                          .infer_ns = 10,
                          .output_ns = 100,
                          .cache = Cache::kMiss,
                          .cache_ns = 1000},
                         1);
  statistics.add_success({.rows = 2,
                          .queue_ns = 5,
                          .input_ns = 1,
                          .output_ns = 100,
                          .cache = Cache::kHit,
                          .cache_ns = 500},
                         2);
  const auto now = statistics.snapshot();
  EXPECT_EQ(now.success.count, 2u);
  EXPECT_EQ(now.executions, 1u);
  EXPECT_EQ(now.rows, 2u);
  EXPECT_EQ(now.last_us, 2);
  EXPECT_EQ(now.cache_miss.count, 1u);
  EXPECT_EQ(now.cache_miss.ns, 1000u);
  EXPECT_EQ(now.cache_hit.count, 1u);
  EXPECT_EQ(now.cache_hit.ns, 500u);
  EXPECT_EQ(now.queue.count, 2u);
  EXPECT_EQ(now.input.count, 1u);
  EXPECT_EQ(now.output.ns, 100u);
  EXPECT_EQ(now.success.ns, 1111u + 606u);
  ASSERT_EQ(now.batches.size(), 1u);
  EXPECT_EQ(now.batches[0].output.count, 1u);
}

TEST(ServingConfigTest, TheResponseCacheIsOnOrOff) {
  EXPECT_FALSE(ServingConfig::of_text("", "").value().response_cache);
  EXPECT_FALSE(ServingConfig::of_text("response_cache {}", "").value().response_cache);
  EXPECT_FALSE(
      ServingConfig::of_text("response_cache { enable: false }", "").value().response_cache);
  EXPECT_TRUE(ServingConfig::of_text("response_cache { enable: true }", "").value().response_cache);
  const auto wrong = ServingConfig::of_text("response_cache { enable: 7 }", "");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().reason(), "deploy.config");
  EXPECT_NE(wrong.error().message().find("true or false expected, found '7'"), std::string::npos)
      << wrong.error().message();
}

}  // namespace
}  // namespace slipway::deploy
