// Encoders of categories: a table per column from category to number. Text has become codes by
// then (Builder::key_of), so text and numbers are looked up alike.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "model/import/sklearn/lookup.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// `categories_`: a list of arrays, one for each column.
Result<std::vector<std::vector<Scalar>>> categories_of(const Estimator& e, std::size_t width) {
  ASSIGN_OR_RETURN(const Value* value, e.require("categories_"));
  const bool objects = value->kind == Kind::kArray && value->array->kind == 'O';
  const auto& items = objects ? value->array->objects : value->items;
  if (items.size() != width)
    return e.error("model.sklearn.attribute",
                   fmt::format("categories_ has {} lists for {} columns", items.size(), width));
  std::vector<std::vector<Scalar>> out;
  for (const Value* item : items) {
    ASSIGN_OR_RETURN(out.emplace_back(), scalars_of(*item));
  }
  return out;
}

// One item of a list or object array, null for None or where there is no list.
const Value* item_of(const Estimator& e, std::string_view attribute, std::size_t index) {
  const Value* list = e.find(attribute);
  if (list == nullptr) return nullptr;
  const bool objects = list->kind == Kind::kArray && list->array->kind == 'O';
  const auto& items = objects ? list->array->objects : list->items;
  if (index >= items.size() || items[index]->kind == Kind::kNone) return nullptr;
  return items[index];
}

// Where a column groups rare categories: the group of each category.
struct Groups {
  std::vector<double> group;  // per category; empty: each for itself
  double infrequent = -1;     // the group of the rare ones
  std::size_t count = 0;

  double of(std::size_t category) const {
    return group.empty() ? static_cast<double>(category) : group[category];
  }
};

Result<Groups> groups_of(const Estimator& e, std::size_t column, std::size_t categories) {
  Groups groups{.count = categories};
  const Value* mapping = item_of(e, "_default_to_infrequent_mappings", column);
  if (!e.flag("_infrequent_enabled", false) || mapping == nullptr) return groups;
  ASSIGN_OR_RETURN(const Matrix values, matrix_of(*mapping));
  const Value* rare = item_of(e, "_infrequent_indices", column);
  if (values.values.size() != categories || rare == nullptr)
    return e.error("model.sklearn.attribute", "the groups of rare categories do not fit");
  groups.group = values.values;
  double largest = 0;
  for (const double each : groups.group) {
    if (!(each >= 0 && each < static_cast<double>(categories)))
      return e.error("model.sklearn.attribute", "the groups of rare categories do not fit");
    largest = std::max(largest, each);
  }
  groups.count = static_cast<std::size_t>(largest) + 1;
  groups.infrequent = largest;  // scikit-learn puts them last
  return groups;
}

// The number of the group that is left out, or -1.
Result<double> dropped(const Estimator& e, std::size_t column) {
  const Value* item = item_of(
      e, e.find("_drop_idx_after_grouping") != nullptr ? "_drop_idx_after_grouping" : "drop_idx_",
      column);
  const Value* list = e.find("_drop_idx_after_grouping") != nullptr
                          ? e.find("_drop_idx_after_grouping")
                          : e.find("drop_idx_");
  if (item != nullptr) {
    ASSIGN_OR_RETURN(const Scalar scalar, scalar_of(*item));
    return scalar.number;
  }
  // An array of plain integers, where every column drops one.
  if (list != nullptr && list->kind == Kind::kArray && list->array->kind != 'O') {
    ASSIGN_OR_RETURN(const Matrix values, matrix_of(*list));
    if (column < values.values.size()) return values.values[column];
  }
  return -1.0;
}

std::uint8_t refusal(const Estimator& e) {
  return e.text("handle_unknown", "error") == "error" ? kRefuseUnseen | kRefuseMissing : 0;
}

