// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "plan/outputs.h"

namespace slipway::plan {

namespace {

// Not set to anything; on the stack while they are few, as those of a request's row are.
class Doubles {
 public:
  explicit Doubles(std::size_t size)
      : many_(size > kFew ? std::make_unique_for_overwrite<double[]>(size) : nullptr),
        size_(size) {}
  std::span<double> span() { return {many_ == nullptr ? few_.data() : many_.get(), size_}; }

 private:
  static constexpr std::size_t kFew = 128;
  std::array<double, kFew> few_;
  const std::unique_ptr<double[]> many_;
  const std::size_t size_;
};

}  // namespace

Result<EngineOptions> engine_options(const std::string& isa, const std::string& engine) {
  EngineOptions options{.forced = engine};
  if (!isa.empty()) {
    ASSIGN_OR_RETURN(options.isa, scoring::isa::isa_named(isa));
  }
  const auto names = scoring::engine_names();
  if (engine.empty() || std::find(names.begin(), names.end(), engine) != names.end())
    return options;
  return Error(Code::kInvalidArgument, "plan.engine",
               fmt::format("there is no engine '{}': there are {}", engine,
                           join(std::vector<std::string>(names.begin(), names.end()), ", ")));
}

std::shared_ptr<const Plan> Plan::compile(model::Model model, std::string digest,
                                          const EngineOptions& options) {
  return std::shared_ptr<const Plan>(new Plan(std::move(model), std::move(digest), options));
}

Plan::Plan(model::Model model, std::string digest, const EngineOptions& options)
    : model_(std::move(model)),
      digest_(std::move(digest)),
      encoder_(model_.inputs),
      scorer_(model_, options),
      schema_(std::make_shared<const frame::Schema>(
          output_fields(model_.outputs, scorer_.prediction_columns(), 0))),
      raw_schema_(std::make_shared<const frame::Schema>(
          output_fields(model_.outputs, scorer_.prediction_columns(), scorer_.margin_columns()))) {
  for (const auto& tensor : model_.outputs.tensors)
    gives_texts_ = gives_texts_ || tensor.type == model::ElementType::kText;
}

Result<std::vector<double>> Plan::encode(const frame::Frame& rows, const Binding& binding) const {
  std::vector<double> inputs(static_cast<std::size_t>(rows.rows()) * model_.inputs.size());
  RETURN_IF_ERROR(encoder_.encode(rows, binding, inputs));
  return inputs;
}

Result<Plan::Values> Plan::values(const frame::Frame& rows, const Binding& binding,
                                  std::int64_t* scoring_ns) const {
  const auto count = static_cast<std::size_t>(rows.rows());
  Values out;
  out.margins.resize(count * scorer_.margin_columns());
  out.predictions.resize(count * scorer_.prediction_columns());
  if (scorer_.has_labels()) out.labels.resize(count);
  RETURN_IF_ERROR(score(rows, binding,
                        {out.margins.data(), out.predictions.data(),
                         scorer_.has_labels() ? out.labels.data() : nullptr, &out.texts},
                        scoring_ns));
  return out;
}

Result<void> Plan::score(const frame::Frame& rows, const Binding& binding, scoring::Scores out,
                         std::int64_t* scoring_ns) const {
  const auto count = static_cast<std::size_t>(rows.rows());
  if (!gives_texts_) out.texts = nullptr;  // blocks of rows need not wait for each other
  Doubles inputs(count * model_.inputs.size());
  RETURN_IF_ERROR(encoder_.encode(rows, binding, inputs.span()));
  const std::int64_t started = scoring_ns != nullptr ? thread_cpu_ns() : 0;
  RETURN_IF_ERROR(scorer_.score({inputs.span().data(), count, model_.inputs.size()}, out,
                                encoder_.texts(rows, binding)));
  if (scoring_ns != nullptr) *scoring_ns += thread_cpu_ns() - started;
  return {};
}

Result<frame::Frame> Plan::run(const frame::Frame& rows, const Binding& binding,
                               RunOptions options) const {
  const auto count = static_cast<std::size_t>(rows.rows());
  Doubles predictions(count * scorer_.prediction_columns());
  Doubles margins(options.raw ? count * scorer_.margin_columns() : 0);
  Doubles labels(scorer_.has_labels() ? count : 0);
  scoring::TextColumns texts;
  RETURN_IF_ERROR(score(rows, binding,
                        {options.raw ? margins.span().data() : nullptr, predictions.span().data(),
                         scorer_.has_labels() ? labels.span().data() : nullptr, &texts},
                        options.scoring_ns));
  std::vector<frame::Column> columns =
      output_columns(model_.outputs, predictions.span(), scorer_.prediction_columns(),
                     {.labels = labels.span(), .texts = texts});
  if (options.raw)
    append_margins(model_.outputs, margins.span(), scorer_.margin_columns(), &columns);
  return frame::Frame::trusted(options.raw ? raw_schema_ : schema_, std::move(columns),
                               rows.rows());
}

}  // namespace slipway::plan
