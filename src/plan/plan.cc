// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "plan/outputs.h"

namespace slipway::plan {

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
          output_fields(model_.outputs, scorer_.prediction_columns(), scorer_.margin_columns()))) {}

Result<std::vector<double>> Plan::encode(const frame::Frame& rows, const Binding& binding) const {
  std::vector<double> inputs(static_cast<std::size_t>(rows.rows()) * model_.inputs.size());
  RETURN_IF_ERROR(encoder_.encode(rows, binding, inputs));
  return inputs;
}

Result<Plan::Values> Plan::values(const frame::Frame& rows, const Binding& binding,
                                  std::int64_t* scoring_ns) const {
  const auto count = static_cast<std::size_t>(rows.rows());
  ASSIGN_OR_RETURN(const std::vector<double> inputs, encode(rows, binding));
  Values out;
  out.margins.resize(count * scorer_.margin_columns());
  out.predictions.resize(count * scorer_.prediction_columns());
  if (scorer_.has_labels()) out.labels.resize(count);
  const std::int64_t started = scoring_ns != nullptr ? thread_cpu_ns() : 0;
  RETURN_IF_ERROR(scorer_.score({inputs.data(), count, model_.inputs.size()},
                                {out.margins.data(), out.predictions.data(),
                                 scorer_.has_labels() ? out.labels.data() : nullptr, &out.texts},
                                encoder_.texts(rows, binding)));
  if (scoring_ns != nullptr) *scoring_ns += thread_cpu_ns() - started;
  return out;
}

Result<frame::Frame> Plan::run(const frame::Frame& rows, const Binding& binding,
                               RunOptions options) const {
  ASSIGN_OR_RETURN(const Values values, this->values(rows, binding, options.scoring_ns));
  std::vector<frame::Column> columns =
      output_columns(model_.outputs, values.predictions, scorer_.prediction_columns(),
                     {.labels = values.labels, .texts = values.texts});
  if (options.raw)
    append_margins(model_.outputs, values.margins, scorer_.margin_columns(), &columns);
  return frame::Frame::trusted(options.raw ? raw_schema_ : schema_, std::move(columns),
                               rows.rows());
}

}  // namespace slipway::plan
