// The columns in which the predictions of one model are given back: those of every schema that it
// was logged with, under names that do not collide.
//
//   PredictionLayout layout;
//   layout.add(schema);                                 // each that the log holds
//   const std::vector<std::size_t>* places = layout.places_of(schema.id);   // its inputs, outputs
//
// Not thread-safe while schemas are added.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/prediction_record.h"
#include "frame/frame.h"

namespace slipway::data {

class PredictionLayout {
 public:
  static constexpr std::size_t kIdentityColumns = 4;  // prediction_id, time, model, version

  PredictionLayout();
  void add(const PredictionSchema& schema);

  const std::vector<frame::Field>& fields() const { return fields_; }
  // Indices into fields(); null for a schema that was not added.
  const std::vector<std::size_t>* places_of(std::uint64_t schema_id) const;

 private:
  using Names = std::map<std::string, std::size_t>;
  void place(const frame::Schema& columns, const char* prefix, Names* seen,
             std::vector<std::size_t>* places);
  bool is_taken(const std::string& name) const;

  std::vector<frame::Field> fields_;
  Names inputs_, outputs_;  // by the model's own names
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> places_;
};

}  // namespace slipway::data
