// SPDX-License-Identifier: Apache-2.0
#include "scoring/scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "scoring/kernel/text.h"

namespace slipway::scoring {
namespace {

// Rows that are computed together: intermediate values stay in the cache, and a value of very many
// columns (hashed text) in memory.
constexpr std::size_t kBlockRows = 256;
constexpr std::size_t kBlockValues = std::size_t{1} << 21;

const model::Node* node_of(const model::Model& model, model::ValueId value) {
  return value == 0 ? nullptr : &model.nodes[value - 1];
}

// The counts that a product of a text's numbers starts from, and the weights between, if there are.
struct TextProduct {
  const model::TextCounts* counts = nullptr;
  const model::TextWeights* weights = nullptr;
};

TextProduct text_product_of(const model::Model& model, const model::Node& node) {
  TextProduct found;
  if (!std::holds_alternative<model::MatMul>(node.op)) return found;
  const model::Node* before = node_of(model, node.inputs[0]);
  if (before == nullptr) return found;
  found.weights = std::get_if<model::TextWeights>(&before->op);
  if (found.weights != nullptr) before = node_of(model, before->inputs[0]);
  if (before != nullptr) found.counts = std::get_if<model::TextCounts>(&before->op);
  return found;
}

}  // namespace

Scorer::Scorer(const model::Model& model)
    : margin_(model.margin), prediction_(model.prediction), label_(model.outputs.label) {
  const auto widths = model::widths_of(model).value();
  columns_.assign(widths.begin(), widths.end());
  std::vector<TextProduct> products;
  for (const auto& node : model.nodes) {
    products.push_back(text_product_of(model, node));
    const bool from_text = products.back().counts != nullptr;
    steps_.push_back({from_text ? std::vector<model::ValueId>{0} : node.inputs, nullptr});
  }
  find_needed();
  std::size_t widest = 1;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (!needed_[i]) continue;
    const model::Operator& op = model.nodes[i].op;
    const TextProduct& text = products[i];
    steps_[i].kernel = text.counts == nullptr ? make_kernel(op)
                                              : text_product_kernel(*text.counts, text.weights,
                                                                    std::get<model::MatMul>(op));
    widest = std::max(widest, columns_[i + 1]);
  }
  block_rows_ = std::clamp<std::size_t>(kBlockValues / widest, 1, kBlockRows);
}

void Scorer::find_needed() {
  std::vector<bool> values(columns_.size());
  values[margin_] = values[prediction_] = true;
  if (label_) values[*label_] = true;
  needed_.assign(steps_.size(), false);
  for (std::size_t i = steps_.size(); i-- > 0;) {
    needed_[i] = values[i + 1];
    for (const model::ValueId input : steps_[i].inputs) values[input] = values[input] || needed_[i];
  }
}

Result<void> Scorer::ready() const {
  for (const Step& step : steps_) {
    if (step.kernel != nullptr) RETURN_IF_ERROR(step.kernel->ready());
  }
  return {};
}

Result<void> Scorer::score(Rows in, Scores out, Texts texts) const {
  RETURN_IF_ERROR(ready());
  for (std::size_t first = 0; first < in.rows; first += block_rows_) {
    const std::size_t rows = std::min(block_rows_, in.rows - first);
    const auto from = [=](double* values, std::size_t columns) {
      return values == nullptr ? nullptr : values + first * columns;
    };
    RETURN_IF_ERROR(
        score_block({in.values + first * in.width, rows, in.width}, first,
                    {from(out.margins, margin_columns()),
                     from(out.predictions, prediction_columns()), from(out.labels, 1), out.texts},
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
    const Kernel& kernel = *steps_[i].kernel;
    double* to = values[i].data();
    const bool last = out.texts != nullptr && i + 1 == prediction_;
    if (const auto refusal = last ? kernel.run_to_texts(inputs, texts, first_row, to, out.texts)
                                  : kernel.run_on_texts(inputs, texts, first_row, to)) {
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
