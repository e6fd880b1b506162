// Any bytes as a small tokenizer and a text for it: at most as many ids as it may give, all of them
// its own. The first byte chooses the tokenizer's steps, the second its rule; then come tokens, one
// a line, an empty line, and the text.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "scoring/text/tokenizer.h"

namespace {

using slipway::model::Tokenize;
using slipway::model::TokenRule;

void add_step(std::vector<std::string>* steps, std::string name, std::string first = "",
              std::string second = "") {
  steps->insert(steps->end(), {std::move(name), std::move(first), std::move(second)});
}

void choose_steps(unsigned bits, Tokenize* op) {
  constexpr std::array<const char*, 8> kNormalizers{"clean",     "chinese", "nfc",      "nfd",
                                                    "lowercase", "nfkc",    "no_marks", "bytes"};
  add_step(&op->normalizers, kNormalizers[bits & 7]);
  if ((bits & 8) != 0) add_step(&op->normalizers, "replace", "a", "aa");
  if ((bits & 16) != 0) add_step(&op->splitters, "spaces");
  if ((bits & 32) != 0) add_step(&op->splitters, "punctuation", "previous");
  if ((bits & 64) != 0) add_step(&op->splitters, "bytes", "pw");
  if ((bits & 128) != 0) add_step(&op->splitters, "metaspace", "_", "as");
}

Tokenize tokenizer_of(std::string_view* bytes) {
  Tokenize op;
  choose_steps(static_cast<unsigned char>((*bytes)[0]), &op);
  const auto rule = static_cast<unsigned char>((*bytes)[1]);
  op.rule = static_cast<TokenRule>(rule % 3);
  op.byte_fallback = (rule & 8) != 0;
  op.fuse_unknown = (rule & 16) != 0;
  op.truncate = (rule & 32) != 0;
  op.cut_left = (rule & 64) != 0;
  op.length = 64;
  bytes->remove_prefix(2);
  std::vector<std::uint32_t> begin{0, 1}, merges;
  std::vector<std::uint8_t> text{'?'};
  while (!bytes->empty() && begin.size() < 256) {
    const std::size_t end = std::min(bytes->find('\n'), bytes->size());
    const std::string_view token = bytes->substr(0, end);
    bytes->remove_prefix(std::min(end + 1, bytes->size()));
    if (token.empty()) break;
    text.insert(text.end(), token.begin(), token.end());
    begin.push_back(static_cast<std::uint32_t>(text.size()));
  }
  const auto tokens = static_cast<std::uint32_t>(begin.size() - 1);
  for (std::uint32_t i = 0; i + 2 < tokens; ++i) merges.insert(merges.end(), {i, i + 1, i + 2});
  op.added = {"<m>", "ab"};
  op.added_ids = std::vector<std::uint32_t>{0, tokens - 1};
  op.added_flags = std::vector<std::uint8_t>{rule, static_cast<std::uint8_t>(rule >> 1)};
  op.unknown = 0;
  op.affixes = {"#", ""};
  op.frame = std::vector<std::uint32_t>{0, Tokenize::kNone, 0};
  op.frame_types = std::vector<std::uint32_t>{0, 1, 2};
  op.begin = std::move(begin);
  op.bytes = std::move(text);
  op.merges = std::move(merges);
  return op;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Tokenize op = tokenizer_of(&bytes);
  const slipway::scoring::Tokenizer tokenizer(op);
  slipway::scoring::Tokenizer::Row row;
  if (tokenizer.encode(bytes, &row)) return 0;
  CHECK(row.ids.size() <= op.length && row.ids.size() == row.types.size());
  for (const std::uint32_t id : row.ids) CHECK(id + 1 < op.begin.size());
  return 0;
}
