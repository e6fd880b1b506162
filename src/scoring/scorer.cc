// SPDX-License-Identifier: Apache-2.0
#include "scoring/scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "scoring/kernel/chain.h"
#include "scoring/kernel/source.h"
#include "scoring/kernel/text.h"

namespace slipway::scoring {
namespace {

// Rows that are computed together: intermediate values stay in the cache, and a value of very many
// columns (hashed text) in memory.
constexpr std::size_t kBlockRows = 512;
constexpr std::size_t kBlockValues = std::size_t{1} << 21;

// Waking a thread and waiting for it costs some 20 us.
constexpr std::int64_t kWorthThreadsNs = 100'000;

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

Error refused_row(std::size_t row, const std::string& why) {
  return Error(Code::kInvalidArgument, "scoring.row", fmt::format("row {}: {}", row, why));
}

}  // namespace

Scorer::Scorer(const model::Model& model, const ScoringOptions& options)
    : margin_(model.margin),
      prediction_(model.prediction),
      label_(model.outputs.label),
      pool_(options.pool) {
  const auto widths = model::widths_of(model);
  columns_.assign(widths.begin(), widths.end());
  for (std::size_t node = 0; node < model.nodes.size(); ++node)
    steps_.push_back(fused_step(model, node, options));
  const std::vector<bool> for_margin = needed_for({margin_});
  const std::vector<bool> needed = needed_for({margin_, prediction_, label_.value_or(margin_)});
  std::size_t widest = 1;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    Step& step = steps_[i];
    if (!needed[i]) {
      step.kernel = nullptr;
      continue;
    }
    if (step.kernel == nullptr) step.kernel = make_kernel(model.nodes[i].op, options.of_node(i));
    step.for_margin = for_margin[i];
    widest = std::max(widest, columns_[i + 1]);
    inputs_max_ = std::max(inputs_max_, step.inputs.size());
    if (auto ready = step.kernel->ready(); !ready && !not_ready_)
      not_ready_ = std::move(ready).error();
  }
  block_rows_ = std::clamp<std::size_t>(kBlockValues / widest, 1, kBlockRows);
  scratch_bytes_ = scratch_bytes();
  find_margin_kernel();
}

void Scorer::find_margin_kernel() {
  for (const Step& step : steps_) {
    if (step.kernel == nullptr || !step.for_margin) continue;
    const bool alone = margin_kernel_ == nullptr && &step == &steps_[margin_ - 1] &&
                       step.inputs == std::vector<model::ValueId>{0} && !step.kernel->passes_on();
    margin_kernel_ = alone ? step.kernel.get() : nullptr;
    if (!alone) return;
  }
}

// A node together with those before it, where one kernel does them all; else without a kernel yet.
Scorer::Step Scorer::fused_step(const model::Model& model, std::size_t node,
                                const ScoringOptions& options) {
  if (const TextProduct text = text_product_of(model, model.nodes[node]); text.counts != nullptr) {
    return {{0},
            text_product_kernel(*text.counts, text.weights,
                                std::get<model::MatMul>(model.nodes[node].op))};
  }
  if (const auto chain = chain_before(model, node)) return {{chain->input}, chain_kernel(*chain)};
  if (const auto source = source_of_trees(model, node)) {
    const auto& trees = std::get<model::TreeEnsemble>(model.nodes[node].op);
    if (auto kernel = sourced_trees_kernel(trees, *source, options.of_node(node)))
      return {{0}, std::move(kernel)};
  }
  return {model.nodes[node].inputs, nullptr};
}

void Scorer::prepare() const {
  for (const Step& step : steps_) {
    if (step.kernel != nullptr) step.kernel->prepare();
  }
}

std::size_t Scorer::rows_together() const {
  std::size_t least = 0;
  for (const Step& step : steps_) {
    const std::size_t rows = step.kernel == nullptr ? 0 : step.kernel->rows_together();
    if (rows > 0 && (least == 0 || rows < least)) least = rows;
  }
  return least;
}

std::size_t Scorer::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Step& step : steps_) {
    if (step.kernel != nullptr) bytes += step.kernel->memory_bytes();
  }
  return bytes;
}

std::vector<bool> Scorer::needed_for(std::vector<model::ValueId> wanted) const {
  std::vector<bool> values(columns_.size());
  for (const model::ValueId value : wanted) values[value] = true;
  std::vector<bool> needed(steps_.size());
  for (std::size_t i = steps_.size(); i-- > 0;) {
    needed[i] = values[i + 1];
    for (const model::ValueId input : steps_[i].inputs) values[input] = values[input] || needed[i];
  }
  return needed;
}

// Rows [first, first + in.rows) of the call, and where their results go.
struct Scorer::Block {
  Rows in;
  std::size_t first;
  Scores out;
  Texts texts;
  std::byte* scratch;
};

