// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/load.h"
#include "deploy/core/request_id.h"
#include "frame/builder.h"
#include "model/blob.h"
#include "model/import/import.h"
#include "plan/engine_choice.h"
#include "registry/package_store.h"

namespace slipway::deploy {
namespace {

// One split: x <= 1.5 gives 10, else 20.
constexpr const char* kModel =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx="
    "0\nobjective=regression\n"
    "feature_names=x\nfeature_infos=[0:3]\ntree_sizes=1\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_"
    "feature=0\nthreshold=1.5\n"
    "decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=10 20\nshrinkage=1\n\nend of "
    "trees\n";

class LoadTest : public testing::Test {
 protected:
  std::string seal(double expected) {
    const auto model = model::import_bytes(kModel, "test").value();
    const auto plan = plan::Plan::compile(model, "sha256:0");
    const auto table = [](const char* name, double value) {
      return frame::Frame::make(frame::Schema({{.name = name}}),
                                {frame::column_of(std::vector<double>{value})})
          .value();
    };
    const auto vectors =
        plan::ParityVectors::make(*plan, table("x", 1), table("prediction", expected)).value();
    registry::PackageStore store(folder_ / "packages");
    return store
        .seal("step",
              {.config = "{}", .model = model::write_blob(model), .parity = vectors.to_bytes()}, 0)
        .value()
        .text();
  }
  TemporaryFolder folder_ = TemporaryFolder::create().value();
  const LoadOptions options_{.home = folder_.path()};
};

TEST_F(LoadTest, AFileIsServedUnderItsStem) {
  ASSERT_TRUE(write_file_atomically(folder_ / "step.txt", kModel));
  const Loaded loaded = load_model(folder_ / "step.txt", options_).value();
  EXPECT_EQ(loaded.name, "step");
  EXPECT_FALSE(loaded.parity);
  EXPECT_TRUE(loaded.plan->digest().starts_with("sha256:"));
}

TEST_F(LoadTest, AModelIsReplacedUnderItsName) {
  ASSERT_TRUE(write_file_atomically(folder_ / "step.txt", kModel));
  Loaded loaded = load_model(folder_ / "step.txt", options_).value();
  Catalogue catalogue;
  ASSERT_TRUE(catalogue.add(loaded, 1));
  const auto before = catalogue.find("step");
  loaded.measured = true;
  ASSERT_TRUE(catalogue.replace(before, loaded));
  EXPECT_FALSE(catalogue.replace(before, loaded)) << "it is no longer what is served";
  EXPECT_EQ(catalogue.find("step")->statistics, before->statistics);
  EXPECT_TRUE(catalogue.find("step")->loaded.measured);
  EXPECT_FALSE(before->loaded.measured) << "who took it before keeps it";
}

TEST_F(LoadTest, EnginesAsMeasuredAreUsedAndAWrongFileIsNot) {
  ASSERT_TRUE(write_file_atomically(folder_ / "step.txt", kModel));
  const Loaded first = load_model(folder_ / "step.txt", options_).value();
  EXPECT_FALSE(first.measured);
  const plan::EngineChoice choice(posix_env(), folder_.path());
  const auto options = plan::engine_options("", "").value();
  const plan::EngineChoice::Tables tables{{0, {{1, "walk"}, {20, "slice64"}}}};
  ASSERT_TRUE(choice.write(first.plan->digest(), options.isa, tables));
  EXPECT_EQ(choice.read(first.plan->digest(), options.isa), tables);
  EXPECT_TRUE(load_model(folder_ / "step.txt", options_).value().measured);
  const std::string path = choice.path_of(first.plan->digest(), options.isa);
  for (const char* text : {"{", "{}", "{\"version\": 1, \"cpu\": \"another\", \"tables\": []}"}) {
    ASSERT_TRUE(write_file_atomically(path, text));
    EXPECT_FALSE(load_model(folder_ / "step.txt", options_).value().measured) << text;
  }
}

TEST_F(LoadTest, EnginesAndInstructionSetsAreCalledByTheirNames) {
  ASSERT_TRUE(write_file_atomically(folder_ / "step.txt", kModel));
  LoadOptions options = options_;
  options.engine = "warp";
  EXPECT_EQ(load_model(folder_ / "step.txt", options).error().reason(), "plan.engine");
  options.engine = "reference";
  options.isa = "mmx";
  EXPECT_EQ(load_model(folder_ / "step.txt", options).error().reason(), "scoring.isa");
  options.isa = "";
  EXPECT_TRUE(load_model(folder_ / "step.txt", options));
}

TEST_F(LoadTest, APackageProvesItselfAtEachLoad) {
  const Loaded loaded = load_model(seal(10), options_).value();
  EXPECT_EQ(loaded.version, "1");
  EXPECT_EQ(loaded.parity->sentence(), "exact: bits on 1 of 1 supplied rows");
}

TEST_F(LoadTest, APackageThatAnswersOtherwiseIsRefused) {
  const auto loaded = load_model(seal(10.5), options_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().reason(), "deploy.parity");
  EXPECT_NE(
      loaded.error().message().find("row 0, column 'prediction', 10 against the library's 10.5"),
      std::string::npos)
      << loaded.error().message();
}

TEST_F(LoadTest, WhatIsNeitherFileNorPackageSaysSo) {
  EXPECT_EQ(load_model("nothing", options_).error().reason(), "registry.no_package");
  EXPECT_EQ(load_model("no/such/file.txt", options_).error().reason(), "io.not_found");
}

TEST_F(LoadTest, TheCatalogueServesEachNameOnce) {
  Catalogue catalogue;
  const Loaded loaded = load_model(seal(10), options_).value();
  ASSERT_TRUE(catalogue.add(loaded, 0));
  EXPECT_EQ(catalogue.add(loaded, 0).error().reason(), "deploy.name_taken");
  EXPECT_NE(catalogue.find("step"), nullptr);
  EXPECT_EQ(catalogue.find("other"), nullptr);
}

TEST(RequestIds, AreUniqueAndSortByTime) {
  FakeClock clock(1'000'000);
  RequestIds ids(clock), others(clock);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(std::string(view_of(ids.next())));
    seen.insert(std::string(view_of(others.next())));
  }
  EXPECT_EQ(seen.size(), 2000u);
  const RequestId before = ids.next();
  clock.advance_us(2000);
  EXPECT_LT(before, ids.next());
  EXPECT_EQ(before.size(), 26u);
}

}  // namespace
}  // namespace slipway::deploy
