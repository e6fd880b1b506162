// The ids that Hugging Face's tokenizers library gave, against ours, id for id.
// tools/oracles/tokenizers/make.py wrote both; SLIPWAY_TOKENIZER_GOLDEN names another folder of its
// output.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/file.h"
#include "base/json.h"
#include "model/import/tokenizer/tokenizer.h"
#include "scoring/text/tokenizer.h"

namespace slipway {
namespace {

std::string folder() {
  return posix_env().variable("SLIPWAY_TOKENIZER_GOLDEN").value_or("tests/golden/tokenizer");
}

std::vector<std::string> tokenizers() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    const std::string path = entry.path().string();
    if (!path.ends_with("texts.json") && !path.ends_with(".ids.json")) found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<model::Tokenize> read(const std::string& path) {
  const auto file = MappedFile::open(path).value();
  const model::TokenizerOptions options{.length = 4096};
  return path.ends_with(".txt") ? model::read_vocab_txt(file->text(), options)
                                : model::read_tokenizer_json(file->text(), options);
}

std::vector<std::uint32_t> numbers(JsonView view) {
  std::vector<std::uint32_t> out;
  for (const JsonView each : view.array())
    out.push_back(static_cast<std::uint32_t>(each.as_uint64().value_or(~0U)));
  return out;
}

std::string shown(const std::vector<std::uint32_t>& ids) {
  std::string text;
  for (const auto id : ids) text += std::to_string(id) + " ";
  return text;
}

TEST(TokenizerGolden, IdsAreTheLibrarysOwn) {
  const auto texts_file = MappedFile::open(folder() + "/texts.json").value();
  const auto texts = JsonDocument::parse(texts_file->text());
  ASSERT_TRUE(texts);
  for (const std::string& path : tokenizers()) {
    const auto op = read(path);
    ASSERT_TRUE(op) << path << ": " << op.error().message();
    const scoring::Tokenizer tokenizer(op.value());
    const std::string base = path.substr(0, path.rfind('.'));
    const auto file = MappedFile::open(base + ".ids.json").value();
    const auto expected = JsonDocument::parse(file->text());
    ASSERT_TRUE(expected);
    std::vector<JsonView> rows;
    for (const JsonView row : expected.value().root().array()) rows.push_back(row);
    ASSERT_EQ(rows.size(), texts.value().root().size()) << path;
    std::size_t i = 0, tokens = 0, wrong = 0;
    for (const JsonView text : texts.value().root().array()) {
      scoring::Tokenizer::Row found;
      const auto refusal = tokenizer.encode(*text.as_string(), &found);
      ASSERT_FALSE(refusal) << path << ": " << *refusal;
      const auto ids = numbers(rows[i].find("ids"));
      tokens += ids.size();
      const bool same = ids == found.ids && numbers(rows[i].find("types")) == found.types;
      if (!same && wrong++ < 3)
        ADD_FAILURE() << path << " text " << i << " '" << *text.as_string() << "':\n  "
                      << shown(found.ids) << "\n  against " << shown(ids);
      ++i;
    }
    std::printf("%-44s %4zu texts, %6zu tokens, %zu texts differ\n", path.c_str(), i, tokens,
                wrong);
  }
}

}  // namespace
}  // namespace slipway