Result<Table> one_hot_encoder(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto categories, categories_of(e, in.width()));
  const std::string unknown = e.text("handle_unknown", "error");
  const bool to_group = unknown == "infrequent_if_exist" || unknown == "warn";
  LookupBuilder lookup;
  std::vector<std::uint32_t> widths;
  Table out;
  for (std::size_t c = 0; c < in.width(); ++c) {
    ASSIGN_OR_RETURN(const Groups groups, groups_of(e, c, categories[c].size()));
    ASSIGN_OR_RETURN(const double drop, dropped(e, c));
    const auto place = [&](double group) {
      return group == drop ? -1.0 : group - (drop >= 0 && group > drop ? 1 : 0);
    };
    const double unseen = to_group && groups.infrequent >= 0 ? place(groups.infrequent) : -1.0;
    lookup.begin_column(in.columns[c].name, unseen, unseen, refusal(e));
    const std::size_t width = groups.count - (drop >= 0 ? 1 : 0);
    std::vector<std::string> names(width, "infrequent_sklearn");
    for (std::size_t i = 0; i < categories[c].size(); ++i) {
      ASSIGN_OR_RETURN(const double key, b.key_of(in.columns[c], categories[c][i], e));
      const double at = place(groups.of(i));
      lookup.add(key, at);
      if (at >= 0 && groups.of(i) != groups.infrequent)
        names[static_cast<std::size_t>(at)] = categories[c][i].text;
    }
    widths.push_back(static_cast<std::uint32_t>(width));
    for (const auto& name : names) out.columns.push_back({in.columns[c].name + "_" + name});
  }
  ASSIGN_OR_RETURN(const ValueId codes, b.add({in.value}, std::move(lookup).finish()));
  ASSIGN_OR_RETURN(out.value, b.add({codes}, Indicator{std::move(widths)}));
  return out;
}

Result<Table> ordinal_encoder(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto categories, categories_of(e, in.width()));
  const double unknown = e.number("unknown_value", kNaN);
  const double missing = e.number("encoded_missing_value", kNaN);
  LookupBuilder lookup;
  for (std::size_t c = 0; c < in.width(); ++c) {
    ASSIGN_OR_RETURN(const Groups groups, groups_of(e, c, categories[c].size()));
    lookup.begin_column(in.columns[c].name, unknown, unknown, refusal(e));
    for (std::size_t i = 0; i < categories[c].size(); ++i) {
      ASSIGN_OR_RETURN(const double key, b.key_of(in.columns[c], categories[c][i], e));
      // Only NaN has a number of its own; None is a category like any other.
      const bool is_nan = std::isnan(key) && categories[c][i].text != "None";
      lookup.add(key, is_nan ? missing : groups.of(i));
    }
  }
  ASSIGN_OR_RETURN(const ValueId value, b.add({in.value}, std::move(lookup).finish()));
  return same_columns(value, in);
}

// Encodings lie feature by feature, within a feature class by class.
Result<Table> target_encoder(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto categories, categories_of(e, in.width()));
  ASSIGN_OR_RETURN(const auto means, e.vector("target_mean_"));
  const std::size_t targets = e.text("target_type_", "") == "multiclass" ? means.size() : 1;
  if (means.empty()) return e.error("model.sklearn.attribute", "target_mean_ is empty");
  LookupBuilder lookup;
  std::vector<std::uint32_t> repeated;
  Table out;
  for (std::size_t c = 0; c < in.width(); ++c) {
    for (std::size_t t = 0; t < targets; ++t) {
      const Value* item = item_of(e, "encodings_", c * targets + t);
      ASSIGN_OR_RETURN(const Matrix encodings,
                       item == nullptr ? Result<Matrix>(Matrix{}) : matrix_of(*item));
      if (encodings.values.size() != categories[c].size())
        return e.error("model.sklearn.attribute", "encodings_ do not fit the categories");
      lookup.begin_column(in.columns[c].name, means[t], means[t], 0);
      for (std::size_t i = 0; i < categories[c].size(); ++i) {
        ASSIGN_OR_RETURN(const double key, b.key_of(in.columns[c], categories[c][i], e));
        lookup.add(key, encodings.values[i]);
      }
      repeated.push_back(static_cast<std::uint32_t>(c));
      out.columns.push_back({in.columns[c].name});
    }
  }
  ASSIGN_OR_RETURN(const ValueId columns, b.select(in.value, std::move(repeated)));
  ASSIGN_OR_RETURN(out.value, b.add({columns}, std::move(lookup).finish()));
  return out;
}