// The inputs of a step, where each value lies, and the values of a block's rows.
std::size_t Scorer::scratch_bytes() const {
  std::size_t values = 0;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].kernel != nullptr) values += columns_[i + 1];
  }
  return inputs_max_ * sizeof(Rows) + columns_.size() * sizeof(double*) +
         values * block_rows_ * sizeof(double);
}

Result<void> Scorer::ready() const {
  if (not_ready_) return *not_ready_;
  return {};
}

struct Scorer::Call {
  Rows in;
  Scores out;
  Texts texts;
  std::size_t blocks;
};

// With this thread's scratch.
Scorer::Block Scorer::block_of(const Call& call, std::size_t number) const {
  thread_local Scratch scratch;
  const std::size_t first = number * block_rows_;
  const auto from = [=](double* values, std::size_t columns) {
    return values == nullptr ? nullptr : values + first * columns;
  };
  return {.in = {call.in.values + first * call.in.width,
                 std::min(block_rows_, call.in.rows - first), call.in.width},
          .first = first,
          .out = {from(call.out.margins, margin_columns()),
                  from(call.out.predictions, prediction_columns()), from(call.out.labels, 1),
                  call.out.texts},
          .texts = call.texts,
          .scratch = scratch.of(scratch_bytes_)};
}

Result<void> Scorer::score(Rows in, Scores out, Texts texts) const {
  if (not_ready_) return *not_ready_;
  const bool margins_alone =
      out.margins != nullptr && out.predictions == nullptr && out.labels == nullptr;
  if (margins_alone && margin_kernel_ != nullptr && in.rows <= block_rows_ && !out.texts) {
    const auto refusal = margin_kernel_->run_on_texts({&in, 1}, texts, 0, out.margins);
    if (!refusal) return {};
    return refused_row(refusal->row, refusal->why);
  }
  const Call call{in, out, texts, (in.rows + block_rows_ - 1) / block_rows_};
  // Texts come out one after the other.
  const bool together = pool_ != nullptr && pool_->size() > 0 && call.blocks > 1 && !out.texts;
  if (together) return score_together(call);
  for (std::size_t i = 0; i < call.blocks; ++i) RETURN_IF_ERROR(score_block(block_of(call, i)));
  return {};
}

Result<void> Scorer::score_together(const Call& call) const {
  const std::int64_t started = system_clock().monotonic_ns();
  RETURN_IF_ERROR(score_block(block_of(call, 0)));
  const std::int64_t a_block = system_clock().monotonic_ns() - started;
  const std::size_t left = call.blocks - 1;
  if (a_block * static_cast<std::int64_t>(left) < kWorthThreadsNs) {
    for (std::size_t i = 1; i < call.blocks; ++i) RETURN_IF_ERROR(score_block(block_of(call, i)));
    return {};
  }
  std::vector<Result<void>> results(left);
  pool_->run(left, [&](std::size_t i) { results[i] = score_block(block_of(call, i + 1)); });
  for (Result<void>& result : results) RETURN_IF_ERROR(std::move(result));
  return {};
}

// Results are computed where they go, if they go anywhere.
double* Scorer::place_of(model::ValueId value, const Block& block, double** next) const {
  if (value == margin_ && block.out.margins != nullptr) return block.out.margins;
  if (value == prediction_ && block.out.predictions != nullptr) return block.out.predictions;
  double* place = *next;
  *next += block.in.rows * columns_[value];
  return place;
}

Result<void> Scorer::score_block(Block block) const {
  auto* inputs = reinterpret_cast<Rows*>(block.scratch);
  auto* values = reinterpret_cast<const double**>(inputs + inputs_max_);
  auto* next = reinterpret_cast<double*>(values + columns_.size());
  values[0] = block.in.values;
  const bool margins_alone = block.out.predictions == nullptr && block.out.labels == nullptr;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (step.kernel == nullptr || (margins_alone && !step.for_margin)) continue;
    for (std::size_t k = 0; k < step.inputs.size(); ++k) {
      const model::ValueId id = step.inputs[k];
      inputs[k] = {values[id], block.in.rows, columns_[id]};
    }
    const auto value = static_cast<model::ValueId>(i + 1);
    const bool passes_on = step.kernel->passes_on();
    double* to = passes_on ? nullptr : place_of(value, block, &next);
    values[value] = passes_on ? inputs[0].values : to;
    const std::span<const Rows> from(inputs, step.inputs.size());
    const bool to_texts = block.out.texts != nullptr && value == prediction_;
    if (const auto refusal =
            to_texts
                ? step.kernel->run_to_texts(from, block.texts, block.first, to, block.out.texts)
                : step.kernel->run_on_texts(from, block.texts, block.first, to)) {
      return refused_row(block.first + refusal->row, refusal->why);
    }
  }
  const auto give = [&](model::ValueId id, double* to) {
    if (to != nullptr && to != values[id])
      std::copy_n(values[id], block.in.rows * columns_[id], to);
  };
  give(margin_, block.out.margins);
  if (!margins_alone) give(prediction_, block.out.predictions);
  if (label_) give(*label_, block.out.labels);
  return {};
}

}  // namespace slipway::scoring
