// SPDX-License-Identifier: Apache-2.0
#include "base/shared_library.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway {
namespace {

TEST(SharedLibrary, TheFirstThatCanBeOpenedIsTaken) {
  const std::vector<std::string> places = {"/nowhere/libm.so", "libm.so.6", "libz.so.1"};
  const auto library = open_first(places);
  ASSERT_TRUE(library);
  EXPECT_EQ(library.value().path, "libm.so.6");
  EXPECT_NE(library.value().find("cos"), nullptr);
  EXPECT_EQ(library.value().find("no_such_function"), nullptr);
  library.value().close();
}

TEST(SharedLibrary, WhereItWasLookedForIsTold) {
  const std::vector<std::string> places = {"/nowhere/libfirst.so", "/elsewhere/libsecond.so"};
  const auto library = open_first(places);
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().reason(), "base.library");
  for (const char* name : {"libfirst.so", "libsecond.so"})
    EXPECT_NE(library.error().message().find(name), std::string::npos) << library.error().message();
}

TEST(SharedLibrary, IsLookedForBesideTheProgramUnlessAVariableNamesIt) {
  const auto places = library_places(posix_env(), "SLIPWAY_NO_SUCH_VARIABLE", "libx.so");
  ASSERT_EQ(places.size(), 3u);
  EXPECT_NE(places[0].find("/lib/libx.so"), std::string::npos) << places[0];
  EXPECT_EQ(places[2], "libx.so");
  ASSERT_TRUE(posix_env().variable("PATH"));
  EXPECT_EQ(library_places(posix_env(), "PATH", "libx.so"),
            std::vector<std::string>{*posix_env().variable("PATH")});
}

}  // namespace
}  // namespace slipway
