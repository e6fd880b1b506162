// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/json_model.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "model/import/catboost/settings.h"

namespace slipway::model {
namespace {

Error bad(std::string_view where, std::string_view what) {
  return catboost_error("model.catboost.json", fmt::format("{}: {}", where, what));
}

Result<std::int32_t> integer(JsonView object, std::string_view key, std::string_view where) {
  const JsonView view = object.find(key);
  const auto value = view.as_int64();
  if (value && *value >= std::numeric_limits<std::int32_t>::min() &&
      *value <= std::numeric_limits<std::int32_t>::max())
    return static_cast<std::int32_t>(*value);
  return bad(where, fmt::format("'{}' is {}, a 32-bit integer expected", key, view.describe()));
}

Result<double> real(JsonView object, std::string_view key, std::string_view where) {
  const JsonView view = object.find(key);
  if (const auto value = view.as_double()) return *value;
  return bad(where, fmt::format("'{}' is {}, a number expected", key, view.describe()));
}

// Floats are written with the digits of their double.
Result<float> real_float(JsonView object, std::string_view key, std::string_view where) {
  ASSIGN_OR_RETURN(const double value, real(object, key, where));
  return static_cast<float>(value);
}

template <typename T>
Result<std::vector<T>> reals(JsonView list, std::string_view what, std::string_view where) {
  std::vector<T> values;
  if (!list.is_array() && !list.is_null() && !list.is_missing())
    return bad(where, fmt::format("'{}' is {}, a list expected", what, list.describe()));
  values.reserve(list.size());
  for (const JsonView item : list.array()) {
    const auto value = item.as_double();
    if (!value) return bad(where, fmt::format("'{}' holds {}", what, item.describe()));
    values.push_back(static_cast<T>(*value));
  }
  return values;
}

std::string name_in(JsonView feature) {
  for (const char* key : {"feature_id", "feature_name"}) {
    const auto name = feature.find(key).as_string();
    if (name && !name->empty()) return std::string(*name);
  }
  return {};
}

Result<CtrProjection> read_projection(JsonView elements, std::string_view where) {
  CtrProjection projection;
  for (const JsonView element : elements.array()) {
    const auto kind = element.find("combination_element").as_string().value_or("");
    if (kind == "cat_feature_value") {
      ASSIGN_OR_RETURN(projection.categories.emplace_back(),
                       integer(element, "cat_feature_index", where));
    } else if (kind == "float_feature") {
      CtrFloatSplit split;
      ASSIGN_OR_RETURN(split.feature, integer(element, "float_feature_index", where));
      ASSIGN_OR_RETURN(split.border, real_float(element, "border", where));
      projection.floats.push_back(split);
    } else if (kind == "cat_feature_exact_value") {
      CtrOneHotSplit split;
      ASSIGN_OR_RETURN(split.category, integer(element, "cat_feature_index", where));
      ASSIGN_OR_RETURN(split.value, integer(element, "value", where));
      projection.one_hots.push_back(split);
    } else {
      return bad(where, fmt::format("combination_element '{}' is not known", kind));
    }
  }
  return projection;
}

Result<CtrType> read_type(JsonView view, std::string_view where) {
  constexpr std::array<std::string_view, 6> kNames{
      "Borders", "Buckets",    "BinarizedTargetMeanValue", "FloatTargetMeanValue",
      "Counter", "FeatureFreq"};
  const auto name = view.as_string().value_or(view.describe());
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<CtrType>(i);
  }
  return bad(where, fmt::format("CTR type '{}' is not known", name));
}

Result<void> read_floats(JsonView info, CatBoostParts* parts) {
  for (const JsonView item : info.find("float_features").array()) {
    const std::string where = fmt::format("float_features[{}]", parts->floats.size());
    CatBoostFloat feature;
    feature.name = name_in(item);
    ASSIGN_OR_RETURN(feature.index, integer(item, "feature_index", where));
    ASSIGN_OR_RETURN(feature.flat_index, integer(item, "flat_feature_index", where));
    ASSIGN_OR_RETURN(feature.borders, reals<float>(item.find("borders"), "borders", where));
    feature.nan_above = item.find("has_nans").as_bool().value_or(false) &&
                        item.find("nan_value_treatment").as_string() == "AsTrue";
    parts->floats.push_back(std::move(feature));
  }
  return {};
}

Result<void> read_categories(JsonView info, CatBoostParts* parts) {
  for (const JsonView item : info.find("categorical_features").array()) {
    const std::string where = fmt::format("categorical_features[{}]", parts->categories.size());
    CatBoostCategory feature;
    feature.name = name_in(item);
    ASSIGN_OR_RETURN(feature.index, integer(item, "feature_index", where));
    ASSIGN_OR_RETURN(feature.flat_index, integer(item, "flat_feature_index", where));
    const JsonView values = item.find("values");
    if (!values.is_missing()) {
      CatBoostOneHot one_hot{.category = feature.index, .values = {}};
      for (const JsonView value : values.array()) {
        const auto hash = value.as_int64();
        if (!hash || *hash != static_cast<std::int32_t>(*hash))
          return bad(where, fmt::format("'values' holds {}", value.describe()));
        one_hot.values.push_back(static_cast<std::int32_t>(*hash));
      }
      parts->one_hots.push_back(std::move(one_hot));
    }
    parts->categories.push_back(std::move(feature));
  }
  return {};
}

Result<void> read_ctrs(JsonView info, CatBoostParts* parts) {
  for (const JsonView item : info.find("ctrs").array()) {
    const std::string where = fmt::format("ctrs[{}]", parts->ctrs.size());
    CatBoostCtr ctr;
    ASSIGN_OR_RETURN(ctr.base.projection, read_projection(item.find("elements"), where));
    ASSIGN_OR_RETURN(ctr.base.type, read_type(item.find("ctr_type"), where));
    ASSIGN_OR_RETURN(ctr.target_border, integer(item, "target_border_idx", where));
    ASSIGN_OR_RETURN(ctr.prior_numerator, real_float(item, "prior_numerator", where));
    // Spelled so by CatBoost.
    ASSIGN_OR_RETURN(ctr.prior_denominator, real_float(item, "prior_denomerator", where));
    ASSIGN_OR_RETURN(ctr.shift, real_float(item, "shift", where));
    ASSIGN_OR_RETURN(ctr.scale, real_float(item, "scale", where));
    ASSIGN_OR_RETURN(ctr.borders, reals<float>(item.find("borders"), "borders", where));
    parts->ctrs.push_back(std::move(ctr));
  }
  return {};
}

// The name of a table is a JSON text itself.
Result<CtrBase> read_table_name(std::string_view name, std::string_view where) {
  const auto document = JsonDocument::parse(name);
  if (!document) return bad(where, document.error().message());
  const JsonView root = document.value().root();
  CtrBase base;
  ASSIGN_OR_RETURN(base.projection, read_projection(root.find("identifier"), where));
  ASSIGN_OR_RETURN(base.type, read_type(root.find("type"), where));
  return base;
}

std::optional<std::uint64_t> key_in(JsonView view) {
  const auto text = view.as_string();
  if (!text) return std::nullopt;
  std::uint64_t key = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), key);
  if (end.ec != std::errc() || end.ptr != text->data() + text->size()) return std::nullopt;
  return key;
}