// LabelEncoder and LabelBinarizer see the target; alone in a file they turn one column.
Result<LookupBuilder> label_lookup(const Estimator& e, const Table& in, std::uint8_t refuse,
                                   Builder& b) {
  if (in.width() != 1) return e.error("model.sklearn.column", "it takes one column");
  ASSIGN_OR_RETURN(const auto classes, classes_of(e));
  LookupBuilder lookup;
  lookup.begin_column(in.columns[0].name, -1, -1, refuse);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    ASSIGN_OR_RETURN(const double key, b.key_of(in.columns[0], classes[i], e));
    lookup.add(key, static_cast<double>(i));
  }
  return lookup;
}

Result<Table> label_encoder(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(auto lookup, label_lookup(e, in, kRefuseUnseen | kRefuseMissing, b));
  ASSIGN_OR_RETURN(const ValueId value, b.add({in.value}, std::move(lookup).finish()));
  return same_columns(value, in);
}

Result<Table> label_binarizer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(auto lookup, label_lookup(e, in, kRefuseMissing, b));
  ASSIGN_OR_RETURN(const ValueId codes, b.add({in.value}, std::move(lookup).finish()));
  ASSIGN_OR_RETURN(const auto classes, classes_of(e));
  const auto count = static_cast<std::uint32_t>(classes.size());
  ASSIGN_OR_RETURN(ValueId value, b.add({codes}, Indicator{std::vector<std::uint32_t>{count}}));
  if (count <= 2) {  // two classes are one column
    ASSIGN_OR_RETURN(value, b.select(value, {count - 1}));
    if (count == 1) {
      ASSIGN_OR_RETURN(value, b.constant(value, {0}));
    }
  }
  const double low = e.number("neg_label", 0.0);
  const double high = e.number("pos_label", 1.0);
  if (low != 0 || high != 1) {
    const std::vector<double> all(b.width(value), 0);
    std::vector<double> from(b.width(value), 0), to(b.width(value), low);
    ASSIGN_OR_RETURN(value, b.add({value}, Replace{from, to}));
    ASSIGN_OR_RETURN(value, b.add({value}, Replace{std::vector<double>(b.width(value), 1),
                                                   std::vector<double>(b.width(value), high)}));
  }
  return made_columns(value, b.width(value), "labelbinarizer");
}

Result<Table> k_bins_discretizer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId numbers, b.numbers(in, Requirement::kFinite, e));
  std::vector<std::uint32_t> begin{0}, widths;
  std::vector<double> inner;
  for (std::size_t c = 0; c < in.width(); ++c) {
    const Value* item = item_of(e, "bin_edges_", c);
    ASSIGN_OR_RETURN(const Matrix edges,
                     item == nullptr ? Result<Matrix>(Matrix{}) : matrix_of(*item));
    if (edges.values.size() < 2)
      return e.error("model.sklearn.attribute", "bin_edges_ has a column without edges");
    inner.insert(inner.end(), edges.values.begin() + 1, edges.values.end() - 1);
    begin.push_back(static_cast<std::uint32_t>(inner.size()));
    widths.push_back(static_cast<std::uint32_t>(edges.values.size() - 1));
  }
  ASSIGN_OR_RETURN(ValueId value, b.add({numbers}, Bin{std::move(begin), std::move(inner)}));
  if (e.text("encode", "onehot") == "ordinal") return same_columns(value, in);
  ASSIGN_OR_RETURN(value, b.add({value}, Indicator{std::move(widths)}));
  return made_columns(value, b.width(value), "bin");
}

constexpr std::array kKnown{
    Known{"OneHotEncoder", one_hot_encoder},  Known{"OrdinalEncoder", ordinal_encoder},
    Known{"TargetEncoder", target_encoder},   Known{"LabelEncoder", label_encoder},
    Known{"LabelBinarizer", label_binarizer}, Known{"KBinsDiscretizer", k_bins_discretizer},
};

}  // namespace

std::span<const Known> encoder_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
