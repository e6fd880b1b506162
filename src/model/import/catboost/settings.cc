// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/settings.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"

namespace slipway::model {
namespace {

constexpr std::size_t kMaxClasses = std::size_t{1} << 20;

Error bad(std::string what) { return catboost_error("model.catboost.settings", std::move(what)); }

bool is_json_key(std::string_view key) {
  return key == "params" || key == "class_params" || key == "multiclass_params";
}

// A label as Python prints it: JSON writes the float label 1.0 as 1.
Result<std::string> label_text(JsonView label, bool is_float) {
  if (const auto text = label.as_string()) return std::string(*text);
  if (const auto flag = label.as_bool()) return std::string(*flag ? "True" : "False");
  const auto number = label.as_double();
  if (!number) return bad(fmt::format("class_names holds {}", label.describe()));
  const std::string text = number_text(*number);
  const bool whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return is_float && whole ? text + ".0" : text;
}

Result<void> read_classes(JsonView view, CatBoostClasses* classes) {
  const bool is_float = view.find("class_label_type").as_string() == "Float";
  const std::int64_t count = view.find("classes_count").as_int64().value_or(0);
  if (count < 0 || static_cast<std::uint64_t>(count) > kMaxClasses)
    return bad(fmt::format("classes_count is {}", count));
  *classes = {};
  classes->count = static_cast<std::uint32_t>(count);
  for (const JsonView label : view.find("class_names").array()) {
    ASSIGN_OR_RETURN(classes->names.emplace_back(), label_text(label, is_float));
  }
  // Numbers of classes; of labels, where these were read from the data and not named.
  std::vector<std::string> labels;
  for (const JsonView label : view.find("class_to_label").array()) {
    const auto number = label.as_double();
    if (!number) return bad(fmt::format("class_to_label holds {}", label.describe()));
    const bool is_index = *number >= 0 && *number < static_cast<double>(kMaxClasses);
    classes->to_label.push_back(is_index ? static_cast<std::int32_t>(*number) : -1);
    labels.push_back(number_text(*number));
  }
  if (!classes->names.empty() || count > 0) return {};
  classes->names = std::move(labels);
  for (std::size_t i = 0; i < classes->to_label.size(); ++i)
    classes->to_label[i] = static_cast<std::int32_t>(i);
  return {};
}

void read_parameters(JsonView view, CatBoostParts* parts) {
  const JsonView loss = view.find("loss_function");
  // Old files have the name alone, newer ones an object.
  const auto name = loss.is_string() ? loss.as_string() : loss.find("type").as_string();
  if (name) parts->loss = name->substr(0, name->find(':'));
}

// "...Branch: tags/v1.2.10..." -> "1.2.10"
std::string version_in(std::string_view text) {
  constexpr std::string_view kBefore = "CatBoost release ";
  constexpr std::string_view kTag = "tags/v";
  for (const std::string_view mark : {kTag, kBefore}) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = text.substr(at + mark.size());
    return std::string(rest.substr(0, rest.find_first_not_of("0123456789.")));
  }
  return {};
}

Result<void> read_threshold(std::string_view text, CatBoostParts* parts) {
  const auto value = parse_double(text);
  if (!value || !(*value > 0 && *value < 1)) {
    return bad(
        fmt::format("binclass_probability_threshold is '{}', a number between 0 and 1 "
                    "expected",
                    text.substr(0, 40)));
  }
  parts->probability_threshold = *value;
  return {};
}

}  // namespace

Result<void> read_setting(std::string_view key, JsonView value, CatBoostParts* parts) {
  if (const auto text = value.as_string()) return read_setting(key, *text, parts);
  if (key == "params") read_parameters(value, parts);
  if (key == "class_params" || key == "multiclass_params")
    return read_classes(value, &parts->classes);
  if (const auto number = value.as_double(); number && key == "binclass_probability_threshold")
    return read_threshold(number_text(*number), parts);
  return {};
}

Result<void> read_setting(std::string_view key, std::string_view text, CatBoostParts* parts) {
  if (key == "catboost_version_info") parts->version = version_in(text);
  if (key == "binclass_probability_threshold") return read_threshold(text, parts);
  if (!is_json_key(key) || text.empty()) return {};
  const auto document = JsonDocument::parse(text);
  if (!document) {
    return bad(fmt::format("'{}' in the file's metadata is not JSON: {}", key,
                           document.error().message()));
  }
  // A JSON text within a JSON text would come back here without end.
  const JsonView root = document.value().root();
  return root.is_string() ? Result<void>() : read_setting(key, root, parts);
}

}  // namespace slipway::model
