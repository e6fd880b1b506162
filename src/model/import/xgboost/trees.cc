// SPDX-License-Identifier: Apache-2.0
#include "model/import/xgboost/trees.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>

namespace slipway::model::xgboost {
namespace {

// XGBoost's own bound: the largest integer below which a float holds every integer.
constexpr double kCategories = 1 << 24;
constexpr std::size_t kMaxCategoryWords = std::size_t{1} << 26;  // 256 MiB of sets
constexpr std::size_t kMaxNodes = std::size_t{1} << 30;

constexpr std::int32_t kUnseen = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kQueued = kUnseen + 1;

// The arrays of one tree as they stand in the file, all as doubles, which hold every float and
// index.
struct Columns {
  std::vector<double> left, right, feature, condition, default_left, split_type;
  std::vector<double> cover;
  std::vector<double> leaf_vectors;  // of vector leaves
  std::vector<double> category_nodes, category_begins, category_sizes, categories;
};

Result<void> read_column(Value tree, std::string_view name, std::size_t expected,
                         std::vector<double>* out) {
  ASSIGN_OR_RETURN(const Value array, require_array(tree, name));
  if (array.size() != expected) {
    return error("model.xgboost.count",
                 fmt::format("{} has {} values, {} expected", name, array.size(), expected));
  }
  out->resize(expected);
  if (array.read_numbers(*out)) return {};
  return error("model.xgboost.value", fmt::format("{} holds something that is no number", name));
}

Result<void> read_column(Value tree, std::string_view name, std::vector<double>* out) {
  return read_column(tree, name, tree.find(name).size(), out);
}

// A whole number in [from, to), or -2.
std::int64_t whole(double value, double from, double to) {
  if (!(value >= from && value < to)) return -2;
  const auto index = static_cast<std::int64_t>(value);
  return static_cast<double>(index) == value ? index : -2;
}

class Builder {
 public:
  Builder(std::uint32_t width, std::uint32_t outputs) : width_(width), outputs_(outputs) {}

  // `detour`: see Forest.
  Result<void> add(Value tree, std::int32_t output, float weight, std::span<const float> detour) {
    RETURN_IF_ERROR(read_columns(tree));
    RETURN_IF_ERROR(read_leaf_width(tree));
    if (output < 0 || static_cast<std::uint32_t>(output) + leaf_width_ > outputs_) {
      return error("model.xgboost.tree_info",
                   fmt::format("adds to output {}, but there are {}", output, outputs_));
    }
    weight_ = weight;
    detour_ = detour.empty() || leaf_width_ > 1 ? 0 : detour[static_cast<std::size_t>(output)];
    const std::size_t nodes = columns_.left.size();
    if (nodes_ += nodes; nodes_ > kMaxNodes)
      return error("model.xgboost.too_large", "the model has more than a billion nodes");
    RETURN_IF_ERROR(read_sets(nodes));
    tree_output_.push_back(static_cast<std::uint32_t>(output));
    RETURN_IF_ERROR(walk(nodes));
    roots_.push_back(reference_[0]);
    for (const std::int32_t node : order_) {
      if (reference_[index(node)] < 0) continue;
      left_.push_back(reference_[static_cast<std::size_t>(columns_.left[index(node)])]);
      right_.push_back(reference_[static_cast<std::size_t>(columns_.right[index(node)])]);
    }
    return {};
  }

  TreeEnsemble finish() && {
    TreeEnsemble e;
    e.width = width_;
    e.outputs = outputs_;
    e.leaf_width = leaf_width_;
    e.float32_inputs = true;
    e.float32_sums = true;
    e.roots = std::move(roots_);
    e.tree_output = std::move(tree_output_);
    e.feature = std::move(feature_);
    e.threshold = std::move(threshold_);
    e.rule = std::move(rule_);
    e.left = std::move(left_);
    e.right = std::move(right_);
    if (category_begin_.size() > 1) {
      e.category_set = std::move(category_set_);
      e.category_begin = std::move(category_begin_);
      e.category_words = std::move(category_words_);
    }
    e.cover = cover_of(std::move(cover_), leaf_value_.size() / leaf_width_);
    e.leaf_value = std::move(leaf_value_);
    return e;
  }

