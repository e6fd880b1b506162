// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace slipway::model::sklearn {
namespace {

using pickle::Field;
using pickle::Kind;
using pickle::NdArray;
using pickle::Value;

template <typename T>
double load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return static_cast<double>(value);
}

double number(char kind, std::uint32_t size, const char* at) {
  if (kind == 'f') return size == 4 ? load<float>(at) : load<double>(at);
  const bool is_signed = kind == 'i';
  switch (size) {
    case 1:
      return is_signed ? load<std::int8_t>(at) : load<std::uint8_t>(at);
    case 2:
      return is_signed ? load<std::int16_t>(at) : load<std::uint16_t>(at);
    case 4:
      return is_signed ? load<std::int32_t>(at) : load<std::uint32_t>(at);
    default:
      return is_signed ? load<std::int64_t>(at) : load<std::uint64_t>(at);
  }
}

Error damaged(const Estimator& owner, std::string_view what) {
  return owner.error("model.sklearn.tree", what);
}

}  // namespace

Result<Records> Records::of(const Estimator& owner, const NdArray& array) {
  if (array.kind != 'V' || array.shape.size() != 1)
    return damaged(owner, "its nodes are no records");
  for (const Field& field : array.fields) {
    const bool known =
        field.kind == 'f' || field.kind == 'i' || field.kind == 'u' || field.kind == 'b';
    if (field.big_endian || (known && field.offset + field.item_size > array.item_size))
      return damaged(owner, "its node records are of an unknown layout");
  }
  Records records;
  records.array_ = &array;
  records.size_ = array.shape[0];
  return records;
}

