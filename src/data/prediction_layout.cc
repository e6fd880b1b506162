// SPDX-License-Identifier: Apache-2.0
#include "data/prediction_layout.h"

#include <algorithm>

#include "data/stored_column.h"

namespace slipway::data {

using frame::Type;
using frame::TypeId;

PredictionLayout::PredictionLayout()
    : fields_{{.name = "prediction_id", .type = Type::of(TypeId::kString), .nullable = false},
              {.name = "time", .type = Type::of(TypeId::kTimestamp), .nullable = false},
              {.name = "model", .type = Type::of(TypeId::kString), .nullable = false},
              {.name = "version", .type = Type::of(TypeId::kString), .nullable = false}} {}

void PredictionLayout::add(const PredictionSchema& schema) {
  const auto [places, added] = places_.try_emplace(schema.id);
  if (!added) return;
  place(schema.inputs, "input.", &inputs_, &places->second);
  place(schema.outputs, "output.", &outputs_, &places->second);
}

const std::vector<std::size_t>* PredictionLayout::places_of(std::uint64_t schema_id) const {
  const auto found = places_.find(schema_id);
  return found != places_.end() ? &found->second : nullptr;
}

bool PredictionLayout::is_taken(const std::string& name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const frame::Field& field) { return field.name == name; });
}

void PredictionLayout::place(const frame::Schema& columns, const char* prefix, Names* seen,
                             std::vector<std::size_t>* places) {
  for (const auto& field : columns.fields()) {
    const auto [known, added] = seen->try_emplace(field.name, fields_.size());
    if (added) {
      fields_.push_back(
          {.name = is_taken(field.name) ? prefix + field.name : field.name, .type = field.type});
    } else {
      Type& type = fields_[known->second].type;
      type = common_type(type, field.type);
    }
    places->push_back(known->second);
  }
}

}  // namespace slipway::data
