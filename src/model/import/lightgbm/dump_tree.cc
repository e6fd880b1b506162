// SPDX-License-Identifier: Apache-2.0
#include "model/import/lightgbm/dump_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"

namespace slipway::model {
namespace {

constexpr std::int64_t kMaxCategory = 1 << 24;
constexpr std::size_t kMaxCategoryWords = std::size_t{1} << 22;  // of a tree

// What dump_model() writes for an infinite threshold; the text format has "inf".
constexpr double kInfinity = 1e300;

// Splits and leaves by their numbers in the file.
struct Nodes {
  std::vector<JsonView> splits, leaves;
  std::vector<std::int64_t> left, right;  // per split, as in the text: >= 0 a split, else ~leaf
};

struct Found {
  JsonView node;
  bool is_leaf = false;
  std::int64_t index = 0;
};

// Every node in the order of a walk that needs no recursion.
Result<std::vector<Found>> collect(JsonView root) {
  std::vector<Found> found;
  std::vector<JsonView> pending{root};
  while (!pending.empty()) {
    const JsonView node = pending.back();
    pending.pop_back();
    if (!node.is_object())
      return dump_error(fmt::format("a node is {}, an object expected", node.describe()));
    const bool is_leaf = node.find("split_feature").is_missing();
    const auto index = node.find(is_leaf ? "leaf_index" : "split_index").as_int64();
    // The only leaf of a tree without splits has no number.
    if (!index && !(is_leaf && found.empty()))
      return dump_error(is_leaf ? "a leaf has no leaf_index" : "a split has no split_index");
    found.push_back({node, is_leaf, index.value_or(0)});
    if (is_leaf) continue;
    pending.push_back(node.find("right_child"));
    pending.push_back(node.find("left_child"));
  }
  return found;
}

Result<void> place(const Found& node, std::vector<JsonView>* places) {
  const bool fits = node.index >= 0 && node.index < static_cast<std::int64_t>(places->size());
  JsonView* place = fits ? &(*places)[static_cast<std::size_t>(node.index)] : nullptr;
  if (place == nullptr || !place->is_missing()) {
    return dump_error(fmt::format("{} {} is {}; the tree has {}", node.is_leaf ? "leaf" : "split",
                                  node.index, fits ? "there twice" : "out of range",
                                  places->size()));
  }
  *place = node.node;
  return {};
}

std::int64_t reference_to(JsonView child) {
  if (const auto split = child.find("split_index").as_int64()) return *split;
  return ~child.find("leaf_index").as_int64().value_or(0);
}

Result<Nodes> number_nodes(JsonView tree) {
  ASSIGN_OR_RETURN(const auto found, collect(tree.find("tree_structure")));
  const auto leaves =
      std::count_if(found.begin(), found.end(), [](const Found& node) { return node.is_leaf; });
  Nodes nodes;
  nodes.leaves.resize(static_cast<std::size_t>(leaves));
  nodes.splits.resize(found.size() - nodes.leaves.size());
  for (const Found& node : found) {
    RETURN_IF_ERROR(place(node, node.is_leaf ? &nodes.leaves : &nodes.splits));
  }
  if (!found.front().is_leaf && found.front().index != 0)
    return dump_error(fmt::format("the root is split {}, 0 expected", found.front().index));
  for (const JsonView split : nodes.splits) {
    nodes.left.push_back(reference_to(split.find("left_child")));
    nodes.right.push_back(reference_to(split.find("right_child")));
  }
  return nodes;
}

// LightGBM's bits: 1 categorical, 2 default left, 4 and 8 the missing type.
Result<int> decision_type(JsonView split) {
  constexpr std::array<std::string_view, 3> kMissing{"None", "Zero", "NaN"};
  const auto decision = split.find("decision_type").as_string();
  const auto missing = split.find("missing_type").as_string();
  const auto default_left = split.find("default_left").as_bool();
  const auto type = std::find(kMissing.begin(), kMissing.end(), missing.value_or(""));
  if (!decision || (*decision != "<=" && *decision != "==") || type == kMissing.end() ||
      !default_left) {
    return dump_error(
        "a split needs decision_type '<=' or '==', missing_type 'None', 'Zero' or 'NaN', and "
        "default_left");
  }
  return (*decision == "==" ? 1 : 0) | (*default_left ? 2 : 0) |
         static_cast<int>(type - kMissing.begin()) << 2;
}

// "3||17||40" as a bit set behind `words`.
Result<void> add_set(std::string_view threshold, std::vector<std::uint32_t>* words) {
  const std::size_t base = words->size();
  while (!threshold.empty()) {
    const std::size_t end = std::min(threshold.find("||"), threshold.size());
    const auto category = parse_int64(threshold.substr(0, end));
    if (!category || *category < 0 || *category >= kMaxCategory) {
      return dump_error(fmt::format("category '{}': they are whole numbers from 0 to {}",
                                    threshold.substr(0, std::min<std::size_t>(end, 40)),
                                    kMaxCategory - 1));
    }
    const std::size_t word = base + static_cast<std::size_t>(*category) / 32;
    if (word >= words->size()) words->resize(word + 1);
    (*words)[word] |= 1U << (*category % 32);
    threshold.remove_prefix(std::min(end + 2, threshold.size()));
  }
  if (words->size() <= kMaxCategoryWords) return {};
  return dump_error("its category sets are larger than LightGBM makes them");
}

template <typename T>
void append_line(std::string_view key, const std::vector<T>& values, std::string* out) {
  fmt::format_to(std::back_inserter(*out), "{}=", key);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) *out += ' ';
    if constexpr (std::is_same_v<T, double>) {
      append_number(*out, values[i]);
    } else {
      fmt::format_to(std::back_inserter(*out), "{}", values[i]);
    }
  }
  *out += '\n';
}

