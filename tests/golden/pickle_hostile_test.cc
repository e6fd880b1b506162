// Attacks and malformed streams, each refused for the right reason, at the right byte. tools/oracles/pickle/hostile.py made
// them; they are the fuzzer's corpus too.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "base/env.h"
#include "base/file.h"
#include "base/json.h"
#include "model/import/pickle/pickle.h"

namespace slipway {
namespace {

void expect_refusal(const JsonView& item) {
  const std::string file(*item.find("file").as_string());
  const auto mapped = MappedFile::open("tests/fuzz/pickle/" + file);
  ASSERT_TRUE(mapped.has_value()) << file;
  const auto document = model::pickle::read_pickle(mapped.value()->text(), mapped.value());
  ASSERT_FALSE(document.has_value()) << file << " was read";
  const Error& error = document.error();
  EXPECT_EQ(error.reason(), *item.find("reason").as_string()) << file << ": " << error.message();
  EXPECT_NE(error.message().find(*item.find("says").as_string()), std::string::npos)
      << file << ": " << error.message();
  const auto byte = item.find("byte").as_int64();
  if (!byte) return;
  EXPECT_NE((error.message() + ":").find(fmt::format("byte {}", *byte)), std::string::npos)
      << file << ": byte " << *byte << " expected: " << error.message();
}

TEST(HostilePickles, AreRefusedWithTheReasonAndTheByte) {
  const auto text = posix_env().read_file("tests/golden/pickle/hostile.json");
  ASSERT_TRUE(text.has_value());
  const auto document = JsonDocument::parse(text.value()).value();
  int files = 0;
  for (const JsonView item : document.root().find("cases").array()) {
    expect_refusal(item);
    ++files;
  }
  EXPECT_GT(files, 150);
  fmt::print("{} hostile pickles, none read\n", files);
}

}  // namespace
}  // namespace slipway
