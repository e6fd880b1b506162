// What the columns of docs/reference/outputs.md are made of. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "frame/frame.h"
#include "model/model.h"

namespace slipway::plan {

// margins: columns of the margin, 0 to leave them out.
std::vector<frame::Field> output_fields(const model::Outputs& outputs, std::size_t predictions,
                                        std::size_t margins);

// What comes beside the numbers of predictions.
struct BesideNumbers {
  std::span<const double> labels;  // a class number per row, or empty where the prediction tells it
  std::span<const std::vector<std::string>> texts;  // per column that is text, a text per row
};

// predictions: rows * width, row-major, as the graph gives them.
std::vector<frame::Column> output_columns(const model::Outputs& outputs,
                                          std::span<const double> predictions, std::size_t width,
                                          const BesideNumbers& beside = {});
void append_margins(const model::Outputs& outputs, std::span<const double> margins,
                    std::size_t width, std::vector<frame::Column>* columns);

// Whether labels come first, and how many.
bool is_classifier(const model::Outputs& outputs);
std::size_t label_columns(const model::Outputs& outputs);

// The class that `predict` answers for one row of the graph's predictions.
std::size_t label_of(const model::Outputs& outputs, std::span<const double> prediction);

}  // namespace slipway::plan
