// SPDX-License-Identifier: Apache-2.0
#include "scoring/scorer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "scoring/link.h"

namespace slipway::scoring {
namespace {

// Rows that are computed together: intermediate values stay in the cache.
constexpr std::size_t kBlockRows = 256;

}  // namespace

Scorer::Scorer(const model::Model& model)
    : inputs_(model.inputs.size()), margin_(model.margin), prediction_(model.prediction) {
  columns_.push_back(inputs_);
  for (const auto& node : model.nodes) {
    Step step{.input = node.input, .engine = nullptr, .link = {}};
    if (const auto* trees = std::get_if<model::TreeEnsemble>(&node.op)) {
      step.engine = make_reference_engine(*trees);
    } else {
      step.link = std::get<model::Link>(node.op);
    }
    steps_.push_back(std::move(step));
    columns_.push_back(model.columns_of(static_cast<model::ValueId>(steps_.size())));
  }
}

void Scorer::score(Rows in, double* margins, double* predictions) const {
  for (std::size_t first = 0; first < in.rows; first += kBlockRows) {
    const std::size_t rows = std::min(kBlockRows, in.rows - first);
    score_block({in.values + first * in.width, rows, in.width},
                margins == nullptr ? nullptr : margins + first * margin_columns(),
                predictions + first * prediction_columns());
  }
}

void Scorer::score_block(Rows in, double* margins, double* predictions) const {
  std::vector<std::vector<double>> values(steps_.size());
  const auto value = [&](model::ValueId id) { return id == 0 ? in.values : values[id - 1].data(); };
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    values[i].resize(in.rows * columns_[i + 1]);
    const Rows input{value(step.input), in.rows, columns_[step.input]};
    step.engine != nullptr ? step.engine->run(input, values[i].data())
                           : apply_link(step.link, input, values[i].data());
  }
  if (margins != nullptr) std::copy_n(value(margin_), in.rows * margin_columns(), margins);
  std::copy_n(value(prediction_), in.rows * prediction_columns(), predictions);
}

}  // namespace slipway::scoring
