// SPDX-License-Identifier: Apache-2.0
#include "registry/package_store.h"

#include <gtest/gtest.h>

#include "base/thread_pool.h"

namespace slipway::registry {
namespace {

class PackageStoreTest : public testing::Test {
 protected:
  TemporaryFolder folder_ = TemporaryFolder::create().value();
  PackageStore store_{folder_ / "packages"};
  const PackageParts parts_{.config = R"({"a":1})", .model = "model bytes", .parity = "vectors"};
};

TEST_F(PackageStoreTest, WhatWasSealedComesOut) {
  const PackageRef ref = store_.seal("delay", parts_, 0).value();
  EXPECT_EQ(ref.text(), "delay:1");
  for (const std::string& reference : {std::string("delay"), std::string("delay:1"), ref.digest}) {
    const Package package = store_.open(store_.resolve(reference).value()).value();
    EXPECT_EQ(package.config, parts_.config);
    EXPECT_EQ(package.model->text(), parts_.model);
    EXPECT_EQ(package.parity->text(), parts_.parity);
  }
}

TEST_F(PackageStoreTest, TheSamePartsAreTheSameVersion) {
  const PackageRef first = store_.seal("delay", parts_, 0).value();
  const PackageRef again = store_.seal("delay", parts_, 5).value();
  EXPECT_EQ(again.version, 1);
  EXPECT_EQ(store_.seal("other", parts_, 0).value().digest, first.digest);
  PackageParts changed = parts_;
  changed.model += "!";
  EXPECT_EQ(store_.seal("delay", changed, 0).value().text(), "delay:2");
  EXPECT_EQ(store_.resolve("delay").value().version, 2) << "a bare name is the newest";
}

TEST_F(PackageStoreTest, DamageIsFoundByDigest) {
  const PackageRef ref = store_.seal("delay", parts_, 0).value();
  for (const auto& blob : posix_env().list(folder_ / "packages/blobs/sha256").value()) {
    const std::string path = (folder_ / "packages/blobs/sha256/") + blob;
    const std::string bytes = posix_env().read_file(path).value();
    ASSERT_TRUE(write_file_atomically(path, bytes + " "));
    const auto package = store_.open(ref);
    ASSERT_FALSE(package) << blob;
    EXPECT_EQ(package.error().reason(), "registry.blob");
    ASSERT_TRUE(write_file_atomically(path, bytes));
  }
  EXPECT_TRUE(store_.open(ref));
}

TEST_F(PackageStoreTest, AnUnknownNameSaysWhatThereIs) {
  EXPECT_NE(store_.resolve("dela").error().message().find("there are none yet"), std::string::npos);
  ASSERT_TRUE(store_.seal("delay", parts_, 0));
  const auto missing = store_.resolve("delya:1");
  EXPECT_EQ(missing.error().reason(), "registry.no_package");
  EXPECT_NE(missing.error().message().find("did you mean 'delay:1'?"), std::string::npos);
}

TEST_F(PackageStoreTest, NamesThatCannotBePathsAreRefused) {
  for (const char* name : {"", "A", "../x", "a/b", "-a", "a b", "a:b"}) {
    EXPECT_EQ(store_.seal(name, parts_, 0).error().reason(), "registry.name") << name;
  }
}

TEST_F(PackageStoreTest, WritersDoNotLoseEachOthersVersions) {
  ThreadPool pool("test", 3);
  pool.run(16, [&](std::size_t i) {
    PackageParts parts = parts_;
    parts.model += std::to_string(i);
    ASSERT_TRUE(store_.seal("delay", parts, 0));
  });
  const auto refs = store_.list().value();
  ASSERT_EQ(refs.size(), 16u);
  EXPECT_EQ(refs.back().version, 16);
}

}  // namespace
}  // namespace slipway::registry
