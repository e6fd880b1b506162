// SPDX-License-Identifier: Apache-2.0
#include "model/import/tokenizer/steps.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace slipway::model::tokenizer {
namespace {

constexpr int kDepth = 8;  // sequences inside sequences

void add(Steps* steps, std::string name, std::string first = "", std::string second = "") {
  steps->push_back(std::move(name));
  steps->push_back(std::move(first));
  steps->push_back(std::move(second));
}

// The text that a pattern looks for; a regex is not read.
Result<std::string> pattern_of(JsonView step, std::string_view what) {
  const JsonView pattern = step.find("pattern");
  if (const auto text = pattern.find("String").as_string()) return std::string(*text);
  const std::string regex = text_of(pattern, "Regex");
  return not_read(fmt::format("{} with the pattern '{}'", what, regex.substr(0, 80)));
}

Result<std::string> behaviour_of(JsonView step, std::string_view otherwise) {
  constexpr std::array<std::array<std::string_view, 2>, 5> kNames{
      {{"Removed", "removed"},
       {"Isolated", "isolated"},
       {"MergedWithPrevious", "previous"},
       {"MergedWithNext", "next"},
       {"Contiguous", "contiguous"}}};
  const std::string name = text_of(step, "behavior");
  if (name.empty()) return std::string(otherwise);
  for (const auto& each : kNames)
    if (each[0] == name) return std::string(each[1]);
  return not_read(fmt::format("the split behaviour '{}'", name));
}

Result<void> read_all(JsonView list, int depth, Steps* steps,
                      Result<void> (*read)(JsonView, int, Steps*)) {
  if (depth >= kDepth) return not_read("a sequence inside so many sequences");
  for (const JsonView each : list.array()) RETURN_IF_ERROR(read(each, depth + 1, steps));
  return {};
}

Result<void> read_replace(JsonView view, Steps* steps) {
  ASSIGN_OR_RETURN(std::string pattern, pattern_of(view, "the normalizer Replace"));
  add(steps, "replace", std::move(pattern), text_of(view, "content"));
  return {};
}

void read_strip(JsonView view, Steps* steps) {
  std::string sides = flag_of(view, "strip_left", true) ? "l" : "";
  if (flag_of(view, "strip_right", true)) sides += 'r';
  add(steps, "strip", sides);
}

void read_bert_normalizer(JsonView view, Steps* steps) {
  const bool lowercase = flag_of(view, "lowercase", true);
  add_bert_normalizer(flag_of(view, "clean_text", true),
                      flag_of(view, "handle_chinese_chars", true),
                      flag_of(view, "strip_accents", lowercase), lowercase, steps);
}

Result<void> read_split(JsonView view, Steps* steps) {
  ASSIGN_OR_RETURN(std::string pattern, pattern_of(view, "the pre-tokenizer Split"));
  ASSIGN_OR_RETURN(std::string behaviour, behaviour_of(view, "removed"));
  add(steps, "text", std::move(pattern), (flag_of(view, "invert", false) ? "!" : "") + behaviour);
  return {};
}

Result<void> read_metaspace(JsonView view, Steps* steps) {
  const std::string scheme = text_of(view, "prepend_scheme");
  std::string flags = flag_of(view, "split", true) ? "s" : "";
  if (scheme.empty() ? flag_of(view, "add_prefix_space", true) : scheme == "always") {
    flags += 'a';
  } else if (scheme == "first") {
    flags += 'f';
  } else if (!scheme.empty() && scheme != "never") {
    return not_read(fmt::format("Metaspace with the prepend_scheme '{}'", scheme));
  }
  add(steps, "metaspace", text_of(view, "replacement"), flags);
  return {};
}

}  // namespace

Error not_read(std::string_view what) {
  return Error(Code::kUnimplemented, "model.tokenizer.step",
               fmt::format("the tokenizer has {}, which this version does not read: send what it "
                           "gives (input_ids, attention_mask) to the model.onnx itself",
                           what));
}

bool flag_of(JsonView view, std::string_view name, bool otherwise) {
  return view.find(name).as_bool().value_or(otherwise);
}

std::string text_of(JsonView view, std::string_view name) {
  return std::string(view.find(name).as_string().value_or(""));
}

void add_bert_normalizer(bool clean, bool chinese, bool strip, bool lowercase, Steps* steps) {
  if (clean) add(steps, "clean");
  if (chinese) add(steps, "chinese");
  if (strip) add(steps, "nfd");
  if (strip) add(steps, "no_nonspacing");
  if (lowercase) add(steps, "lowercase");
}

void add_bert_splitter(Steps* steps) {
  add(steps, "spaces");
  add(steps, "punctuation", "isolated");
}

Result<void> read_normalizer(JsonView view, int depth, Steps* steps) {
  if (view.is_null() || view.is_missing()) return {};
  const std::string type = text_of(view, "type");
  constexpr std::array<std::array<std::string_view, 2>, 7> kPlain{{{"NFC", "nfc"},
                                                                   {"NFD", "nfd"},
                                                                   {"NFKC", "nfkc"},
                                                                   {"NFKD", "nfkd"},
                                                                   {"Lowercase", "lowercase"},
                                                                   {"StripAccents", "no_marks"},
                                                                   {"ByteLevel", "bytes"}}};
  for (const auto& each : kPlain) {
    if (each[0] != type) continue;
    add(steps, std::string(each[1]));
    return {};
  }
  if (type == "Sequence") return read_all(view.find("normalizers"), depth, steps, read_normalizer);
  if (type == "Replace") return read_replace(view, steps);
  if (type == "BertNormalizer") {
    read_bert_normalizer(view, steps);
  } else if (type == "Prepend") {
    add(steps, "prepend", text_of(view, "prepend"));
  } else if (type == "Strip") {
    read_strip(view, steps);
  } else {
    return not_read(fmt::format("the normalizer '{}'", type));
  }
  return {};
}

Result<void> read_splitter(JsonView view, int depth, Steps* steps) {
  if (view.is_null() || view.is_missing()) return {};
  const std::string type = text_of(view, "type");
  if (type == "Sequence") return read_all(view.find("pretokenizers"), depth, steps, read_splitter);
  if (type == "Split") return read_split(view, steps);
  if (type == "Metaspace") return read_metaspace(view, steps);
  if (type == "BertPreTokenizer") {
    add_bert_splitter(steps);
  } else if (type == "Whitespace") {
    add(steps, "words");
  } else if (type == "WhitespaceSplit") {
    add(steps, "spaces");
  } else if (type == "Punctuation") {
    ASSIGN_OR_RETURN(std::string behaviour, behaviour_of(view, "isolated"));
    add(steps, "punctuation", std::move(behaviour));
  } else if (type == "Digits") {
    add(steps, "digits", flag_of(view, "individual_digits", false) ? "isolated" : "contiguous");
  } else if (type == "CharDelimiterSplit") {
    add(steps, "text", text_of(view, "delimiter"), "removed");
  } else if (type == "ByteLevel") {
    std::string flags = flag_of(view, "add_prefix_space", true) ? "p" : "";
    if (flag_of(view, "use_regex", true)) flags += 'w';
    add(steps, "bytes", flags);
  } else {
    return not_read(fmt::format("the pre-tokenizer '{}'", type));
  }
  return {};
}

}  // namespace slipway::model::tokenizer
