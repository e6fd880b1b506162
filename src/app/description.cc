// SPDX-License-Identifier: Apache-2.0
#include "app/description.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>
#include <vector>

#include "base/json_writer.h"
#include "base/text.h"
#include "scoring/engine/forest.h"

namespace slipway::app {
namespace {

using model::Input;
using model::InputKind;
using model::TreeEnsemble;

const TreeEnsemble* trees_of(const model::Model& model) {
  for (const auto& node : model.nodes) {
    if (const auto* trees = std::get_if<TreeEnsemble>(&node.op)) return trees;
  }
  return nullptr;
}

std::size_t category_splits(const TreeEnsemble& trees) {
  return static_cast<std::size_t>(
      std::count_if(trees.rule.begin(), trees.rule.end(),
                    [](model::SplitRule rule) { return rule.is_category(); }));
}

// What scoring makes of the splits: docs/decisions/004.
std::string conditions_line(const TreeEnsemble& trees) {
  const auto forest = scoring::compile_forest(trees);
  if (forest == nullptr) return "";
  return fmt::format("         {} distinct conditions; {} splits decide nothing\n",
                     grouped(forest->conditions.count),
                     grouped(forest->unreachable + forest->identical));
}

std::string promise_of(const model::Model& model) {
  const auto& exactness = model.exactness;
  const std::string margin = exactness.margin_bits ? "margins: bits" : "margins: bounded";
  if (exactness.prediction_ulp == 0 && exactness.relative == 0)
    return margin + "; predictions: bits";
  if (exactness.relative > 0) {
    return fmt::format("{}; predictions: within {} ulp or {} of max(1, |value|) ({})", margin,
                       exactness.prediction_ulp, exactness.relative, exactness.why);
  }
  return fmt::format("{}; predictions: within {} ulp ({})", margin, exactness.prediction_ulp,
                     exactness.why);
}

void write_inputs(const model::Model& model, JsonWriter* json) {
  json->key("inputs").begin_array();
  for (const auto& input : model.inputs) {
    json->begin_object().member("name", input.name);
    json->member("kind", input.kind == InputKind::kNumber ? "number"
                         : input.kind == InputKind::kText ? "text"
                                                          : "category");
    if (input.kind == InputKind::kCategory) {
      json->key("categories").begin_array();
      for (const auto& category : input.categories) json->value(category);
      json->end_array();
    }
    json->end_object();
  }
  json->end_array();
}

void write_trees(const TreeEnsemble& trees, JsonWriter* json) {
  json->key("trees").begin_object().member("count", trees.trees()).member("splits", trees.splits());
  json->member("leaves", trees.leaves()).member("depth", depth_of(trees));
  json->member("category_splits", category_splits(trees));
  json->member("linear_leaves", !trees.linear_constant.empty()).end_object();
}

std::string input_lines(const model::Model& model) {
  std::size_t widest = 0;
  for (const auto& input : model.inputs) widest = std::max(widest, input.name.size());
  std::string text;
  for (const auto& input : model.inputs) {
    text += fmt::format("  {:{}}  ", input.name, widest);
    if (input.kind == InputKind::kNumber) {
      text += "number\n";
      continue;
    }
    if (input.kind == InputKind::kHash) {
      text += "category, any text\n";
      continue;
    }
    if (input.kind == InputKind::kText) {
      text += "text\n";
      continue;
    }
    const std::size_t shown = std::min<std::size_t>(input.categories.size(), 6);
    text += fmt::format("category of {}: {}{}\n", input.categories.size(),
                        join(std::span(input.categories).first(shown), ", "),
                        shown < input.categories.size() ? ", ..." : "");
  }
  return text;
}

}  // namespace

std::string description_json(const Described& described, bool pretty) {
  const model::Model& model = described.plan.model();
  std::string out;
  JsonWriter json(&out, {.pretty = pretty});
  json.begin_object().member("library", model.source.library).member("format", model.source.format);
  json.member("digest", described.plan.digest())
      .member("bytes", described.bytes)
      .member("task", name_of(model.outputs.task));
  write_inputs(model, &json);
  json.key("outputs").begin_array();
  for (const auto& field : described.plan.output_schema({.raw = true}).fields()) {
    json.begin_object().member("name", field.name).member("type", name_of(field.type)).end_object();
  }
  json.end_array();
  if (const TreeEnsemble* trees = trees_of(model)) write_trees(*trees, &json);
  json.key("steps").begin_array();
  for (const auto& step : model.steps) json.value(step);
  json.end_array();
  json.key("notes").begin_array();
  for (const auto& note : model.notes) json.value(note);
  json.end_array();
  if (!described.provenance.empty()) {
    json.key("provenance").begin_object();
    for (const auto& [name, value] : described.provenance) json.member(name, value);
    json.end_object();
  }
  json.member("promise", promise_of(model)).member("exactness", described.exactness).end_object();
  return out;
}

std::string description_text(const Described& described) {
  const model::Model& model = described.plan.model();
  std::string text = fmt::format("{} {}, {}, {}\n", model.source.library, model.source.format,
                                 name_of(model.outputs.task), bytes_text(described.bytes));
  text += fmt::format("digest   {}\n", described.plan.digest());
  if (const TreeEnsemble* trees = trees_of(model)) {
    text +=
        fmt::format("trees    {} with {} splits ({} by category) and {} leaves, at most {} deep\n",
                    grouped(trees->trees()), grouped(trees->splits()),
                    grouped(category_splits(*trees)), grouped(trees->leaves()), depth_of(*trees));
    text += conditions_line(*trees);
  }
  text += fmt::format("inputs   {}\n{}", model.inputs.size(), input_lines(model));
  for (std::size_t i = 0; i < model.steps.size(); ++i)
    text += fmt::format("{} {}\n", i == 0 ? "steps   " : "        ", model.steps[i]);
  text += fmt::format("outputs  {}\n", join(described.plan.output_schema().names(), ", "));
  for (const auto& note : model.notes) text += fmt::format("note     {}\n", note);
  text += fmt::format("promise  {}\n", promise_of(model));
  return text + std::string(described.exactness);
}

}  // namespace slipway::app
