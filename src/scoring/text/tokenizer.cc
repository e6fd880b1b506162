// SPDX-License-Identifier: Apache-2.0
#include "scoring/text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "scoring/text/token_chars.h"
#include "scoring/text/unicode.h"

namespace slipway::scoring {
namespace {

constexpr std::uint32_t kNone = model::Tokenize::kNone;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = static_cast<unsigned char>(text[0]) < 0x80 ? 1 : utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

Tokenizer::Tokenizer(const model::Tokenize& op)
    : op_(op), normalizers_(steps_of(op.normalizers)), splitters_(steps_of(op.splitters)) {
  find_vocabulary();
  find_added();
}

void Tokenizer::find_vocabulary() {
  const char* bytes = reinterpret_cast<const char*>(op_.bytes.data());
  for (std::uint32_t id = 0; id + 1 < op_.begin.size(); ++id) {
    const std::string_view token(bytes + op_.begin[id], op_.begin[id + 1] - op_.begin[id]);
    if (token.empty()) continue;
    vocabulary_.emplace(token, id);
    longest_token_ = std::max(longest_token_, decode(token).size());
  }
  for (std::uint32_t i = 0; i + 2 < op_.merges.size(); i += 3) {
    const std::uint64_t pair = std::uint64_t{op_.merges[i]} << 32 | op_.merges[i + 1];
    merges_.insert_or_assign(pair, Merge{i / 3, op_.merges[i + 2]});
  }
}

void Tokenizer::find_added() {
  for (std::size_t i = 0; i < op_.added.size(); ++i) {
    const bool late = (op_.added_flags[i] & model::kNormalized) != 0;
    std::u32string text = decode(op_.added[i]);
    if (late) text = normalized(normalizers_, std::move(text));
    if (text.empty()) continue;
    const char32_t start = text[0];
    (late ? after_ : before_)[start].push_back(
        {std::move(text), op_.added_ids[i], op_.added_flags[i]});
  }
}

std::optional<std::uint32_t> Tokenizer::id_of(std::string_view token) const {
  const auto at = vocabulary_.find(token);
  return at == vocabulary_.end() ? std::nullopt : std::optional(at->second);
}

const Tokenizer::Added* Tokenizer::longest_at(const AddedTokens& tokens, std::u32string_view text,
                                              std::size_t at) {
  const auto same_start = tokens.find(text[at]);
  if (same_start == tokens.end()) return nullptr;
  const Added* best = nullptr;
  for (const Added& each : same_start->second) {
    if (text.substr(at).starts_with(each.text) &&
        (best == nullptr || each.text.size() > best->text.size()))
      best = &each;
  }
  return best;
}

// Matches do not overlap, and one that does not stand alone where it should is none, although it
// hides those inside it.
void Tokenizer::cut_out(const AddedTokens& tokens, Stretch stretch, std::vector<Stretch>* out) {
  if (tokens.empty() || stretch.id) return out->push_back(std::move(stretch));
  const std::u32string_view text = stretch.text;
  std::size_t begin = 0;
  const auto text_until = [&](std::size_t end) {
    if (end > begin)
      out->push_back(
          {std::u32string(text.substr(begin, end - begin)), {}, stretch.first && begin == 0});
  };
  for (std::size_t at = 0; at < text.size();) {
    const Added* found = longest_at(tokens, text, at);
    if (found == nullptr) {
      ++at;
      continue;
    }
    std::size_t from = at, to = at + found->text.size();
    at = to;
    const bool alone = (from == 0 || !token::is_word(text[from - 1])) &&
                       (to == text.size() || !token::is_word(text[to]));
    if ((found->flags & model::kSingleWord) != 0 && !alone) continue;
    if ((found->flags & model::kStripLeft) != 0)
      while (from > begin && token::is_space(text[from - 1])) --from;
    if ((found->flags & model::kStripRight) != 0)
      while (to < text.size() && token::is_space(text[to])) ++to;
    text_until(from);
    out->push_back({{}, found->id, false});
    begin = to;
    at = std::max(at, to);
  }
  text_until(text.size());
}

std::optional<std::string> Tokenizer::encode(std::string_view text, Row* row) const {
  if (!is_utf8(text)) return "its text is no UTF-8";
  std::vector<Stretch> raw, stretches;
  cut_out(before_, {decode(text), {}, true}, &raw);
  for (Stretch& each : raw) {
    if (!each.id) each.text = normalized(normalizers_, std::move(each.text));
    if (each.text.size() > kMostCharacters)
      return fmt::format("its text has more than {} characters once it is normalized",
                         kMostCharacters);
    cut_out(after_, std::move(each), &stretches);
  }
  Ids ids;
  for (Stretch& each : stretches) {
    if (each.id) {
      ids.push_back(*each.id);
      continue;
    }
    for (const Piece& piece : split(splitters_, {{std::move(each.text), each.first}}))
      word(piece.text, &ids);
  }
  const std::size_t room = op_.length - (op_.frame.size() - 1);
  if (ids.size() > room) {
    if (!op_.truncate)
      return fmt::format("its text has {} tokens, and the model takes {}", ids.size(), room);
    const auto surplus = static_cast<std::ptrdiff_t>(ids.size() - room);
    op_.cut_left ? ids.erase(ids.begin(), ids.begin() + surplus)
                 : ids.erase(ids.end() - surplus, ids.end());
  }
  row->ids.clear();
  row->types.clear();
  for (std::size_t i = 0; i < op_.frame.size(); ++i) {
    const bool is_text = op_.frame[i] == kNone;
    if (is_text) row->ids.insert(row->ids.end(), ids.begin(), ids.end());
    if (!is_text) row->ids.push_back(op_.frame[i]);
    row->types.resize(row->ids.size(), op_.frame_types[i]);
  }
  return std::nullopt;
}

}  // namespace slipway::scoring
