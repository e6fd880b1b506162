// SPDX-License-Identifier: Apache-2.0
#include "model/import/lightgbm/dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/json_writer.h"
#include "base/text.h"
#include "model/import/json_root.h"
#include "model/import/lightgbm/dump_tree.h"
#include "model/import/lightgbm/lightgbm.h"

namespace slipway::model {
namespace {

// Nodes hang in each other: a tree of n leaves may be n deep, and LightGBM's limit is 131072.
constexpr std::size_t kMaxDepth = std::size_t{1} << 17;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

Result<std::string_view> line_text(JsonView value, std::string_view what) {
  const auto text = value.as_string();
  if (text && !has_control(*text)) return *text;
  return dump_error(fmt::format("{} is {}, a text of one line expected", what, value.describe()));
}

Result<std::string> names_line(JsonView names) {
  std::string line;
  for (const JsonView item : names.array()) {
    ASSIGN_OR_RETURN(const std::string_view name, line_text(item, "a feature name"));
    if (name.empty() || name.find(' ') != name.npos)
      return dump_error(fmt::format("feature name '{}' is empty or has a space", name));
    if (!line.empty()) line += ' ';
    line += name;
  }
  return line;
}

// "[min:max]", "3:17:40" for categories, "none" for a feature that no tree may use.
Result<std::string> infos_line(JsonView names, JsonView infos) {
  std::unordered_map<std::string_view, JsonView> by_name;
  for (const JsonMember member : infos.object()) by_name.emplace(member.key, member.value);
  std::string line;
  for (const JsonView name : names.array()) {
    const auto info = by_name.find(name.as_string().value_or(""));
    if (!line.empty()) line += ' ';
    if (info == by_name.end()) {
      line += "none";
      continue;
    }
    const JsonView values = info->second.find("values");
    if (values.size() == 0) {
      line += "[0:0]";
      continue;
    }
    std::string list;
    for (const JsonView value : values.array()) {
      const auto number = value.as_double();
      if (!number) return dump_error("feature_infos.values holds something that is no number");
      if (!list.empty()) list += ':';
      append_number(list, *number);
    }
    line += list;
  }
  return line;
}

Result<void> append_header(JsonView dump, std::string* out) {
  const auto append = [out](std::string_view key, std::string_view value) {
    fmt::format_to(std::back_inserter(*out), "{}={}\n", key, value);
  };
  ASSIGN_OR_RETURN(const std::string_view version, line_text(dump.find("version"), "'version'"));
  append("version", version);
  for (const char* key : {"num_class", "num_tree_per_iteration", "max_feature_idx"}) {
    const auto value = dump.find(key).as_int64();
    if (!value)
      return dump_error(
          fmt::format("'{}' is {}, an integer expected", key, dump.find(key).describe()));
    append(key, std::to_string(*value));
  }
  if (!dump.find("objective").is_missing()) {
    ASSIGN_OR_RETURN(const std::string_view objective,
                     line_text(dump.find("objective"), "'objective'"));
    append("objective", objective);
  }
  if (dump.find("average_output").as_bool().value_or(false)) *out += "average_output\n";
  ASSIGN_OR_RETURN(const std::string names, names_line(dump.find("feature_names")));
  append("feature_names", names);
  ASSIGN_OR_RETURN(const std::string infos,
                   infos_line(dump.find("feature_names"), dump.find("feature_infos")));
  append("feature_infos", infos);
  *out += '\n';
  return {};
}

// Lists of texts, numbers and truth values; the reader of the text says what does not fit.
void append_pandas_categories(JsonView lists, std::string* out) {
  *out += "pandas_categorical:";
  JsonWriter json(out);
  json.begin_array();
  for (const JsonView list : lists.array()) {
    json.begin_array();
    for (const JsonView value : list.array()) {
      if (const auto text = value.as_string()) {
        json.value(*text);
      } else if (const auto flag = value.as_bool()) {
        json.value(*flag);
      } else if (const auto number = value.as_double()) {
        json.value(*number);
      } else {
        json.null();
      }
    }
    json.end_array();
  }
  json.end_array();
  *out += '\n';
}

}  // namespace

bool is_lightgbm_dump(std::string_view bytes) { return has_root_key(bytes, "tree_info"); }

Result<std::string> lightgbm_text_of_dump(JsonView dump) {
  std::string text = "tree\n";
  RETURN_IF_ERROR(append_header(dump, &text));
  std::size_t index = 0;
  for (const JsonView tree : dump.find("tree_info").array()) {
    fmt::format_to(std::back_inserter(text), "Tree={}\n", index);
    auto appended = append_dump_tree(tree, &text);
    if (!appended) return std::move(appended).error().with_context(fmt::format("tree {}", index));
    ++index;
  }
  text += "end of trees\n\n";
  const JsonView lists = dump.find("pandas_categorical");
  if (lists.is_array()) append_pandas_categories(lists, &text);
  return text;
}

Result<Model> read_lightgbm_dump(std::string_view bytes,
                                 const std::vector<std::string>& categorical) {
  auto document = JsonDocument::parse(bytes, {.max_depth = kMaxDepth, .nan_and_infinity = true});
  if (!document) return dump_error(document.error().message());
  ASSIGN_OR_RETURN(const std::string text, lightgbm_text_of_dump(document.value().root()));
  auto model = read_lightgbm_text(text, categorical);
  if (!model) return std::move(model).error().with_context("the dump, rewritten as LightGBM text");
  model.value().source.format =
      fmt::format("JSON dump {}", *document.value().root().find("version").as_string());
  return model;
}

}  // namespace slipway::model