// "hash_map": a flat list of entries, each a key and stride - 1 numbers.
Result<void> read_entries(JsonView list, std::int32_t stride, std::string_view where,
                          CtrTable* table) {
  constexpr std::uint64_t kNoKey = ~std::uint64_t{0};  // CatBoost writes its empty bucket too
  std::int32_t at = 0;
  bool kept = false;
  for (const JsonView item : list.array()) {
    if (at == 0) {
      const auto key = key_in(item);
      if (!key) return bad(where, fmt::format("a key is {}, digits expected", item.describe()));
      kept = *key != kNoKey;
      if (kept) table->keys.push_back(*key);
    } else {
      const auto value = item.as_double();
      if (!value || !(*value >= -2147483648.0 && *value <= 2147483647.0))
        return bad(where, fmt::format("a count is {}", item.describe()));
      if (kept && at == 1 && is_mean(table->base.type)) {
        table->sums.push_back(static_cast<float>(*value));
      } else if (kept) {
        table->counts.push_back(static_cast<std::int32_t>(*value));
      }
    }
    at = (at + 1) % stride;
  }
  if (at != 0) return bad(where, "'hash_map' ends within an entry");
  return {};
}

Result<void> read_tables(JsonView tables, CatBoostParts* parts) {
  for (const auto& [name, item] : tables.object()) {
    const std::string where = fmt::format("ctr_data[{}]", parts->tables.size());
    CtrTable table;
    ASSIGN_OR_RETURN(table.base, read_table_name(name, where));
    ASSIGN_OR_RETURN(const std::int32_t stride, integer(item, "hash_stride", where));
    const bool fits = is_mean(table.base.type)      ? stride == 3
                      : is_counter(table.base.type) ? stride == 2
                                                    : stride >= 2 && stride <= 1 << 20;
    if (!fits) return bad(where, fmt::format("'hash_stride' is {}", stride));
    table.classes = stride - 1;
    if (is_counter(table.base.type)) {
      ASSIGN_OR_RETURN(table.denominator, integer(item, "counter_denominator", where));
    }
    RETURN_IF_ERROR(read_entries(item.find("hash_map"), stride, where, &table));
    parts->tables.push_back(std::move(table));
  }
  return {};
}

