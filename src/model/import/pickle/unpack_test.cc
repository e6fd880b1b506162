// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/unpack.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>

#include <string>

namespace slipway::model::pickle {
namespace {

constexpr UnpackLimits kWide{.max_bytes = std::size_t{1} << 30, .max_expansion = 100'000};

std::string pack_zlib(const std::string& text, int window_bits) {
  std::string out(text.size() + 1000, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string pack_bz2(const std::string& text) {
  std::string out(text.size() + 1000, '\0');
  auto size = static_cast<unsigned>(out.size());
  BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()),
                           static_cast<unsigned>(text.size()), 9, 0, 0);
  out.resize(size);
  return out;
}

std::string pack_lzma(const std::string& text, bool alone) {
  std::string out(text.size() + 1000, '\0');
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 6);
  lzma_stream stream = LZMA_STREAM_INIT;
  if (alone) {
    EXPECT_EQ(lzma_alone_encoder(&stream, &options), LZMA_OK);
  } else {
    EXPECT_EQ(lzma_easy_encoder(&stream, 6, LZMA_CHECK_CRC64), LZMA_OK);
  }
  stream.next_in = reinterpret_cast<const std::uint8_t*>(text.data());
  stream.avail_in = text.size();
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = out.size();
  EXPECT_EQ(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
  out.resize(stream.total_out);
  lzma_end(&stream);
  return out;
}

std::string pack_lz4(const std::string& text) {
  std::string out(LZ4F_compressFrameBound(text.size(), nullptr), '\0');
  out.resize(LZ4F_compressFrame(out.data(), out.size(), text.data(), text.size(), nullptr));
  return out;
}

struct Sample {
  Packing packing;
  std::string bytes;
};

std::vector<Sample> packed(const std::string& text) {
  return {{Packing::kZlib, pack_zlib(text, 15)},   {Packing::kGzip, pack_zlib(text, 31)},
          {Packing::kBz2, pack_bz2(text)},         {Packing::kXz, pack_lzma(text, false)},
          {Packing::kLzma, pack_lzma(text, true)}, {Packing::kLz4, pack_lz4(text)}};
}

std::string some_text() {
  std::string text;
  for (int i = 0; text.size() < 100'000; ++i) text += std::to_string(i * i) + " ";
  return text;
}

TEST(Unpack, GivesBackWhatWasPackedInEveryFormat) {
  const std::string text = some_text();
  for (const Sample& sample : packed(text)) {
    ASSERT_EQ(packing_of(sample.bytes), sample.packing) << name_of(sample.packing);
    const auto unpacked = unpack(sample.packing, sample.bytes, kWide);
    ASSERT_TRUE(unpacked.has_value()) << unpacked.error().message();
    EXPECT_TRUE(unpacked.value().text() == text) << name_of(sample.packing);
    EXPECT_EQ(unpacked.value().capacity(), text.size()) << "nothing is kept beyond the end";
  }
}

TEST(Unpack, TellsACutStreamFromAWholeOne) {
  for (const Sample& sample : packed(some_text())) {
    const auto unpacked =
        unpack(sample.packing, sample.bytes.substr(0, sample.bytes.size() - 20), kWide);
    ASSERT_FALSE(unpacked.has_value()) << name_of(sample.packing);
    EXPECT_EQ(unpacked.error().reason(), "model.pickle.packed");
    EXPECT_NE(unpacked.error().message().find(name_of(sample.packing)), std::string::npos);
  }
}

TEST(Unpack, StopsAtTheLimits) {
  const std::string zeros(2'500'000, '\0');
  for (const Sample& sample : packed(zeros)) {
    const auto by_size =
        unpack(sample.packing, sample.bytes, {.max_bytes = 1'000'000, .max_expansion = 100'000});
    ASSERT_FALSE(by_size.has_value()) << name_of(sample.packing);
    EXPECT_EQ(by_size.error().reason(), "model.pickle.unpacked_size");
    EXPECT_NE(by_size.error().message().find("976.6 KiB"), std::string::npos)
        << by_size.error().message();
    const auto by_ratio =
        unpack(sample.packing, sample.bytes, {.max_bytes = kWide.max_bytes, .max_expansion = 10});
    ASSERT_FALSE(by_ratio.has_value()) << name_of(sample.packing);
    EXPECT_EQ(by_ratio.error().code(), Code::kResourceExhausted);
  }
}

TEST(Unpack, ReadsSeveralGzipMembersAsOne) {
  const auto unpacked =
      unpack(Packing::kGzip, pack_zlib("one, ", 31) + pack_zlib("two", 31), kWide);
  ASSERT_TRUE(unpacked.has_value());
  EXPECT_EQ(unpacked.value().text(), "one, two");
}

TEST(Unpack, KnowsWhatIsNotPacked) {
  EXPECT_EQ(packing_of(""), Packing::kNone);
  EXPECT_EQ(packing_of("x"), Packing::kNone);
  EXPECT_EQ(packing_of("x,y,z\n"), Packing::kNone) << "78 alone is only the letter x";
  EXPECT_EQ(packing_of("BZ is a code"), Packing::kNone);
  EXPECT_EQ(packing_of("\x80\x04N."), Packing::kNone);
}

}  // namespace
}  // namespace slipway::model::pickle