 private:
  static std::size_t index(std::int32_t node) { return static_cast<std::size_t>(node); }

  Result<void> read_columns(Value tree) {
    Columns& c = columns_;
    ASSIGN_OR_RETURN(const Value parameters, require_object(tree, "tree_param"));
    ASSIGN_OR_RETURN(const std::int64_t nodes, require_integer(parameters, "num_nodes"));
    RETURN_IF_ERROR(read_column(tree, "left_children", &c.left));
    if (c.left.empty() || static_cast<std::int64_t>(c.left.size()) != nodes) {
      return error(
          "model.xgboost.count",
          fmt::format("left_children has {} values, num_nodes is {}", c.left.size(), nodes));
    }
    RETURN_IF_ERROR(read_column(tree, "right_children", c.left.size(), &c.right));
    RETURN_IF_ERROR(read_column(tree, "split_indices", c.left.size(), &c.feature));
    RETURN_IF_ERROR(read_column(tree, "split_conditions", c.left.size(), &c.condition));
    RETURN_IF_ERROR(read_column(tree, "default_left", c.left.size(), &c.default_left));
    c.cover.clear();
    if (!tree.find("sum_hessian").is_missing())
      RETURN_IF_ERROR(read_column(tree, "sum_hessian", c.left.size(), &c.cover));
    c.split_type.clear();
    if (tree.find("split_type").is_missing()) return {};  // before 1.3
    RETURN_IF_ERROR(read_column(tree, "split_type", c.left.size(), &c.split_type));
    const bool any = std::any_of(c.split_type.begin(), c.split_type.end(),
                                 [](double type) { return type != 0; });
    if (!any) {
      c.split_type.clear();
      return {};
    }
    RETURN_IF_ERROR(read_column(tree, "categories_nodes", &c.category_nodes));
    const std::size_t sets = c.category_nodes.size();
    RETURN_IF_ERROR(read_column(tree, "categories_segments", sets, &c.category_begins));
    RETURN_IF_ERROR(read_column(tree, "categories_sizes", sets, &c.category_sizes));
    return read_column(tree, "categories", &c.categories);
  }

  // Vector leaves lie in leaf_weights, numbered by the leaf's right child, since 3.2; before that
  // in base_weights, numbered by the node.
  Result<void> read_leaf_width(Value tree) {
    ASSIGN_OR_RETURN(const std::int64_t size,
                     require_integer(tree.find("tree_param"), "size_leaf_vector"));
    const std::int64_t width = std::max<std::int64_t>(size, 1);  // scalar: 0, since 2.0: 1
    if (width > 1 && width != static_cast<std::int64_t>(outputs_)) {
      return error("model.xgboost.leaf_vector",
                   fmt::format("leaves hold {} values, the model has {} outputs", width, outputs_));
    }
    if (!tree_output_.empty() && width != static_cast<std::int64_t>(leaf_width_)) {
      return error("model.xgboost.leaf_vector",
                   fmt::format("leaves hold {} values, those of the trees before it {}", width,
                               leaf_width_));
    }
    leaf_width_ = static_cast<std::uint32_t>(width);
    by_leaf_ = !tree.find("leaf_weights").is_missing();
    if (width == 1) return {};
    const auto leaves =
        static_cast<std::size_t>(std::count(columns_.left.begin(), columns_.left.end(), -1.0));
    return by_leaf_ ? read_column(tree, "leaf_weights", leaves * outputs_, &columns_.leaf_vectors)
                    : read_column(tree, "base_weights", columns_.left.size() * outputs_,
                                  &columns_.leaf_vectors);
  }