Result<void> read_oblivious(JsonView list, CatBoostTrees* trees) {
  trees->dimension = 0;
  for (const JsonView tree : list.array()) {
    const std::string where = fmt::format("oblivious_trees[{}]", trees->sizes.size());
    ASSIGN_OR_RETURN(const auto values,
                     reals<double>(tree.find("leaf_values"), "leaf_values", where));
    const JsonView splits = tree.find("splits");
    for (const JsonView split : splits.array()) {
      ASSIGN_OR_RETURN(trees->splits.emplace_back(), integer(split, "split_index", where));
    }
    const std::size_t depth = splits.is_array() ? splits.size() : 0;
    if (depth > 16) return bad(where, fmt::format("{} splits, at most 16 expected", depth));
    const std::size_t leaves = std::size_t{1} << depth;
    if (values.empty() || values.size() % leaves != 0) {
      return bad(where, fmt::format("{} leaf_values for {} splits, a multiple of {} expected",
                                    values.size(), depth, leaves));
    }
    const auto dimension = static_cast<std::uint32_t>(values.size() / leaves);
    if (trees->dimension != 0 && trees->dimension != dimension) {
      return bad(where, fmt::format("{} values per leaf, {} in the trees before", dimension,
                                    trees->dimension));
    }
    trees->dimension = dimension;
    trees->sizes.push_back(static_cast<std::int32_t>(depth));
    trees->leaf_values.insert(trees->leaf_values.end(), values.begin(), values.end());
  }
  return {};
}

// One nested tree, parents before children.
class NestedTree {
 public:
  explicit NestedTree(CatBoostTrees* trees) : trees_(*trees) {}

  Result<void> read(JsonView root) {
    const std::string where = fmt::format("trees[{}]", trees_.sizes.size());
    const std::size_t first = trees_.nodes.size();
    pending_.push_back({root, first, Side::kRoot});
    while (!pending_.empty()) {
      const Pending next = pending_.back();
      pending_.pop_back();
      const std::size_t index = trees_.nodes.size();
      const auto step = static_cast<std::uint32_t>(index - next.parent);
      if (next.side == Side::kLeft) trees_.nodes[next.parent].left = step;
      if (next.side == Side::kRight) trees_.nodes[next.parent].right = step;
      trees_.nodes.push_back({});
      trees_.node_leaf.push_back(static_cast<std::uint32_t>(trees_.leaf_values.size()));
      const JsonView value = next.view.find("value");
      RETURN_IF_ERROR(value.is_missing() ? split(next.view, index, where) : leaf(value, where));
    }
    trees_.sizes.push_back(static_cast<std::int32_t>(trees_.nodes.size() - first));
    return {};
  }

