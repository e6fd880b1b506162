// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <utility>

namespace slipway {
namespace {

TEST(Sha256, GivesTheAnswersOfFips180) {
  EXPECT_EQ(Sha256::hex_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256::hex_of("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256::hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256::hex_of(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesGiveTheDigestOfTheWholeAndFinishStartsAnew) {
  Sha256 sha;
  sha.update("a");
  sha.update("");
  sha.update("bc");
  EXPECT_EQ(sha.finish(), Sha256::of("abc"));
  sha.update("abc");
  Sha256 moved = std::move(sha);
  EXPECT_EQ(moved.finish(), Sha256::of("abc"));
}

TEST(Crc32c, GivesTheAnswersOfRfc3720) {
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) rising += static_cast<char>(i);
  falling.assign(rising.rbegin(), rising.rend());
  for (const auto crc : {crc32c, crc32c_portable}) {
    EXPECT_EQ(crc("", 0), 0u);
    EXPECT_EQ(crc("123456789", 0), 0xE3069283u);
    EXPECT_EQ(crc(std::string(32, '\0'), 0), 0x8A9136AAu);
    EXPECT_EQ(crc(std::string(32, '\xFF'), 0), 0x62A8AB43u);
    EXPECT_EQ(crc(rising, 0), 0x46DD794Eu);
    EXPECT_EQ(crc(falling, 0), 0x113FDB5Cu);
  }
}

TEST(Crc32c, TheInstructionAndTheTableAgreeAtEveryLengthAlignmentAndCut) {
  std::mt19937 random(1);
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(random());
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t length = 0; from + length <= bytes.size(); ++length) {
      const std::string_view part = std::string_view(bytes).substr(from, length);
      const std::uint32_t whole = crc32c(part);
      ASSERT_EQ(whole, crc32c_portable(part));
      ASSERT_EQ(whole, crc32c(part.substr(length / 3), crc32c(part.substr(0, length / 3))));
    }
  }
}

TEST(Xxh3, IsPinnedBecauseFilesAndSamplesDependOnIt) {
  EXPECT_EQ(xxh3_64(""), 0x2D06800538D394C2u);
  EXPECT_EQ(xxh3_64("a"), 0xE6C632B61E964E1Fu);
  EXPECT_NE(xxh3_64("a"), xxh3_64("a", 1));
  const std::string text(100000, 'x');
  EXPECT_EQ(xxh3_64(text), xxh3_64(std::string(text)));
}

}  // namespace
}  // namespace slipway
