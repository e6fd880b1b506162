// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/input_table.h"

#include <utility>

#include "deploy/realtime/output_tensors.h"

namespace slipway::deploy::realtime {
namespace {

Wire wire_of(const model::Input& input) {
  if (input.kind == model::InputKind::kNumber) return Wire::kNumber;
  if (input.kind == model::InputKind::kHash) return Wire::kCategoryText;
  switch (input.category_type) {
    case model::CategoryType::kText:
      return Wire::kCategoryText;
    case model::CategoryType::kNumber:
      return Wire::kCategoryNumber;
    case model::CategoryType::kBool:
      return Wire::kCategoryBool;
  }
  return Wire::kNumber;
}

}  // namespace

InputTable::InputTable(const plan::Plan& plan, const ServingConfig& config)
    : schema_(std::make_shared<const frame::Schema>(plan.input_schema())) {
  for (const model::Input& input : plan.model().inputs) {
    columns_.push_back(
        {.name = input.name,
         .wire = wire_of(input),
         .first_category = input.categories.empty() ? "" : input.categories.front()});
    all_numbers_ = all_numbers_ && input.kind == model::InputKind::kNumber;
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) index_.emplace(columns_[i].name, i);
  std::size_t next = 0;
  for (const auto& tensor : plan.model().tensors) {
    const std::size_t count = model::columns_of(tensor);
    groups_.push_back(
        {tensor.name, next, count, std::string(datatype_of(tensor.type)), tensor.dims, {}});
    for (const auto& control : config.controls) {
      const bool fits = tensor.type != model::ElementType::kText;
      if (control.tensor == tensor.name && fits) groups_.back().control = control;
    }
    next += count;
  }
}

std::optional<std::size_t> InputTable::find_tensor(std::string_view name,
                                                   std::size_t* count) const {
  for (const Group& group : groups_) {
    if (group.name != name) continue;
    *count = group.count;
    return group.first;
  }
  return std::nullopt;
}

std::string InputTable::shape_text(std::string_view tensor) const {
  std::string text = "[rows";
  for (const Group& group : groups_) {
    for (std::size_t d = 0; group.name == tensor && d < group.dims.size(); ++d)
      text += ", " + std::to_string(group.dims[d]);
  }
  return text + "]";
}

std::optional<std::size_t> InputTable::find(std::string_view name, std::size_t guess) const {
  if (guess < columns_.size() && columns_[guess].name == name) return guess;
  const auto at = index_.find(name);
  if (at == index_.end()) return std::nullopt;
  return at->second;
}

std::string_view wanted(Wire wire) {
  switch (wire) {
    case Wire::kNumber:
    case Wire::kCategoryNumber:
      return "a number";
    case Wire::kCategoryText:
      return "a string";
    case Wire::kCategoryBool:
      return "true or false";
  }
  return "a value";
}

}  // namespace slipway::deploy::realtime