 private:
  enum class Side : std::uint8_t { kRoot, kLeft, kRight };
  struct Pending {
    JsonView view;
    std::size_t parent;
    Side side;
  };

  Result<void> split(JsonView node, std::size_t index, const std::string& where) {
    ASSIGN_OR_RETURN(trees_.splits.emplace_back(),
                     integer(node.find("split"), "split_index", where));
    pending_.push_back({node.find("right"), index, Side::kRight});
    pending_.push_back({node.find("left"), index, Side::kLeft});
    return {};
  }

  Result<void> leaf(JsonView value, const std::string& where) {
    trees_.splits.push_back(0);
    std::vector<double> values;
    if (const auto one = value.as_double()) {
      values.push_back(*one);
    } else {
      ASSIGN_OR_RETURN(values, reals<double>(value, "value", where));
    }
    if (values.empty() || (trees_.dimension != 0 && trees_.dimension != values.size())) {
      return bad(where,
                 fmt::format("a leaf of {} values, {} expected", values.size(), trees_.dimension));
    }
    trees_.dimension = static_cast<std::uint32_t>(values.size());
    trees_.leaf_values.insert(trees_.leaf_values.end(), values.begin(), values.end());
    return {};
  }

  CatBoostTrees& trees_;
  std::vector<Pending> pending_;
};

Result<void> read_nested(JsonView list, CatBoostTrees* trees) {
  trees->dimension = 0;
  for (const JsonView tree : list.array()) RETURN_IF_ERROR(NestedTree(trees).read(tree));
  return {};
}

Result<void> read_scale(JsonView view, CatBoostParts* parts) {
  if (view.is_missing()) return {};
  std::size_t index = 0;
  for (const JsonView item : view.array()) {
    if (index == 0) {
      const auto scale = item.as_double();
      if (!scale) return bad("scale_and_bias", fmt::format("the scale is {}", item.describe()));
      parts->scale = *scale;
    } else if (const auto bias = item.as_double()) {  // before vectors of them
      parts->bias.assign(1, *bias);
    } else {
      ASSIGN_OR_RETURN(parts->bias, reals<double>(item, "bias", "scale_and_bias"));
    }
    ++index;
  }
  return {};
}

Result<void> refuse_text(JsonView info) {
  for (const char* key : {"text_features", "embedding_features", "estimated_features"}) {
    if (info.find(key).size() == 0) continue;
    return Error(Code::kUnimplemented, "model.catboost.text",
                 fmt::format("the model has {}, which slipway does not compute: train with numbers "
                             "made of them",
                             key));
  }
  return {};
}

}  // namespace

bool is_catboost_json(JsonView root) {
  return root.find("features_info").is_object() &&
         (root.find("oblivious_trees").is_array() || root.find("trees").is_array());
}

Result<CatBoostParts> read_catboost_json(JsonView root) {
  CatBoostParts parts;
  parts.format = "JSON";
  const JsonView info = root.find("features_info");
  RETURN_IF_ERROR(refuse_text(info));
  RETURN_IF_ERROR(read_floats(info, &parts));
  RETURN_IF_ERROR(read_categories(info, &parts));
  RETURN_IF_ERROR(read_ctrs(info, &parts));
  RETURN_IF_ERROR(read_tables(root.find("ctr_data"), &parts));
  const JsonView oblivious = root.find("oblivious_trees");
  RETURN_IF_ERROR(oblivious.is_array() ? read_oblivious(oblivious, &parts.trees)
                                       : read_nested(root.find("trees"), &parts.trees));
  RETURN_IF_ERROR(read_scale(root.find("scale_and_bias"), &parts));
  for (const auto& [key, value] : root.find("model_info").object())
    RETURN_IF_ERROR(read_setting(key, value, &parts));
  return parts;
}

}  // namespace slipway::model