  // Numbers the nodes that hang in the tree, and appends what they hold.
  Result<void> walk(std::size_t nodes) {
    reference_.assign(nodes, kUnseen);
    reference_[0] = kQueued;
    order_.assign(1, 0);
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const std::int32_t node = order_[i];
      if (columns_.left[index(node)] == -1) {
        reference_[index(node)] = ~static_cast<std::int32_t>(leaf_value_.size() / leaf_width_);
        RETURN_IF_ERROR(add_leaf(node));
        continue;
      }
      reference_[index(node)] = static_cast<std::int32_t>(feature_.size());
      RETURN_IF_ERROR(add_split(node));
      RETURN_IF_ERROR(queue(node, "left", columns_.left[index(node)]));
      RETURN_IF_ERROR(queue(node, "right", columns_.right[index(node)]));
    }
    return {};
  }

  Result<void> queue(std::int32_t node, const char* side, double child) {
    const std::int64_t at = whole(child, 0, static_cast<double>(reference_.size()));
    if (at < 0) {
      return error("model.xgboost.child",
                   fmt::format("node {}: its {} child is {}, but the tree has {} nodes", node, side,
                               child, reference_.size()));
    }
    if (reference_[static_cast<std::size_t>(at)] != kUnseen) {
      return error("model.xgboost.cycle",
                   fmt::format("node {}: its {} child {} is reached twice (a cycle, or a shared "
                               "subtree)",
                               node, side, at));
    }
    reference_[static_cast<std::size_t>(at)] = kQueued;
    order_.push_back(static_cast<std::int32_t>(at));
    return {};
  }

  Result<void> add_split(std::int32_t node) {
    const Columns& c = columns_;
    const std::int64_t feature = whole(c.feature[index(node)], 0, width_);
    if (feature < 0) {
      return error("model.xgboost.feature",
                   fmt::format("node {}: splits on feature {}, but there are {}", node,
                               c.feature[index(node)], width_));
    }
    const bool default_left = c.default_left[index(node)] != 0;
    const bool category = !c.split_type.empty() && c.split_type[index(node)] != 0;
    feature_.push_back(static_cast<std::uint32_t>(feature));
    rule_.push_back(category ? SplitRule::category_right(default_left)
                             : SplitRule::number(/*or_equal=*/false, default_left, Missing::kNaN));
    threshold_.push_back(category ? 0 : to_float(c.condition[index(node)]));
    category_set_.push_back(0);
    if (!category) return {};
    if (set_of_[index(node)] < 0) {
      return error("model.xgboost.categories",
                   fmt::format("node {}: splits on categories, but lists none", node));
    }
    category_set_.back() = static_cast<std::uint32_t>(set_of_[index(node)]);
    return {};
  }

  Result<void> add_leaf(std::int32_t node) {
    if (!columns_.cover.empty()) cover_.push_back(to_float(columns_.cover[index(node)]));
    if (leaf_width_ == 1) {
      const float value = to_float(columns_.condition[index(node)]);
      leaf_value_.push_back((detour_ + value - detour_) * weight_);
      return {};
    }
    const std::vector<double>& values = columns_.leaf_vectors;
    const std::size_t leaves = values.size() / leaf_width_;
    const std::int64_t at =
        by_leaf_ ? whole(columns_.right[index(node)], 0, static_cast<double>(leaves)) : node;
    if (at < 0) {
      return error("model.xgboost.child",
                   fmt::format("node {}: holds leaf {}, but leaf_weights has {}", node,
                               columns_.right[index(node)], leaves));
    }
    for (std::size_t j = 0; j < leaf_width_; ++j) {
      const double value = values[static_cast<std::size_t>(at) * leaf_width_ + j];
      leaf_value_.push_back(to_float(value) * weight_);
    }
    return {};
  }

