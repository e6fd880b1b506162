// SPDX-License-Identifier: Apache-2.0
#include "data/selected_predictions.h"

#include <algorithm>
#include <utility>

#include "base/random.h"

namespace slipway::data {
namespace {

// Copies for shadows are logged under NAME~shadow.
std::string_view model_of(std::string_view logged_as) {
  constexpr std::string_view kShadow = "~shadow";
  return logged_as.ends_with(kShadow) ? logged_as.substr(0, logged_as.size() - kShadow.size())
                                      : logged_as;
}

// A column's name may hold colons, so a model's must be there to count.
bool names(std::string_view withheld, std::string_view model, std::string_view column) {
  if (withheld == column) return true;
  return withheld.size() == model.size() + 1 + column.size() && withheld.starts_with(model) &&
         withheld[model.size()] == ':' && withheld.ends_with(column);
}

}  // namespace

void SelectedPredictions::accept(const frame::PredictionBatch& batch) noexcept {
  if (selection_.share < 1 && !drawn(selection_.share)) return;
  if (selection_.withheld.empty()) return next_.accept(batch);
  const frame::Frame inputs = without(batch.model, batch.inputs);
  const frame::Frame outputs = without(batch.model, batch.outputs);
  next_.accept({.model = batch.model,
                .version = batch.version,
                .request_id = batch.request_id,
                .first_row = batch.first_row,
                .single = batch.single,
                .time_us = batch.time_us,
                .inputs = inputs,
                .outputs = outputs});
}

bool SelectedPredictions::is_withheld(std::string_view model, std::string_view column) const {
  return std::any_of(selection_.withheld.begin(), selection_.withheld.end(),
                     [&](const std::string& name) { return names(name, model_of(model), column); });
}

frame::Frame SelectedPredictions::without(std::string_view model, const frame::Frame& frame) {
  std::shared_ptr<const frame::Schema> schema;
  std::vector<frame::Column> columns;
  {
    MutexLock lock(mutex_);
    const Projection& projection = projection_of(model, frame.shared_schema());
    schema = projection.to;
    columns.reserve(projection.columns.size());
    for (const std::size_t column : projection.columns) columns.push_back(frame.column(column));
  }
  return frame::Frame::trusted(std::move(schema), std::move(columns), frame.rows());
}

const SelectedPredictions::Projection& SelectedPredictions::projection_of(
    std::string_view model, const std::shared_ptr<const frame::Schema>& schema) {
  const auto known = std::find_if(projections_.begin(), projections_.end(), [&](const auto& each) {
    return each.from == schema && each.model == model;
  });
  if (known != projections_.end()) return *known;
  Projection made{.model = std::string(model), .from = schema, .to = nullptr, .columns = {}};
  std::vector<frame::Field> fields;
  for (std::size_t i = 0; i < schema->size(); ++i) {
    const frame::Field& field = schema->fields()[i];
    if (is_withheld(model, field.name)) continue;
    fields.push_back(field);
    made.columns.push_back(i);
  }
  made.to = std::make_shared<const frame::Schema>(std::move(fields));
  if (projections_.size() >= kProjectionsMax) projections_.pop_front();
  projections_.push_back(std::move(made));
  return projections_.back();
}

std::string unknown_column(const std::vector<std::string>& withheld,
                           const std::vector<ColumnsOfModel>& models) {
  for (const std::string& name : withheld) {
    const bool is_known = std::any_of(models.begin(), models.end(), [&](const auto& each) {
      return std::any_of(each.columns.begin(), each.columns.end(),
                         [&](const auto& column) { return names(name, each.model, column); });
    });
    if (!is_known) return name;
  }
  return "";
}

}  // namespace slipway::data
