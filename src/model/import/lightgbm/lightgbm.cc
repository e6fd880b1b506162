// SPDX-License-Identifier: Apache-2.0
#include "model/import/lightgbm/lightgbm.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "model/import/lightgbm/text.h"
#include "model/import/lightgbm/trees.h"

namespace slipway::model {
namespace {

constexpr std::int64_t kMaxFeatures = 1 << 22;
constexpr std::int64_t kMaxClasses = 1 << 16;

// `objective=binary sigmoid:1` -> name "binary", argument("sigmoid") 1.
struct Objective {
  std::string_view name;
  std::vector<std::string_view> words;
  int line = 0;

  bool has(std::string_view word) const {
    return std::find(words.begin(), words.end(), word) != words.end();
  }
  Result<double> argument(std::string_view key, double otherwise) const {
    for (const auto word : words) {
      if (!word.starts_with(key) || word.size() <= key.size() || word[key.size()] != ':') continue;
      const auto value = parse_double(word.substr(key.size() + 1));
      if (value && *value > 0) return *value;
      return lightgbm_error("model.lightgbm.objective", line,
                            fmt::format("'{}' is no positive number", word));
    }
    return otherwise;
  }
};

Objective objective_of(const TextSection& header) {
  Objective objective;
  const TextEntry* entry = header.find("objective");
  if (entry == nullptr) return objective;  // a custom objective leaves no line
  objective.words = split(entry->value, ' ');
  objective.line = entry->line;
  if (!objective.words.empty()) objective.name = objective.words.front();
  return objective;
}

struct Meaning {
  Task task = Task::kRegression;
  Link link;
};

Result<Meaning> meaning_of(const Objective& objective) {
  const std::string_view name = objective.name;
  const auto any_of = [name](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (name == "binary") {
    ASSIGN_OR_RETURN(const double sigmoid, objective.argument("sigmoid", 1));
    return Meaning{Task::kBinary, {LinkKind::kSigmoid, sigmoid}};
  }
  if (name == "multiclass") return Meaning{Task::kMulticlass, {LinkKind::kSoftmax}};
  if (name == "multiclassova") {
    ASSIGN_OR_RETURN(const double sigmoid, objective.argument("sigmoid", 1));
    return Meaning{Task::kMulticlass, {LinkKind::kSigmoid, sigmoid}};
  }
  if (name == "cross_entropy") return Meaning{Task::kRegression, {LinkKind::kSigmoid}};
  if (name == "cross_entropy_lambda") return Meaning{Task::kRegression, {LinkKind::kLog1pExp}};
  if (any_of({"poisson", "gamma", "tweedie"})) return Meaning{Task::kRegression, {LinkKind::kExp}};
  if (any_of({"lambdarank", "rank_xendcg"})) return Meaning{Task::kRanking, {}};
  const bool square = objective.has("sqrt") &&
                      any_of({"regression", "regression_l1", "huber", "fair", "quantile", "mape"});
  if (square) return Meaning{Task::kRegression, {LinkKind::kSignedSquare}};
  if (any_of({"", "custom", "none", "regression", "regression_l1", "huber", "fair", "quantile",
              "mape"}))
    return Meaning{};
  return lightgbm_error(
      "model.lightgbm.objective", objective.line,
      fmt::format("objective '{}' is not known: its link would be a guess", name));
}

Result<std::vector<Input>> read_names(const TextSection& header, std::size_t width) {
  ASSIGN_OR_RETURN(const TextEntry entry, header.require("feature_names"));
  std::vector<Input> inputs;
  for (const auto name : split(entry.value, ' ')) {
    if (!name.empty()) inputs.push_back({.name = std::string(name)});
  }
  if (inputs.size() == width) return inputs;
  return lightgbm_error(
      "model.lightgbm.feature_names", entry.line,
      fmt::format("{} feature names, but max_feature_idx says {}", inputs.size(), width));
}

// One list of pandas_categorical: strings, numbers or bools, never mixed.
Result<void> read_categories(JsonView list, const TextEntry& entry, Input* input) {
  input->kind = InputKind::kCategory;
  bool first = true;
  for (const JsonView value : list.array()) {
    CategoryType type = CategoryType::kText;
    std::string text;
    if (const auto string = value.as_string()) {
      text = std::string(*string);
    } else if (const auto number = value.as_double()) {
      type = CategoryType::kNumber;
      text = number_text(*number);
    } else if (const auto flag = value.as_bool()) {
      type = CategoryType::kBool;
      text = *flag ? "true" : "false";
    } else {
      return lightgbm_error("model.lightgbm.pandas_categorical", entry.line,
                            fmt::format("a category of '{}' is {}", input->name, value.describe()));
    }
    if (!first && type != input->category_type) {
      return lightgbm_error("model.lightgbm.pandas_categorical", entry.line,
                            fmt::format("the categories of '{}' mix types", input->name));
    }
    input->category_type = type;
    input->categories.push_back(std::move(text));
    first = false;
  }
  return {};
}

// Indices of the inputs that pandas categories belong to, as far as the file says: its own
// parameter, else the features whose feature_infos list single values ("-1:11:3") instead of a
// range.
std::vector<std::size_t> categorical_by_file(const LightGbmText& text, std::size_t width) {
  std::vector<std::size_t> found;
  for (const auto& [name, value] : text.parameters) {
    if (name != "categorical_feature") continue;
    for (const auto index : split(value, ',')) {
      const auto at = parse_int64(trim(index));
      if (at && *at >= 0 && static_cast<std::size_t>(*at) < width)
        found.push_back(static_cast<std::size_t>(*at));
    }
  }
  if (!found.empty()) return found;
  const TextEntry* infos = text.header.find("feature_infos");
  if (infos == nullptr) return found;
  std::size_t index = 0;
  for (const auto info : split(infos->value, ' ')) {
    if (!info.starts_with('[') && info != "none" && !info.empty()) found.push_back(index);
    ++index;
  }
  return found;
}

Result<std::vector<std::size_t>> categorical_by_name(const std::vector<std::string>& names,
                                                     const std::vector<Input>& inputs) {
  std::vector<std::size_t> found;
  for (const auto& name : names) {
    const auto at = std::find_if(inputs.begin(), inputs.end(),
                                 [&](const Input& input) { return input.name == name; });
    if (at == inputs.end()) {
      return Error(Code::kInvalidArgument, "model.lightgbm.categorical",
                   fmt::format("--categorical names '{}', which is no input of the model", name));
    }
    found.push_back(static_cast<std::size_t>(at - inputs.begin()));
  }
  return found;
}

Result<void> assign_categories(const LightGbmText& text,
                               const std::vector<std::string>& categorical,
                               std::vector<Input>* inputs) {
  if (!text.pandas_categorical || text.pandas_categorical->value == "null") return {};
  const TextEntry& entry = *text.pandas_categorical;
  auto document = JsonDocument::parse(entry.value);
  if (!document) {
    return lightgbm_error("model.lightgbm.pandas_categorical", entry.line,
                          document.error().message());
  }
  const JsonView lists = document.value().root();
  if (!lists.is_array()) {
    return lightgbm_error("model.lightgbm.pandas_categorical", entry.line,
                          fmt::format("expected a list of lists, found {}", lists.describe()));
  }
  if (lists.size() == 0) return {};
  std::vector<std::size_t> indices = categorical_by_file(text, inputs->size());
  if (!categorical.empty()) {
    ASSIGN_OR_RETURN(indices, categorical_by_name(categorical, *inputs));
  }
  if (indices.size() != lists.size()) {
    return lightgbm_error(
        "model.lightgbm.categorical", entry.line,
        fmt::format(
            "the file has category lists for {} columns, but names {} categorical columns: say "
            "which they are, in the order of the training table: --categorical A,B,...",
            lists.size(), indices.size()));
  }
  std::size_t next = 0;
  for (const JsonView list : lists.array()) {
    RETURN_IF_ERROR(read_categories(list, entry, &(*inputs)[indices[next++]]));
  }
  return {};
}

void add_nodes(const Meaning& meaning, bool average, TreeEnsemble trees, Model* model) {
  const double iterations = static_cast<double>(trees.trees() / trees.outputs);
  const bool linear = !trees.linear_constant.empty();
  model->nodes.push_back({.inputs = {0}, .op = std::move(trees)});
  model->margin = 1;
  // LightGBM's raw score of a random forest is the sum; only its prediction is the average.
  if (average) model->nodes.push_back({.inputs = {1}, .op = Link{LinkKind::kDivide, iterations}});
  if (meaning.link.kind != LinkKind::kIdentity) {
    model->nodes.push_back(
        {.inputs = {static_cast<ValueId>(model->nodes.size())}, .op = meaning.link});
  }
  model->prediction = static_cast<ValueId>(model->nodes.size());
  model->outputs.task = meaning.task;
  if (linear) model->notes.push_back("leaves are linear functions of the inputs");
  if (average)
    model->notes.push_back(
        "a random forest: the prediction averages the trees, the margin is their sum");
}

void set_exactness(const Meaning& meaning, Model* model) {
  const LinkKind kind = meaning.link.kind;
  if (kind == LinkKind::kIdentity || kind == LinkKind::kSignedSquare) return;
  // Two implementations of exp that are each within 1 ulp, then the sums and divisions of the link.
  model->exactness.prediction_ulp = 4;
  model->exactness.why =
      "the link uses exp; the training library's own differs between CPUs by as much";
}

void set_classes(std::int64_t classes, Model* model) {
  if (model->outputs.task == Task::kBinary) model->outputs.classes = {"0", "1"};
  if (model->outputs.task != Task::kMulticlass) return;
  for (std::int64_t i = 0; i < classes; ++i) model->outputs.classes.push_back(std::to_string(i));
}

}  // namespace

bool is_lightgbm_text(std::string_view bytes) {
  return bytes.starts_with("tree\n") || bytes.starts_with("tree\r\n") || bytes == "tree";
}

Result<Model> read_lightgbm_text(std::string_view bytes,
                                 const std::vector<std::string>& categorical) {
  ASSIGN_OR_RETURN(const LightGbmText text, cut_lightgbm_text(bytes));
  ASSIGN_OR_RETURN(const TextEntry version, text.header.require("version"));
  if (version.value != "v2" && version.value != "v3" && version.value != "v4") {
    return lightgbm_error("model.lightgbm.version", version.line,
                          fmt::format("version '{}'; v2, v3 and v4 are read", version.value));
  }
  ASSIGN_OR_RETURN(const TextEntry classes_entry, text.header.require("num_class"));
  ASSIGN_OR_RETURN(const std::int64_t classes, read_integer(classes_entry, 1, kMaxClasses));
  ASSIGN_OR_RETURN(const TextEntry outputs_entry, text.header.require("num_tree_per_iteration"));
  ASSIGN_OR_RETURN(const std::int64_t outputs, read_integer(outputs_entry, 1, kMaxClasses));
  ASSIGN_OR_RETURN(const TextEntry width_entry, text.header.require("max_feature_idx"));
  ASSIGN_OR_RETURN(const std::int64_t last_feature, read_integer(width_entry, 0, kMaxFeatures));
  const auto width = static_cast<std::uint32_t>(last_feature + 1);
  if (text.trees.empty() || text.trees.size() % static_cast<std::size_t>(outputs) != 0) {
    return lightgbm_error(
        "model.lightgbm.tree_count", outputs_entry.line,
        fmt::format("{} trees, expected a positive multiple of num_tree_per_iteration={}",
                    text.trees.size(), outputs));
  }
  Model model;
  model.source = {"LightGBM", "", fmt::format("text {}", version.value)};
  ASSIGN_OR_RETURN(model.inputs, read_names(text.header, width));
  RETURN_IF_ERROR(assign_categories(text, categorical, &model.inputs));
  ASSIGN_OR_RETURN(TreeEnsemble trees,
                   read_lightgbm_trees(text.trees, width, static_cast<std::uint32_t>(outputs)));
  const Objective objective = objective_of(text.header);
  ASSIGN_OR_RETURN(const Meaning meaning, meaning_of(objective));
  add_nodes(meaning, text.header.find("average_output") != nullptr, std::move(trees), &model);
  set_classes(classes, &model);
  set_exactness(meaning, &model);
  if (objective.name.empty())
    model.notes.push_back("no objective in the file (a custom one): predictions are the margins");
  RETURN_IF_ERROR(check(model));
  return model;
}

}  // namespace slipway::model
