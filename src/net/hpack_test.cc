// SPDX-License-Identifier: Apache-2.0
#include "net/hpack.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace slipway::net {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// What a peer understands; {"wrong", ""} where it is no HPACK.
Fields decoded(HpackDecoder* decoder, std::string_view block) {
  Fields fields;
  HeaderField field;
  auto step = decoder->next(&block, true, &field);
  for (; step == HpackDecoder::Step::kField; step = decoder->next(&block, true, &field))
    fields.emplace_back(field.name, field.value);
  return step == HpackDecoder::Step::kEnd ? fields : Fields{{"wrong", ""}};
}

std::string encoded(HpackEncoder* encoder, int status, const Fields& fields) {
  std::string block;
  encoder->begin(&block);
  encoder->status(status, &block);
  for (const auto& [name, value] : fields) encoder->field(name, value, &block);
  return block;
}

TEST(Hpack, WhatIsEncodedIsDecodedBlockAfterBlock) {
  HpackEncoder encoder;
  HpackDecoder decoder;
  const std::vector<Fields> answers = {
      {{"content-type", "application/json"}, {"date", "Sun"}, {"content-length", "12"}},
      {{"content-type", "application/grpc"}},
      {{"grpc-status", "0"}},
      {{"grpc-status", "13"}, {"grpc-message", std::string(300, 'm')}},
      {{"content-type", "application/json"}, {"retry-after", "7"}, {"x-own", ""}},
      {{std::string(200, 'n'), std::string(20'000, 'v')}},
  };
  for (int round = 0; round < 3; ++round) {
    for (const int status : {200, 404, 503, 100}) {
      for (const Fields& fields : answers) {
        Fields expected = fields;
        expected.insert(expected.begin(), {":status", std::to_string(status)});
        ASSERT_EQ(decoded(&decoder, encoded(&encoder, status, fields)), expected);
      }
    }
  }
}

TEST(Hpack, WhatMostAnswersSayIsAByteEach) {
  HpackEncoder encoder;
  const Fields head{{"content-type", "application/grpc"}};
  EXPECT_EQ(encoded(&encoder, 200, head).size(), 19u);
  EXPECT_EQ(encoded(&encoder, 200, head).size(), 2u);
}

TEST(Hpack, APeersSmallTableIsToldEmptyAndNotUsed) {
  HpackEncoder encoder;
  HpackDecoder decoder;
  const Fields head{{"content-type", "application/grpc"}};
  const Fields expected{{":status", "200"}, head.front()};
  EXPECT_EQ(decoded(&decoder, encoded(&encoder, 200, head)), expected);
  encoder.set_table_bytes(100);
  for (int i = 0; i < 3; ++i) {
    const std::string block = encoded(&encoder, 200, head);
    EXPECT_EQ(block[0] == '\x20', i == 0) << "told once";
    EXPECT_EQ(decoded(&decoder, block), expected);
  }
}

TEST(Hpack, ABlockMayComeInPieces) {
  HpackEncoder encoder;
  const std::string block = encoded(&encoder, 418, {{"x-own", "value"}});
  for (std::size_t cut = 0; cut <= block.size(); ++cut) {
    HpackDecoder decoder;
    std::string_view first = std::string_view(block).substr(0, cut);
    std::string_view second = std::string_view(block).substr(cut);
    std::size_t fields = 0;
    HeaderField field;
    while (decoder.next(&first, false, &field) == HpackDecoder::Step::kField) ++fields;
    EXPECT_TRUE(first.empty());
    while (decoder.next(&second, true, &field) == HpackDecoder::Step::kField) ++fields;
    EXPECT_EQ(fields, 2u) << cut;
  }
}

TEST(Hpack, WhatChangesTheTableIsSeen) {
  const auto keeps = [](std::string_view block) { return keeps_table(block); };
  EXPECT_TRUE(keeps(""));
  EXPECT_TRUE(keeps("\x82\xbe\xff\x05"));
  EXPECT_TRUE(keeps(std::string_view("\x00\x01n\x01v\x10\x01n\x01v\x04\x01/\x0f\x0d\x00", 16)));
  EXPECT_FALSE(keeps("\x82\x40\x01n\x01v")) << "put there";
  EXPECT_FALSE(keeps("\x82\x44\x01/")) << "put there, its name is";
  EXPECT_FALSE(keeps("\x20\x82")) << "its size";
  EXPECT_FALSE(keeps("\x82\x04\x05/")) << "cut";
  EXPECT_FALSE(keeps("\x82\x0f")) << "cut";
  EXPECT_FALSE(keeps("\xff\xff\xff\xff\xff\xff\xff")) << "no number";
  EXPECT_EQ(leading_places("\x82\xbe\xff\x05"), 2u);
  EXPECT_EQ(leading_places("\x80\x82"), 0u);
}

TEST(Hpack, WhatIsNoneIsSaidToBe) {
  for (const char* block :
       {"\x80", "\xc6", "\xff\xff\xff\xff\xff\xff", "\x40\x05xy", "\x3f\xe1\xff\x03"}) {
    HpackDecoder decoder;
    EXPECT_EQ(decoded(&decoder, block), (Fields{{"wrong", ""}}));
  }
}

}  // namespace
}  // namespace slipway::net
