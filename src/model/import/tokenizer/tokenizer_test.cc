// What is not read is refused by name; what is damaged, with what is wrong.
// SPDX-License-Identifier: Apache-2.0
#include "model/import/tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::model {
namespace {

struct Parts {
  std::string model =
      R"({"type":"WordPiece","unk_token":"?","continuing_subword_prefix":"#","vocab":{"?":0,"a":1,"#b":2}})";
  std::string normalizer = "null";
  std::string splitter = "null";
  std::string processor = "null";
  std::string truncation = "null";
  std::string padding = "null";
  std::string added = "[]";
};

std::string json(const Parts& parts) {
  return R"({"version":"1.0","truncation":)" + parts.truncation + R"(,"padding":)" + parts.padding +
         R"(,"added_tokens":)" + parts.added + R"(,"normalizer":)" + parts.normalizer +
         R"(,"pre_tokenizer":)" + parts.splitter + R"(,"post_processor":)" + parts.processor +
         R"(,"model":)" + parts.model + "}";
}

void expect_refused(const Parts& parts, Code code, std::string_view reason, std::string_view part) {
  const auto op = read_tokenizer_json(json(parts), {});
  ASSERT_FALSE(op) << part;
  EXPECT_EQ(op.error().code(), code) << op.error().message();
  EXPECT_EQ(op.error().reason(), reason) << op.error().message();
  EXPECT_NE(op.error().message().find(part), std::string::npos) << op.error().message();
}

TEST(TokenizerJson, TheLeastThereIs) {
  const auto op = read_tokenizer_json(json({}), {.length = 9});
  ASSERT_TRUE(op) << op.error().message();
  EXPECT_EQ(op.value().length, 9U);
  EXPECT_EQ(op.value().prefix(), "#");
  EXPECT_EQ(op.value().frame.size(), 1U);
  EXPECT_TRUE(is_tokenizer_json(json({})));
}

TEST(TokenizerJson, StepsThatAreNotReadAreNamed) {
  const char* const kStep = "model.tokenizer.step";
  expect_refused({.model = R"({"type":"Unigram","vocab":[["a",0.0]]})"}, Code::kUnimplemented,
                 kStep, "'Unigram'");
  expect_refused({.normalizer = R"({"type":"Precompiled","precompiled_charsmap":""})"},
                 Code::kUnimplemented, kStep, "normalizer 'Precompiled'");
  expect_refused({.normalizer = R"({"type":"Replace","pattern":{"Regex":" +"},"content":" "})"},
                 Code::kUnimplemented, kStep, "pattern ' +'");
  expect_refused({.splitter = R"({"type":"UnicodeScripts"})"}, Code::kUnimplemented, kStep,
                 "pre-tokenizer 'UnicodeScripts'");
  expect_refused(
      {.splitter = R"({"type":"Split","pattern":{"Regex":"\\d"},"behavior":"Isolated"})"},
      Code::kUnimplemented, kStep, "pattern '\\d'");
  expect_refused({.splitter = R"({"type":"Punctuation","behavior":"Odd"})"}, Code::kUnimplemented,
                 kStep, "behaviour 'Odd'");
  expect_refused({.processor = R"({"type":"Mine"})"}, Code::kUnimplemented, kStep,
                 "post-processor 'Mine'");
  expect_refused({.model = R"({"type":"BPE","dropout":0.1,"vocab":{"a":0},"merges":[]})"},
                 Code::kUnimplemented, kStep, "dropout");
}

TEST(TokenizerJson, DamagedVocabularies) {
  const char* const kReason = "model.tokenizer.vocabulary";
  expect_refused({.model = R"({"type":"WordPiece","unk_token":"[UNK]","vocab":{"a":0}})"},
                 Code::kInvalidArgument, kReason, "unk_token '[UNK]' is no token");
  expect_refused({.model = R"({"type":"WordLevel","unk_token":"a","vocab":{"a":0,"b":0}})"},
                 Code::kInvalidArgument, kReason, "both have the id 0");
  expect_refused({.model = R"({"type":"WordLevel","unk_token":"a","vocab":{"a":99999999999}})"},
                 Code::kInvalidArgument, kReason, "99999999999");
  expect_refused({.model = R"({"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]})"},
                 Code::kInvalidArgument, kReason, "merge 0 is of 'a' and 'b'");
  expect_refused({.model = R"({"type":"BPE","vocab":{"a":0},"merges":["a"]})"},
                 Code::kInvalidArgument, kReason, "no pair");
}

TEST(TokenizerJson, FramesAndLengthsThatDoNotFit) {
  const char* const kReason = "model.tokenizer.frame";
  expect_refused({.processor = R"({"type":"TemplateProcessing","single":[],"special_tokens":{}})",
                  .truncation = R"({"max_length":0})"},
                 Code::kInvalidArgument, kReason, "rows of 0 tokens");
  expect_refused(
      {.processor =
           R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"X","type_id":0}}],"special_tokens":{}})"},
      Code::kInvalidArgument, kReason, "'X', which has no ids");
  expect_refused({.truncation = R"({"max_length":64})", .padding = R"({"strategy":{"Fixed":128}})"},
                 Code::kUnimplemented, "model.tokenizer.step", "cut to 64 and filled up to 128");
}

TEST(VocabTxt, NeedsBertsTokens) {
  const auto op = read_vocab_txt("a\nb\n", {});
  ASSERT_FALSE(op);
  EXPECT_EQ(op.error().reason(), "model.tokenizer.vocabulary");
  EXPECT_NE(op.error().message().find("[UNK]"), std::string::npos) << op.error().message();
}

}  // namespace
}  // namespace slipway::model
