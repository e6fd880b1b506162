// SPDX-License-Identifier: Apache-2.0
#include "model/import/tokenizer/vocabulary.h"

#include <fmt/format.h>

#include <utility>

#include "model/import/tokenizer/steps.h"

namespace slipway::model::tokenizer {
namespace {

constexpr std::uint64_t kMaxTokens = std::uint64_t{1} << 24;

Error bad(std::string what) {
  return Error(Code::kInvalidArgument, "model.tokenizer.vocabulary", std::move(what));
}

// "a b", or ["a", "b"].
struct Pair {
  std::string_view left, right;
};
Result<Pair> pair_of(JsonView view, std::size_t index) {
  Pair pair;
  if (const auto text = view.as_string()) {
    const auto space = text->find(' ');
    if (space != text->npos) pair = {text->substr(0, space), text->substr(space + 1)};
  } else if (view.size() == 2) {
    std::size_t i = 0;
    for (const JsonView part : view.array())
      (i++ == 0 ? pair.left : pair.right) = part.as_string().value_or("");
  }
  if (!pair.left.empty() && !pair.right.empty()) return pair;
  return bad(fmt::format("merge {} is no pair of tokens", index));
}

Result<void> read_merges(JsonView model, const Vocabulary& vocabulary, Tokenize* op) {
  std::vector<std::uint32_t> merges;
  const std::string prefix = op->prefix();
  std::size_t index = 0;
  for (const JsonView view : model.find("merges").array()) {
    ASSIGN_OR_RETURN(const Pair pair, pair_of(view, index));
    std::string made(pair.left);
    made += pair.right.starts_with(prefix) ? pair.right.substr(prefix.size()) : pair.right;
    const auto left = vocabulary.find(pair.left), right = vocabulary.find(pair.right);
    const auto both = vocabulary.find(made);
    if (!left || !right || !both)
      return bad(
          fmt::format("merge {} is of '{}' and '{}', and not both of them and '{}' are tokens",
                      index, pair.left, pair.right, made));
    merges.insert(merges.end(), {*left, *right, *both});
    ++index;
  }
  op->merges = std::move(merges);
  return {};
}

Result<void> read_pairs(JsonView model, const Vocabulary& vocabulary, Tokenize* op) {
  op->rule = TokenRule::kBpe;
  if (model.find("dropout").as_double().value_or(0) > 0)
    return not_read("BPE with dropout, which draws at random,");
  op->affixes = {text_of(model, "continuing_subword_prefix"), text_of(model, "end_of_word_suffix")};
  op->byte_fallback = flag_of(model, "byte_fallback", false);
  op->fuse_unknown = flag_of(model, "fuse_unk", false);
  op->whole_words = flag_of(model, "ignore_merges", false);
  return read_merges(model, vocabulary, op);
}

void read_pieces(JsonView model, Tokenize* op) {
  constexpr std::uint64_t kLongest = 1 << 20;
  op->rule = TokenRule::kWordPiece;
  op->affixes = {text_of(model, "continuing_subword_prefix"), ""};
  const auto longest = model.find("max_input_chars_per_word").as_uint64().value_or(100);
  op->longest_word = static_cast<std::uint32_t>(std::min(longest, kLongest));
}

}  // namespace

Result<void> Vocabulary::add(std::string_view token, std::uint64_t id) {
  if (id >= kMaxTokens)
    return bad(fmt::format("token '{}' has the id {}, and ids end at {}", token, id, kMaxTokens));
  if (token.empty()) return {};
  if (id >= tokens_.size()) tokens_.resize(id + 1);
  if (!tokens_[id].empty() && tokens_[id] != token)
    return bad(fmt::format("tokens '{}' and '{}' both have the id {}", tokens_[id], token, id));
  tokens_[id] = token;
  ids_.insert_or_assign(token, static_cast<std::uint32_t>(id));
  return {};
}

std::optional<std::uint32_t> Vocabulary::find(std::string_view token) const {
  const auto at = ids_.find(token);
  return at == ids_.end() ? std::nullopt : std::optional(at->second);
}

void Vocabulary::write(Tokenize* op) const {
  std::vector<std::uint32_t> begin{0};
  std::vector<std::uint8_t> bytes;
  for (const std::string_view token : tokens_) {
    bytes.insert(bytes.end(), token.begin(), token.end());
    begin.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  op->begin = std::move(begin);
  op->bytes = std::move(bytes);
}

Result<Vocabulary> read_model(JsonView model, Tokenize* op) {
  Vocabulary vocabulary;
  const std::string type = text_of(model, "type");
  if (type != "WordPiece" && type != "BPE" && type != "WordLevel")
    return not_read(fmt::format("a model of the type '{}'", type));
  for (const auto& [token, id] : model.find("vocab").object()) {
    const auto number = id.as_uint64();
    if (!number) return bad(fmt::format("the id of token '{}' is {}", token, id.describe()));
    RETURN_IF_ERROR(vocabulary.add(token, *number));
  }
  op->rule = TokenRule::kWord;
  if (type == "BPE") RETURN_IF_ERROR(read_pairs(model, vocabulary, op));
  if (type == "WordPiece") read_pieces(model, op);
  const std::string unknown = text_of(model, "unk_token");
  op->unknown = vocabulary.find(unknown).value_or(Tokenize::kNone);
  if (op->unknown == Tokenize::kNone && (op->rule != TokenRule::kBpe || !unknown.empty()))
    return bad(fmt::format("its unk_token '{}' is no token", unknown));
  return vocabulary;
}

}  // namespace slipway::model::tokenizer
