// SPDX-License-Identifier: Apache-2.0
#include "model/import/xgboost/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"

namespace slipway::model::xgboost {
namespace {

bool is_utf8(std::string_view text) { return valid_utf8_prefix(text) == text.size(); }

// A list of texts, one per feature; empty if the file has none.
Result<std::vector<std::string_view>> texts(Value learner, std::string_view key,
                                            std::uint32_t width) {
  std::vector<std::string_view> found;
  const Value list = learner.find(key);
  if (list.is_missing() || list.size() == 0) return found;
  if (list.size() != width) {
    return error("model.xgboost.feature_names",
                 fmt::format("{} has {} entries, num_feature is {}", key, list.size(), width));
  }
  for (const Value item : list.items()) {
    const auto text = item.as_string();
    if (!text || !is_utf8(*text)) {
      return error("model.xgboost.feature_names",
                   fmt::format("{}[{}] is no UTF-8 text", key, found.size()));
    }
    found.push_back(*text);
  }
  if (found.size() == width) return found;
  return error("model.xgboost.feature_names", fmt::format("{} holds no texts", key));
}

Error bad_categories(std::size_t feature, std::string_view what) {
  return error("model.xgboost.cats", fmt::format("cats.enc[{}]: {}", feature, what));
}

bool is_ascii(const std::vector<std::string>& texts) {
  return std::all_of(texts.begin(), texts.end(), [](const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  });
}

// Texts lie one behind another, as signed bytes; offsets say where each begins.
Result<void> read_text_categories(Value column, std::size_t feature, Version version,
                                  Input* input) {
  std::vector<std::int32_t> offsets(column.find("offsets").size());
  std::vector<std::int32_t> bytes(column.find("values").size());
  if (!read_integers(column.find("offsets"), offsets) ||
      !read_integers(column.find("values"), bytes))
    return bad_categories(feature, "offsets and values must be lists of integers");
  std::string text;
  for (const std::int32_t byte : bytes) text += static_cast<char>(byte);
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    const auto begin = static_cast<std::size_t>(offsets[i]);
    const auto end = static_cast<std::size_t>(offsets[i + 1]);
    if (offsets[i] < 0 || offsets[i + 1] < offsets[i] || end > text.size()) {
      return bad_categories(feature, fmt::format("text {} lies at {} to {} of {} bytes", i,
                                                 offsets[i], offsets[i + 1], text.size()));
    }
    input->categories.push_back(text.substr(begin, end - begin));
  }
  if (version < Version{3, 4} && !is_ascii(input->categories)) input->categories.clear();
  for (const auto& category : input->categories) {
    if (!is_utf8(category)) return bad_categories(feature, "its texts are no UTF-8");
  }
  return {};
}

Result<void> read_number_categories(Value column, std::size_t feature, Input* input) {
  std::vector<double> numbers(column.find("values").size());
  if (!column.find("values").read_numbers(numbers))
    return bad_categories(feature, "values must be a list of numbers");
  input->category_type = CategoryType::kNumber;
  for (const double number : numbers) input->categories.push_back(number_text(number));
  return {};
}

Result<void> read_categories(Value cats, Version version, std::vector<Input>* inputs) {
  const Value columns = cats.find("enc");
  if (columns.size() == 0) return {};
  if (columns.size() != inputs->size()) {
    return error("model.xgboost.cats", fmt::format("cats.enc has {} columns, num_feature is {}",
                                                   columns.size(), inputs->size()));
  }
  std::size_t feature = 0;
  for (const Value column : columns.items()) {
    Input& input = (*inputs)[feature];
    RETURN_IF_ERROR(column.find("offsets").is_missing()
                        ? read_number_categories(column, feature, &input)
                        : read_text_categories(column, feature, version, &input));
    if (!input.categories.empty()) {
      input.kind = InputKind::kCategory;
    } else {
      input.category_type = CategoryType::kText;
    }
    ++feature;
  }
  return {};
}

}  // namespace

Result<Inputs> read_inputs(Value learner, Value cats, Version version, std::uint32_t width) {
  ASSIGN_OR_RETURN(const auto names, texts(learner, "feature_names", width));
  ASSIGN_OR_RETURN(const auto types, texts(learner, "feature_types", width));
  Inputs found;
  found.inputs.resize(width);
  for (std::size_t i = 0; i < width; ++i) {
    found.inputs[i].name = names.empty() ? fmt::format("f{}", i) : std::string(names[i]);
  }
  RETURN_IF_ERROR(read_categories(cats, version, &found.inputs));
  std::vector<std::string> coded;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] == "c" && found.inputs[i].kind == InputKind::kNumber)
      coded.push_back(found.inputs[i].name);
  }
  if (!coded.empty()) {
    constexpr std::size_t kNamed = 5;
    const bool more = coded.size() > kNamed;
    if (more) coded.resize(kNamed);
    found.notes.push_back(fmt::format(
        "the file does not hold the categories of {}{} (or not as they were): send their "
        "codes, 0, 1, ... in the order of the training table",
        join(coded, ", "), more ? " and others" : ""));
  }
  return found;
}

}  // namespace slipway::model::xgboost
