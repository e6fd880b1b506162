// SPDX-License-Identifier: Apache-2.0
#include "scoring/scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slipway::scoring {
namespace {

// Rows that are computed together: intermediate values stay in the cache, and a value of very many
// columns (hashed text) in memory.
constexpr std::size_t kBlockRows = 256;
constexpr std::size_t kBlockValues = std::size_t{1} << 21;

}  // namespace

Scorer::Scorer(const model::Model& model)
    : margin_(model.margin), prediction_(model.prediction), label_(model.outputs.label) {
  const auto widths = model::widths_of(model).value();
  columns_.assign(widths.begin(), widths.end());
  for (const auto& node : model.nodes) steps_.push_back({node.inputs, make_kernel(node.op)});
  const std::size_t widest = *std::max_element(columns_.begin(), columns_.end());
  block_rows_ =
      std::clamp<std::size_t>(kBlockValues / std::max<std::size_t>(widest, 1), 1, kBlockRows);

  std::vector<bool> values(columns_.size());
  values[margin_] = values[prediction_] = true;
  if (label_) values[*label_] = true;
  needed_.assign(steps_.size(), false);
  for (std::size_t i = steps_.size(); i-- > 0;) {
    needed_[i] = values[i + 1];
    for (const model::ValueId input : steps_[i].inputs) values[input] = values[input] || needed_[i];
  }
}

Result<void> Scorer::score(Rows in, Scores out, Texts texts) const {
  for (std::size_t first = 0; first < in.rows; first += block_rows_) {
    const std::size_t rows = std::min(block_rows_, in.rows - first);
    const auto from = [=](double* values, std::size_t columns) {
      return values == nullptr ? nullptr : values + first * columns;
    };
    RETURN_IF_ERROR(score_block({in.values + first * in.width, rows, in.width}, first,
                                {from(out.margins, margin_columns()),
                                 from(out.predictions, prediction_columns()), from(out.labels, 1)},
                                texts));
  }
  return {};
}

Result<void> Scorer::score_block(Rows in, std::size_t first_row, Scores out, Texts texts) const {
  std::vector<std::vector<double>> values(steps_.size());
  const auto value = [&](model::ValueId id) { return id == 0 ? in.values : values[id - 1].data(); };
  std::vector<Rows> inputs;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (!needed_[i]) continue;
    values[i].resize(in.rows * columns_[i + 1]);
    inputs.clear();
    for (const model::ValueId id : steps_[i].inputs)
      inputs.push_back({value(id), in.rows, columns_[id]});
    if (const auto refusal =
            steps_[i].kernel->run_on_texts(inputs, texts, first_row, values[i].data())) {
      return Error(Code::kInvalidArgument, "scoring.row",
                   fmt::format("row {}: {}", first_row + refusal->row, refusal->why));
    }
  }
  const auto give = [&](model::ValueId id, double* to) {
    if (to != nullptr) std::copy_n(value(id), in.rows * columns_[id], to);
  };
  give(margin_, out.margins);
  give(prediction_, out.predictions);
  if (label_) give(*label_, out.labels);
  return {};
}

}  // namespace slipway::scoring
