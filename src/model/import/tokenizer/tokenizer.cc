// SPDX-License-Identifier: Apache-2.0
#include "model/import/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "base/json.h"
#include "model/import/tokenizer/frame.h"
#include "model/import/tokenizer/steps.h"
#include "model/import/tokenizer/vocabulary.h"
#include "model/operator.h"

namespace slipway::model {
namespace {

using namespace tokenizer;

Result<Tokenize> checked(Tokenize op) {
  const std::array<std::uint32_t, 1> inputs{1};
  auto width = width_of(op, inputs);
  if (!width) return std::move(width).error().with_context("the tokenizer");
  return op;
}

}  // namespace

bool is_tokenizer_json(std::string_view bytes) {
  if (!bytes.starts_with('{')) return false;
  const std::string_view head = bytes.substr(0, 4096);
  return head.find("\"added_tokens\"") != head.npos && head.find("\"version\"") != head.npos;
}

Result<Tokenize> read_tokenizer_json(std::string_view json, const TokenizerOptions& options) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(json));
  const JsonView root = document.root();
  Tokenize op;
  RETURN_IF_ERROR(read_normalizer(root.find("normalizer"), 0, &op.normalizers));
  RETURN_IF_ERROR(read_splitter(root.find("pre_tokenizer"), 0, &op.splitters));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary, read_model(root.find("model"), &op));
  RETURN_IF_ERROR(read_added(root.find("added_tokens"), vocabulary, &op));
  RETURN_IF_ERROR(read_frame(root.find("post_processor"), &op));
  RETURN_IF_ERROR(read_length(root, options, &op));
  vocabulary.write(&op);
  return checked(std::move(op));
}

Result<Tokenize> read_vocab_txt(std::string_view text, const TokenizerOptions& options) {
  Vocabulary vocabulary;
  std::uint64_t id = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view token = text.substr(0, end);
    if (token.ends_with('\r')) token.remove_suffix(1);
    RETURN_IF_ERROR(vocabulary.add(token, id++));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  Tokenize op;
  add_bert_normalizer(true, true, options.lowercase, options.lowercase, &op.normalizers);
  add_bert_splitter(&op.splitters);
  op.affixes = {"##", ""};
  std::vector<std::uint32_t> ids;
  for (const char* special : {"[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}) {
    const auto known = vocabulary.find(special);
    if (!known)
      return Error(Code::kInvalidArgument, "model.tokenizer.vocabulary",
                   fmt::format("this is no vocab.txt of BERT's: it has no token {}", special));
    op.added.emplace_back(special);
    ids.push_back(*known);
  }
  op.unknown = ids[0];
  op.frame = std::vector<std::uint32_t>{ids[3], Tokenize::kNone, ids[1]};
  op.frame_types = std::vector<std::uint32_t>{0, 0, 0};
  op.fill_id = ids[2];
  op.added_flags = std::vector<std::uint8_t>(ids.size(), 0);
  op.added_ids = std::move(ids);
  op.length = options.length;
  op.truncate = true;
  vocabulary.write(&op);
  return checked(std::move(op));
}

}  // namespace slipway::model
