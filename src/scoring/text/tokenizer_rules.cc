// How one word becomes tokens.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <queue>
#include <string>
#include <tuple>

#include "scoring/text/tokenizer.h"
#include "scoring/text/unicode.h"

namespace slipway::scoring {
namespace {

constexpr std::uint32_t kNone = model::Tokenize::kNone;

std::string utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t code : text) encode(code, &out);
  return out;
}

}  // namespace

void Tokenizer::word(std::u32string_view word, Ids* out) const {
  if (word.empty()) return;
  switch (op_.rule) {
    case model::TokenRule::kWordPiece:
      return word_piece(word, out);
    case model::TokenRule::kBpe:
      return byte_pairs(word, out);
    case model::TokenRule::kWord:
      out->push_back(id_of(utf8(word)).value_or(op_.unknown));
  }
}

// The longest piece first; if what is left has none, the whole word is unknown.
void Tokenizer::word_piece(std::u32string_view word, Ids* out) const {
  if (word.size() > op_.longest_word) return out->push_back(op_.unknown);
  const std::string prefix = op_.prefix();
  Ids pieces;
  for (std::size_t at = 0; at < word.size();) {
    std::size_t end = std::min(word.size(), at + longest_token_);
    std::optional<std::uint32_t> id;
    for (; end > at && !id; --end)
      id = id_of((at > 0 ? prefix : "") + utf8(word.substr(at, end - at)));
    if (!id) return out->push_back(op_.unknown);
    pieces.push_back(*id);
    at = end + 1;
  }
  out->insert(out->end(), pieces.begin(), pieces.end());
}

// A character as the tokens of its bytes, if all of them exist.
bool Tokenizer::append_bytes(std::string_view character, Ids* out) const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  Ids ids;
  for (const char each : character) {
    const auto byte = static_cast<unsigned char>(each);
    const std::string token{'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
    const auto id = id_of(token);
    if (!id) return false;
    ids.push_back(*id);
  }
  out->insert(out->end(), ids.begin(), ids.end());
  return true;
}

Tokenizer::Ids Tokenizer::characters(std::u32string_view word) const {
  Ids ids;
  bool unknown_before = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    std::string token;
    if (i > 0) token = op_.prefix();
    scoring::encode(word[i], &token);
    if (i + 1 == word.size()) token += op_.suffix();
    const auto id = id_of(token);
    if (id || (op_.byte_fallback && append_bytes(token, &ids))) {
      if (id) ids.push_back(*id);
      unknown_before = false;
    } else if (op_.unknown != kNone) {
      if (!unknown_before || !op_.fuse_unknown) ids.push_back(op_.unknown);
      unknown_before = true;
    }
  }
  return ids;
}

void Tokenizer::byte_pairs(std::u32string_view word, Ids* out) const {
  if (op_.whole_words) {
    if (const auto id = id_of(utf8(word))) return out->push_back(*id);
  }
  Ids ids = characters(word);
  merge(&ids);
  out->insert(out->end(), ids.begin(), ids.end());
}

// The pair of the lowest rank first, of these the leftmost, until none is left.
void Tokenizer::merge(Ids* ids) const {
  struct Link {
    std::ptrdiff_t before, after;
  };
  const auto count = static_cast<std::ptrdiff_t>(ids->size());
  std::vector<Link> links;
  for (std::ptrdiff_t i = 0; i < count; ++i) links.push_back({i - 1, i + 1 < count ? i + 1 : -1});
  // Rank, place, and what it would make, by which a stale entry is known.
  using Entry = std::tuple<std::uint32_t, std::ptrdiff_t, std::uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  const auto merge_at = [&](std::ptrdiff_t at) -> const Merge* {
    const std::ptrdiff_t after = at < 0 ? -1 : links[static_cast<std::size_t>(at)].after;
    if (after < 0) return nullptr;
    const std::uint64_t pair = std::uint64_t{(*ids)[static_cast<std::size_t>(at)]} << 32 |
                               (*ids)[static_cast<std::size_t>(after)];
    const auto found = merges_.find(pair);
    return found == merges_.end() ? nullptr : &found->second;
  };
  const auto propose = [&](std::ptrdiff_t at) {
    if (const Merge* found = merge_at(at)) queue.push({found->rank, at, found->made});
  };
  std::vector<bool> gone(ids->size());
  for (std::ptrdiff_t i = 0; i < count; ++i) propose(i);
  while (!queue.empty()) {
    const auto [rank, at, made] = queue.top();
    queue.pop();
    const Merge* now = gone[static_cast<std::size_t>(at)] ? nullptr : merge_at(at);
    if (now == nullptr || now->rank != rank) continue;
    const auto here = static_cast<std::size_t>(at);
    const auto after = static_cast<std::size_t>(links[here].after);
    (*ids)[here] = made;
    gone[after] = true;
    links[here].after = links[after].after;
    if (links[here].after >= 0) links[static_cast<std::size_t>(links[here].after)].before = at;
    propose(links[here].before);
    propose(at);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ids->size(); ++i)
    if (!gone[i]) (*ids)[kept++] = (*ids)[i];
  ids->resize(kept);
}

}  // namespace slipway::scoring