  // set_of_[node]: the number of its category set in the ensemble, or -1.
  Result<void> read_sets(std::size_t nodes) {
    const Columns& c = columns_;
    if (c.split_type.empty()) return {};
    set_of_.assign(nodes, -1);
    for (std::size_t i = 0; i < c.category_nodes.size(); ++i) {
      const std::int64_t node = whole(c.category_nodes[i], 0, static_cast<double>(nodes));
      const double listed = static_cast<double>(c.categories.size());
      const std::int64_t begin = whole(c.category_begins[i], 0, listed);
      const std::int64_t size = whole(c.category_sizes[i], 1, listed - c.category_begins[i] + 1);
      if (node < 0 || begin < 0 || size < 0) {
        return error("model.xgboost.categories",
                     fmt::format("categories_nodes[{}] is node {} with {} categories from {} on; "
                                 "the tree has {} nodes and lists {} categories",
                                 i, c.category_nodes[i], c.category_sizes[i], c.category_begins[i],
                                 nodes, c.categories.size()));
      }
      set_of_[static_cast<std::size_t>(node)] =
          static_cast<std::int64_t>(category_begin_.size() - 1);
      RETURN_IF_ERROR(add_set(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)));
    }
    return {};
  }

  Result<void> add_set(std::size_t begin, std::size_t size) {
    const auto first = columns_.categories.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = first + static_cast<std::ptrdiff_t>(size);
    const double most = *std::max_element(first, last);
    const std::size_t base = category_words_.size();
    if (whole(most, 0, kCategories) < 0) {
      return error("model.xgboost.categories",
                   fmt::format("category {}: they are whole numbers below {}", most, kCategories));
    }
    category_words_.resize(base + static_cast<std::size_t>(most) / 32 + 1);
    if (category_words_.size() > kMaxCategoryWords) {
      return Error(Code::kResourceExhausted, "model.xgboost.categories",
                   "its category sets take more than 256 MiB");
    }
    for (auto category = first; category != last; ++category) {
      const std::int64_t bit = whole(*category, 0, most + 1);
      if (bit < 0) {
        return error("model.xgboost.categories",
                     fmt::format("category {}: they are whole numbers from 0 on", *category));
      }
      category_words_[base + static_cast<std::size_t>(bit) / 32] |= 1U << (bit % 32);
    }
    category_begin_.push_back(static_cast<std::uint32_t>(category_words_.size()));
    return {};
  }

  const std::uint32_t width_;
  const std::uint32_t outputs_;
  std::uint32_t leaf_width_ = 1;
  std::size_t nodes_ = 0;

  // Of the tree at hand.
  Columns columns_;
  float weight_ = 1;
  float detour_ = 0;
  bool by_leaf_ = false;
  std::vector<std::int32_t> order_;      // nodes from the root on
  std::vector<std::int32_t> reference_;  // per node: as in TreeEnsemble
  std::vector<std::int64_t> set_of_;

  std::vector<std::int32_t> roots_;
  std::vector<std::uint32_t> tree_output_;
  std::vector<std::uint32_t> feature_;
  std::vector<double> threshold_;
  std::vector<SplitRule> rule_;
  std::vector<std::int32_t> left_, right_;
  std::vector<std::uint32_t> category_set_, category_begin_{0}, category_words_;
  std::vector<double> leaf_value_;
  std::vector<float> cover_;
};

}  // namespace

Result<TreeEnsemble> read_trees(const Forest& forest, std::uint32_t width, std::uint32_t outputs) {
  Builder builder(width, outputs);
  for (std::size_t i = 0; i < forest.trees.size(); ++i) {
    const float weight = forest.weight.empty() ? 1.0F : forest.weight[i];
    auto added = builder.add(forest.trees[i], forest.output[i], weight, forest.detour);
    if (!added) return std::move(added).error().with_context(fmt::format("tree {}", i));
  }
  return std::move(builder).finish();
}

}  // namespace slipway::model::xgboost
