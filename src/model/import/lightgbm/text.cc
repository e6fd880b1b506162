// SPDX-License-Identifier: Apache-2.0
#include "model/import/lightgbm/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace slipway::model {
namespace {

// Lines with their numbers; a '\r' before the newline is dropped.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool next(std::string_view* line) {
    if (rest_.empty()) return false;
    const auto end = rest_.find('\n');
    *line = rest_.substr(0, end);
    if (line->ends_with('\r')) line->remove_suffix(1);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    ++number_;
    return true;
  }
  int number() const { return number_; }

 private:
  std::string_view rest_;
  int number_ = 0;
};

TextEntry entry_of(std::string_view line, int number) {
  const auto equals = line.find('=');
  if (equals == line.npos) return {line, {}, number};
  return {line.substr(0, equals), line.substr(equals + 1), number};
}

// "[categorical_feature: 4,5,6]"
void read_parameter(std::string_view line, LightGbmText* out) {
  if (!line.starts_with('[') || !line.ends_with(']')) return;
  line = line.substr(1, line.size() - 2);
  const auto colon = line.find(':');
  if (colon == line.npos) return;
  out->parameters.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
}

void read_tail(Lines& lines, LightGbmText* out) {
  constexpr std::string_view kPandas = "pandas_categorical:";
  std::string_view line;
  while (lines.next(&line)) {
    read_parameter(line, out);
    if (line.starts_with(kPandas)) {
      out->pandas_categorical =
          TextEntry{"pandas_categorical", line.substr(kPandas.size()), lines.number()};
    }
  }
}

template <typename T, typename Parse>
Result<std::vector<T>> read_list(const TextEntry& entry, std::size_t expected, const char* what,
                                 Parse parse) {
  std::vector<T> values;
  values.reserve(std::min<std::size_t>(expected, entry.value.size()));
  std::string_view rest = entry.value;
  while (true) {
    const auto begin = rest.find_first_not_of(' ');
    if (begin == rest.npos) break;
    rest.remove_prefix(begin);
    const auto end = std::min(rest.find(' '), rest.size());
    const std::optional<T> value = parse(rest.substr(0, end));
    if (!value) {
      return lightgbm_error(
          "model.lightgbm.value", entry.line,
          fmt::format("{} value {} is '{}', which is no {}", entry.key, values.size(),
                      rest.substr(0, std::min<std::size_t>(end, 40)), what));
    }
    values.push_back(*value);
    rest.remove_prefix(end);
  }
  if (values.size() == expected) return values;
  return lightgbm_error("model.lightgbm.count", entry.line,
                        fmt::format("{} has {} values, {} expected: the file is damaged", entry.key,
                                    values.size(), expected));
}

}  // namespace

Error lightgbm_error(const char* reason, int line, std::string_view what) {
  return Error(Code::kInvalidArgument, reason, fmt::format("line {}: {}", line, what));
}

const TextEntry* TextSection::find(std::string_view key) const {
  const auto at = std::find_if(entries.begin(), entries.end(),
                               [&](const TextEntry& e) { return e.key == key; });
  return at == entries.end() ? nullptr : &*at;
}

Result<TextEntry> TextSection::require(std::string_view key) const {
  if (const TextEntry* entry = find(key)) return *entry;
  return lightgbm_error(
      "model.lightgbm.missing_key", line,
      fmt::format("the section that starts here has no `{}`: the file is damaged or cut off", key));
}

Result<LightGbmText> cut_lightgbm_text(std::string_view text) {
  LightGbmText out;
  Lines lines(text);
  std::string_view line;
  if (!lines.next(&line) || line != "tree") {
    return lightgbm_error("model.lightgbm.magic", 1,
                          "a LightGBM model starts with the line `tree`");
  }
  out.header.line = 1;
  TextSection* section = &out.header;
  while (lines.next(&line)) {
    if (line == "end of trees") {
      read_tail(lines, &out);
      return out;
    }
    if (line.empty()) continue;
    const TextEntry entry = entry_of(line, lines.number());
    if (entry.key != "Tree") {
      section->entries.push_back(entry);
      continue;
    }
    if (parse_int64(entry.value) != static_cast<std::int64_t>(out.trees.size())) {
      return lightgbm_error(
          "model.lightgbm.tree_order", lines.number(),
          fmt::format("found Tree={}, expected Tree={}", entry.value, out.trees.size()));
    }
    out.trees.push_back({.line = lines.number(), .entries = {}});
    section = &out.trees.back();
  }
  return lightgbm_error(
      "model.lightgbm.truncated", lines.number(),
      fmt::format(
          "the file ends after {} trees without `end of trees`: it was cut off; save or copy it "
          "again",
          out.trees.size()));
}

Result<std::vector<double>> read_doubles(const TextEntry& entry, std::size_t expected) {
  return read_list<double>(entry, expected, "number",
                           [](std::string_view text) { return parse_double(text); });
}

Result<std::vector<std::int64_t>> read_integers(const TextEntry& entry, std::size_t expected) {
  return read_list<std::int64_t>(entry, expected, "integer",
                                 [](std::string_view text) { return parse_int64(text); });
}

Result<std::int64_t> read_integer(const TextEntry& entry, std::int64_t at_least,
                                  std::int64_t at_most) {
  const auto value = parse_int64(entry.value);
  if (value && *value >= at_least && *value <= at_most) return *value;
  return lightgbm_error("model.lightgbm.value", entry.line,
                        fmt::format("{} is '{}', expected an integer from {} to {}", entry.key,
                                    entry.value.substr(0, 40), at_least, at_most));
}

}  // namespace slipway::model
