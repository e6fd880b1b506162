// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <utility>
#include <vector>

#include "plan/outputs.h"

namespace slipway::plan {

std::shared_ptr<const Plan> Plan::compile(model::Model model, std::string digest) {
  return std::shared_ptr<const Plan>(new Plan(std::move(model), std::move(digest)));
}

Plan::Plan(model::Model model, std::string digest)
    : model_(std::move(model)),
      digest_(std::move(digest)),
      encoder_(model_.inputs),
      scorer_(model_),
      schema_(std::make_shared<const frame::Schema>(
          output_fields(model_.outputs, scorer_.prediction_columns(), 0))),
      raw_schema_(std::make_shared<const frame::Schema>(
          output_fields(model_.outputs, scorer_.prediction_columns(), scorer_.margin_columns()))) {}

Result<Plan::Values> Plan::values(const frame::Frame& rows, const Binding& binding) const {
  const auto count = static_cast<std::size_t>(rows.rows());
  std::vector<double> inputs(count * model_.inputs.size());
  RETURN_IF_ERROR(encoder_.encode(rows, binding, inputs));
  Values out;
  out.margins.resize(count * scorer_.margin_columns());
  out.predictions.resize(count * scorer_.prediction_columns());
  if (scorer_.has_labels()) out.labels.resize(count);
  RETURN_IF_ERROR(scorer_.score({inputs.data(), count, model_.inputs.size()},
                                {out.margins.data(), out.predictions.data(),
                                 scorer_.has_labels() ? out.labels.data() : nullptr, &out.texts},
                                encoder_.texts(rows, binding)));
  return out;
}

Result<frame::Frame> Plan::run(const frame::Frame& rows, const Binding& binding,
                               RunOptions options) const {
  ASSIGN_OR_RETURN(const Values values, this->values(rows, binding));
  std::vector<frame::Column> columns =
      output_columns(model_.outputs, values.predictions, scorer_.prediction_columns(),
                     {.labels = values.labels, .texts = values.texts});
  if (options.raw)
    append_margins(model_.outputs, values.margins, scorer_.margin_columns(), &columns);
  return frame::Frame::trusted(options.raw ? raw_schema_ : schema_, std::move(columns),
                               rows.rows());
}

}  // namespace slipway::plan