Result<double> number(JsonView node, std::string_view key) {
  const auto value = node.find(key).as_double();
  if (value) return *value;
  return dump_error(fmt::format("{} is {}, a number expected", key, node.find(key).describe()));
}

Result<void> append_splits(const Nodes& nodes, std::string* out) {
  std::vector<std::int64_t> feature, type;
  std::vector<double> threshold;
  std::vector<std::size_t> set_begin{0};
  std::vector<std::uint32_t> words;
  for (const JsonView split : nodes.splits) {
    const auto at = split.find("split_feature").as_int64();
    if (!at) return dump_error("split_feature is no integer");
    feature.push_back(*at);
    ASSIGN_OR_RETURN(const int bits, decision_type(split));
    type.push_back(bits);
    if ((bits & 1) == 0) {
      ASSIGN_OR_RETURN(const double value, number(split, "threshold"));
      threshold.push_back(std::abs(value) == kInfinity ? value * kInfinity : value);
      continue;
    }
    const auto set = split.find("threshold").as_string();
    if (!set) return dump_error("the threshold of a categorical split is no text like '1||3'");
    threshold.push_back(static_cast<double>(set_begin.size() - 1));
    RETURN_IF_ERROR(add_set(*set, &words));
    set_begin.push_back(words.size());
  }
  fmt::format_to(std::back_inserter(*out), "num_cat={}\n", set_begin.size() - 1);
  append_line("split_feature", feature, out);
  append_line("threshold", threshold, out);
  append_line("decision_type", type, out);
  append_line("left_child", nodes.left, out);
  append_line("right_child", nodes.right, out);
  if (set_begin.size() > 1) {
    append_line("cat_boundaries", set_begin, out);
    append_line("cat_threshold", words, out);
  }
  return {};
}

Result<void> append_numbers(JsonView list, std::string_view key, std::vector<double>* out) {
  for (const JsonView item : list.array()) {
    const auto value = item.as_double();
    if (!value) return dump_error(fmt::format("{} holds {}", key, item.describe()));
    out->push_back(*value);
  }
  return {};
}

Result<void> append_leaves(const Nodes& nodes, std::string* out) {
  std::vector<double> value, rows, constant, features, coefficients;
  std::vector<std::size_t> counts;
  bool linear = false;
  for (const JsonView leaf : nodes.leaves) {
    ASSIGN_OR_RETURN(value.emplace_back(), number(leaf, "leaf_value"));
    if (const auto count = leaf.find("leaf_count").as_double()) rows.push_back(*count);
    linear = linear || !leaf.find("leaf_const").is_missing();
    if (!linear) continue;
    ASSIGN_OR_RETURN(constant.emplace_back(), number(leaf, "leaf_const"));
    counts.push_back(leaf.find("leaf_features").size());
    if (counts.back() != leaf.find("leaf_coeff").size())
      return dump_error("leaf_features and leaf_coeff differ in length");
    RETURN_IF_ERROR(append_numbers(leaf.find("leaf_features"), "leaf_features", &features));
    RETURN_IF_ERROR(append_numbers(leaf.find("leaf_coeff"), "leaf_coeff", &coefficients));
  }
  append_line("leaf_value", value, out);
  if (rows.size() == value.size()) append_line("leaf_count", rows, out);
  if (!linear) return {};
  if (constant.size() != value.size()) return dump_error("only some leaves have a leaf_const");
  *out += "is_linear=1\n";
  append_line("leaf_const", constant, out);
  append_line("num_features", counts, out);
  append_line("leaf_features", features, out);
  append_line("leaf_coeff", coefficients, out);
  return {};
}

}  // namespace

Error dump_error(std::string_view what) {
  return Error(Code::kInvalidArgument, "model.lightgbm.dump", std::string(what));
}

Result<void> append_dump_tree(JsonView tree, std::string* out) {
  ASSIGN_OR_RETURN(const Nodes nodes, number_nodes(tree));
  fmt::format_to(std::back_inserter(*out), "num_leaves={}\n", nodes.leaves.size());
  if (!nodes.splits.empty()) RETURN_IF_ERROR(append_splits(nodes, out));
  RETURN_IF_ERROR(append_leaves(nodes, out));
  *out += '\n';
  return {};
}

}  // namespace slipway::model