const Field* Records::find(std::string_view name) const {
  for (const Field& field : array_->fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

double Records::at(std::size_t record, const Field& field) const {
  return number(field.kind, field.item_size,
                array_->bytes.data() + record * array_->item_size + field.offset);
}

double FittedTree::value(std::size_t node, std::size_t index) const {
  return load<double>(values->bytes.data() + (node * outputs * classes + index) * sizeof(double));
}

Result<FittedTree> bare_tree(const Estimator& owner, const Value& tree) {
  const Value* nodes = tree.attribute("nodes");
  const Value* values = tree.attribute("values");
  if (nodes == nullptr || nodes->kind != Kind::kArray || values == nullptr ||
      values->kind != Kind::kArray)
    return damaged(owner, "its tree has no nodes");
  FittedTree out;
  ASSIGN_OR_RETURN(out.nodes, Records::of(owner, *nodes->array));
  out.values = values->array.get();
  const auto& shape = out.values->shape;
  if (shape.size() != 3 || shape[0] != out.nodes.size() || shape[1] == 0 || shape[2] == 0 ||
      out.values->kind != 'f' || out.values->item_size != 8 || out.values->big_endian ||
      out.values->fortran_order)
    return damaged(owner, "the values of its tree do not fit its nodes");
  out.outputs = shape[1];
  out.classes = shape[2];
  out.fractions = out.nodes.find("missing_go_to_left") != nullptr;
  return out;
}

Result<FittedTree> tree_of(const Estimator& estimator) {
  ASSIGN_OR_RETURN(const Value* tree, estimator.require("tree_"));
  return bare_tree(estimator, *tree);
}

Forest::TreeWriter::TreeWriter(Forest* forest, std::uint32_t output,
                               const std::vector<bool>& is_leaf)
    : forest_(forest) {
  auto split = static_cast<std::int32_t>(forest->feature_.size());
  auto leaf = static_cast<std::int32_t>(forest->leaf_value_.size() / forest->leaf_width_);
  for (const bool each : is_leaf) reference_.push_back(each ? ~leaf++ : split++);
  forest->roots_.push_back(reference_[0]);
  forest->tree_output_.push_back(output);
}

void Forest::TreeWriter::split(const Split& split) {
  Forest& f = *forest_;
  f.feature_.push_back(split.feature);
  f.threshold_.push_back(split.rule.is_category() ? 0 : split.threshold);
  f.rule_.push_back(split.rule);
  f.left_.push_back(reference_[split.left]);
  f.right_.push_back(reference_[split.right]);
  if (!split.rule.is_category()) return;
  f.category_set_.resize(f.feature_.size() - 1);
  f.category_set_.push_back(static_cast<std::uint32_t>(f.category_begin_.size() - 1));
  f.category_words_.insert(f.category_words_.end(), split.words.begin(), split.words.end());
  f.category_begin_.push_back(static_cast<std::uint32_t>(f.category_words_.size()));
}

Result<void> Forest::add(const Estimator& owner, const FittedTree& tree, const TreeRole& role) {
  const Field* left = tree.nodes.find("left_child");
  const Field* right = tree.nodes.find("right_child");
  const Field* feature = tree.nodes.find("feature");
  const Field* threshold = tree.nodes.find("threshold");
  const Field* missing = tree.nodes.find("missing_go_to_left");
  const Field* rows = tree.nodes.find("weighted_n_node_samples");
  const std::size_t count = tree.nodes.size();
  if (left == nullptr || right == nullptr || feature == nullptr || threshold == nullptr ||
      count == 0)
    return damaged(owner, "its node records lack fields");
  if (feature_.size() + leaf_value_.size() + count > 0x7FFFFFFF)
    return damaged(owner, "its trees have more than 2^31 nodes");
  std::vector<bool> is_leaf(count);
  for (std::size_t i = 0; i < count; ++i) is_leaf[i] = tree.nodes.at(i, *left) < 0;
  TreeWriter writer(this, role.output, is_leaf);
  for (std::size_t i = 0; i < count; ++i) {
    if (is_leaf[i]) {
      role.leaf(i, writer.leaf());
      if (rows != nullptr) writer.cover(tree.nodes.at(i, *rows));
      continue;
    }
    const double l = tree.nodes.at(i, *left);
    const double r = tree.nodes.at(i, *right);
    const double f = tree.nodes.at(i, *feature);
    const std::size_t features = role.features.empty() ? width_ : role.features.size();
    const auto inside = [](double x, std::size_t limit) {
      return x >= 0 && x < static_cast<double>(limit);
    };
    if (!inside(l, count) || !inside(r, count) || !inside(f, features))
      return damaged(owner, fmt::format("node {} of its tree points to nowhere", i));
    const auto column = static_cast<std::uint32_t>(f);
    const bool to_left = missing != nullptr && tree.nodes.at(i, *missing) != 0;
    writer.split({role.features.empty() ? column : role.features[column],
                  tree.nodes.at(i, *threshold),
                  SplitRule::number(true, to_left, Missing::kNaN),
                  static_cast<std::size_t>(l),
                  static_cast<std::size_t>(r),
                  {}});
  }
  return {};
}

TreeEnsemble Forest::finish(bool float32_inputs) && {
  TreeEnsemble e;
  e.width = width_;
  e.outputs = outputs_;
  e.leaf_width = leaf_width_;
  e.float32_inputs = float32_inputs;
  e.base = std::move(base_);
  e.roots = std::move(roots_);
  e.tree_output = std::move(tree_output_);
  if (!category_set_.empty()) category_set_.resize(feature_.size());
  e.feature = std::move(feature_);
  e.threshold = std::move(threshold_);
  e.rule = std::move(rule_);
  e.left = std::move(left_);
  e.right = std::move(right_);
  if (!category_set_.empty()) {
    e.category_set = std::move(category_set_);
    e.category_begin = std::move(category_begin_);
    e.category_words = std::move(category_words_);
  }
  e.cover = cover_of(std::move(cover_), leaf_value_.size() / leaf_width_);
  e.leaf_value = std::move(leaf_value_);
  return e;
}

}  // namespace slipway::model::sklearn
