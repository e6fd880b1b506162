// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/catboost.h"

#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "model/import/catboost/cbm.h"
#include "model/import/catboost/features.h"
#include "model/import/catboost/json_model.h"
#include "model/import/catboost/outputs.h"
#include "model/import/catboost/trees.h"

namespace slipway::model {
namespace {

constexpr std::size_t kJsonDepth = 300;  // trees that are not oblivious nest as they are deep

Result<CatBoostParts> read_parts(std::string_view bytes) {
  if (is_cbm(bytes)) return read_cbm(bytes);
  ASSIGN_OR_RETURN(const JsonDocument document,
                   JsonDocument::parse(bytes, {.max_depth = kJsonDepth}));
  if (!is_catboost_json(document.root())) {
    return catboost_error("model.catboost.json",
                          "a CatBoost JSON model has 'features_info' and 'oblivious_trees' or "
                          "'trees'");
  }
  return read_catboost_json(document.root());
}

void add_notes(const CatBoostParts& parts, Model* model) {
  if (!parts.categories.empty())
    model->notes.push_back(
        "categories are known by the hash of their text: send the text, or the integer, that "
        "training had");
  if (parts.format == "JSON")
    model->notes.push_back(
        "margins are those of the model that was saved: CatBoost's own reader rounds some of the "
        "file's numbers otherwise");
}

}  // namespace

bool is_catboost(std::string_view bytes) {
  if (is_cbm(bytes)) return true;
  const std::string_view text = trim(bytes.substr(0, 64));
  if (text.empty() || text[0] != '{') return false;
  const auto has = [&](std::string_view word) {
    return bytes.find(word) != std::string_view::npos;
  };
  return has("\"features_info\"") && (has("\"oblivious_trees\"") || has("\"trees\""));
}

Result<Model> read_catboost(std::string_view bytes) {
  ASSIGN_OR_RETURN(const CatBoostParts parts, read_parts(bytes));
  ASSIGN_OR_RETURN(const CatBoostInputs inputs, CatBoostInputs::make(parts));
  ASSIGN_OR_RETURN(CatBoostColumns columns, make_columns(parts, inputs));
  if (columns.rows == 0) columns.width = static_cast<std::uint32_t>(inputs.inputs().size());
  ASSIGN_OR_RETURN(TreeEnsemble trees,
                   build_catboost_trees(parts.trees, columns.conditions, columns.width));
  Model model;
  model.source = {"CatBoost", parts.version, parts.format};
  model.inputs = inputs.inputs();
  model.nodes = std::move(columns.nodes);
  model.nodes.push_back({.inputs = {columns.rows}, .op = std::move(trees)});
  RETURN_IF_ERROR(add_catboost_outputs(parts, &model));
  add_notes(parts, &model);
  RETURN_IF_ERROR(check(model));
  return model;
}

}  // namespace slipway::model
