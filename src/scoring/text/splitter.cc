// SPDX-License-Identifier: Apache-2.0
#include "scoring/text/splitter.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "scoring/text/token_chars.h"
#include "scoring/text/unicode.h"

namespace slipway::scoring {
namespace {

// A part of a text, and whether it is what was looked for.
struct Part {
  std::size_t begin, end;
  bool is_match;
};
using Parts = std::vector<Part>;

template <typename Holds>
Parts each_character(std::u32string_view text, Holds holds) {
  Parts parts;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!holds(text[i])) continue;
    if (i > begin) parts.push_back({begin, i, false});
    parts.push_back({i, i + 1, true});
    begin = i + 1;
  }
  if (begin < text.size()) parts.push_back({begin, text.size(), false});
  return parts;
}

Parts each_text(std::u32string_view text, std::u32string_view wanted) {
  Parts parts;
  std::size_t begin = 0;
  for (std::size_t found = wanted.empty() ? text.npos : text.find(wanted); found != text.npos;
       found = text.find(wanted, begin)) {
    if (found > begin) parts.push_back({begin, found, false});
    parts.push_back({found, found + wanted.size(), true});
    begin = found + wanted.size();
  }
  if (begin < text.size()) parts.push_back({begin, text.size(), false});
  return parts;
}

template <typename Holds>
std::size_t run_end(std::u32string_view text, std::size_t at, Holds holds) {
  while (at < text.size() && holds(text[at])) ++at;
  return at;
}

// \w+|[^\w\s]+ and what lies between.
Parts words_and_signs(std::u32string_view text) {
  const auto sign = [](char32_t c) { return !token::is_word(c) && !token::is_space(c); };
  Parts parts;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = run_end(text, at, token::is_word);
    if (end == at) end = run_end(text, at, sign);
    const bool is_match = end > at;
    if (!is_match) end = run_end(text, at, token::is_space);
    parts.push_back({at, end, is_match});
    at = end;
  }
  return parts;
}

// The end of the word of GPT-2's pattern that begins at `at`:
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t gpt_word_end(std::u32string_view text, std::size_t at) {
  for (const std::u32string_view ending : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"}) {
    if (text.substr(at).starts_with(ending)) return at + ending.size();
  }
  const auto other = [](char32_t c) {
    return !token::is_space(c) && !token::is_letter(c) && !token::is_number(c);
  };
  const std::size_t from = at + (text[at] == U' ' ? 1 : 0);
  for (const std::size_t end :
       {run_end(text, from, token::is_letter), run_end(text, from, token::is_number),
        run_end(text, from, other)}) {
    if (end > from) return end;
  }
  const std::size_t end = run_end(text, at, token::is_space);
  // The last space goes with the word that follows.
  return end < text.size() && end > at + 1 ? end - 1 : end;
}

Parts gpt_words(std::u32string_view text) {
  Parts parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = gpt_word_end(text, at);
    parts.push_back({at, end, true});
    at = end;
  }
  return parts;
}

Parts merged_with_next(const Parts& parts) {
  Parts out;
  bool before = false;
  for (std::size_t i = parts.size(); i-- > 0;) {
    const Part& part = parts[i];
    if (part.is_match && !before && !out.empty()) {
      out.back().begin = part.begin;
    } else {
      out.push_back(part);
    }
    before = part.is_match;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

Parts merged(const Parts& parts, std::string_view behaviour) {
  if (behaviour == "next") return merged_with_next(parts);
  Parts out;
  bool before = false;
  for (const Part& part : parts) {
    const bool joins = behaviour == "previous"     ? part.is_match && !before
                       : behaviour == "contiguous" ? part.is_match == before
                                                   : false;
    before = part.is_match;
    if (behaviour == "removed" && part.is_match) continue;
    if (joins && !out.empty()) {
      out.back().end = part.end;
    } else {
      out.push_back(part);
    }
  }
  return out;
}

void append_parts(const Piece& piece, const Parts& parts, std::vector<Piece>* out) {
  for (const Part& part : parts) {
    if (part.end == part.begin) continue;
    out->push_back(
        {piece.text.substr(part.begin, part.end - part.begin), piece.first && part.begin == 0});
  }
}

void cut_at_text(const TextStep& step, const Piece& piece, std::vector<Piece>* out) {
  Parts parts = each_text(piece.text, decode(step.first));
  std::string_view behaviour = step.second;
  if (behaviour.starts_with('!')) {
    for (Part& part : parts) part.is_match = !part.is_match;
    behaviour.remove_prefix(1);
  }
  append_parts(piece, merged(parts, behaviour), out);
}

void cut_bytes(const TextStep& step, Piece piece, std::vector<Piece>* out) {
  if (step.first.find('p') != step.first.npos && !piece.text.starts_with(U' '))
    piece.text.insert(piece.text.begin(), U' ');
  const std::size_t begin = out->size();
  if (step.first.find('w') != step.first.npos) {
    append_parts(piece, gpt_words(piece.text), out);
  } else {
    out->push_back(std::move(piece));
  }
  for (std::size_t i = begin; i < out->size(); ++i) (*out)[i].text = visible_bytes((*out)[i].text);
}

void cut_metaspace(const TextStep& step, Piece piece, std::vector<Piece>* out) {
  const std::u32string mark = decode(step.first);
  std::u32string text;
  for (const char32_t code : piece.text) {
    if (code == U' ') {
      text += mark;
    } else {
      text += code;
    }
  }
  const bool always = step.second.find('a') != step.second.npos;
  const bool at_first = step.second.find('f') != step.second.npos && piece.first;
  if ((always || at_first) && !text.starts_with(mark)) text = mark + text;
  piece.text = std::move(text);
  if (step.second.find('s') == step.second.npos) {
    out->push_back(std::move(piece));
  } else {
    append_parts(piece, merged(each_text(piece.text, mark), "next"), out);
  }
}

void apply(const TextStep& step, Piece piece, std::vector<Piece>* out) {
  if (step.name == "spaces") {
    append_parts(piece, merged(each_character(piece.text, token::is_space), "removed"), out);
  } else if (step.name == "words") {
    Parts parts = words_and_signs(piece.text);
    std::erase_if(parts, [](const Part& part) { return !part.is_match; });
    append_parts(piece, parts, out);
  } else if (step.name == "punctuation") {
    append_parts(piece, merged(each_character(piece.text, token::is_punctuation), step.first), out);
  } else if (step.name == "digits") {
    append_parts(piece, merged(each_character(piece.text, token::is_numeric), step.first), out);
  } else if (step.name == "text") {
    cut_at_text(step, piece, out);
  } else if (step.name == "bytes") {
    cut_bytes(step, std::move(piece), out);
  } else if (step.name == "metaspace") {
    cut_metaspace(step, std::move(piece), out);
  } else {
    out->push_back(std::move(piece));
  }
}

}  // namespace

std::vector<Piece> split(const std::vector<TextStep>& steps, std::vector<Piece> pieces) {
  for (const TextStep& step : steps) {
    std::vector<Piece> next;
    for (Piece& piece : pieces) {
      if (!piece.text.empty()) apply(step, std::move(piece), &next);
    }
    pieces = std::move(next);
  }
  return pieces;
}

}  // namespace slipway::scoring
