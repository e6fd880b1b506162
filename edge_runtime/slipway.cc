// SPDX-License-Identifier: Apache-2.0
#include "slipway.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "frame/arrow.h"
#include "model/category_hash.h"
#include "model/import/import.h"
#include "plan/plan.h"

struct slipway_model {
  std::shared_ptr<const slipway::plan::Plan> plan;
  bool reads_texts;
};

namespace {

using slipway::Code;
using slipway::Error;
using slipway::Result;
using slipway::model::InputKind;
using slipway::scoring::Rows;
using slipway::scoring::Scores;

// Where a caller's error text goes.
struct ErrorText {
  char* text;
  std::size_t size;
  void write(std::string_view message) const {
    if (text == nullptr || size == 0) return;
    const std::size_t length = std::min(message.size(), size - 1);
    std::memcpy(text, message.data(), length);
    text[length] = '\0';
  }
};

slipway_status status_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
    case Code::kDataLoss:
    case Code::kFailedPrecondition:
      return SLIPWAY_INVALID;
    case Code::kNotFound:
      return SLIPWAY_NOT_FOUND;
    case Code::kUnimplemented:
      return SLIPWAY_UNSUPPORTED;
    default:
      return SLIPWAY_FAILED;
  }
}

slipway_status fail(const Error& error, ErrorText text) {
  text.write(error.message());
  return status_of(error.code());
}

slipway_status invalid(std::string_view message, ErrorText text) {
  text.write(message);
  return SLIPWAY_INVALID;
}

bool reads_texts(const slipway::model::Model& model) {
  return std::any_of(model.inputs.begin(), model.inputs.end(),
                     [](const auto& input) { return input.kind == InputKind::kText; });
}

slipway_status score_rows(const slipway_model* model, Rows rows, double* predictions,
                          double* margins, ErrorText text) {
  const auto scored = model->plan->scorer().score(rows, {margins, predictions, nullptr});
  return scored ? SLIPWAY_OK : fail(scored.error(), text);
}

Result<void> score_arrow(const slipway_model* model, ArrowArray* rows, ArrowSchema* rows_schema,
                         bool raw, ArrowArray* scores, ArrowSchema* scores_schema) {
  ASSIGN_OR_RETURN(const slipway::frame::Frame frame,
                   slipway::frame::import_frame(rows_schema, rows));
  ASSIGN_OR_RETURN(const slipway::plan::Binding binding, model->plan->bind(frame.schema()));
  ASSIGN_OR_RETURN(const slipway::frame::Frame scored,
                   model->plan->run(frame, binding, {.raw = raw}));
  slipway::frame::export_frame(scored, scores_schema, scores);
  return {};
}

}  // namespace

const char* slipway_version(void) { return "0.1.0"; }

slipway_status slipway_open(const char* path, slipway_model** model, char* error,
                            size_t error_size) {
  const ErrorText text{error, error_size};
  if (path == nullptr || model == nullptr) return invalid("path and model must not be NULL", text);
  auto read = slipway::model::import_file(path);
  if (!read) return fail(read.error(), text);
  const bool texts = reads_texts(read.value());
  *model = new slipway_model{slipway::plan::Plan::compile(std::move(read).value(), ""), texts};
  return SLIPWAY_OK;
}

void slipway_close(slipway_model* model) { delete model; }

size_t slipway_inputs(const slipway_model* model) { return model->plan->model().inputs.size(); }

const char* slipway_input_name(const slipway_model* model, size_t input) {
  const auto& inputs = model->plan->model().inputs;
  return input < inputs.size() ? inputs[input].name.c_str() : nullptr;
}

size_t slipway_predictions(const slipway_model* model) {
  return model->plan->scorer().prediction_columns();
}

size_t slipway_margins(const slipway_model* model) {
  return model->plan->scorer().margin_columns();
}

size_t slipway_classes(const slipway_model* model) {
  return model->plan->model().outputs.classes.size();
}

const char* slipway_class_name(const slipway_model* model, size_t index) {
  const auto& classes = model->plan->model().outputs.classes;
  return index < classes.size() ? classes[index].c_str() : nullptr;
}

slipway_status slipway_score_f64(const slipway_model* model, const double* rows, size_t count,
                                 double* predictions, double* margins, char* error,
                                 size_t error_size) {
  const ErrorText text{error, error_size};
  if (model->reads_texts)
    return invalid("this model reads texts: use slipway_score_arrow", text);
  return score_rows(model, {rows, count, slipway_inputs(model)}, predictions, margins, text);
}

slipway_status slipway_score_f32(const slipway_model* model, const float* rows, size_t count,
                                 double* predictions, double* margins, char* error,
                                 size_t error_size) {
  constexpr std::size_t kBlockRows = 512;
  const ErrorText text{error, error_size};
  if (model->reads_texts)
    return invalid("this model reads texts: use slipway_score_arrow", text);
  const std::size_t width = slipway_inputs(model);
  thread_local std::vector<double> wide;  // grows to the widest model's block, once per thread
  if (wide.size() < std::min(count, kBlockRows) * width)
    wide.resize(std::min(count, kBlockRows) * width);
  for (std::size_t first = 0; first < count; first += kBlockRows) {
    const std::size_t n = std::min(kBlockRows, count - first);
    std::copy_n(rows + first * width, n * width, wide.begin());
    const auto from = [&](double* values, std::size_t columns) {
      return values == nullptr ? nullptr : values + first * columns;
    };
    const slipway_status status =
        score_rows(model, {wide.data(), n, width}, from(predictions, slipway_predictions(model)),
                   from(margins, slipway_margins(model)), text);
    if (status != SLIPWAY_OK) return status;
  }
  return SLIPWAY_OK;
}

int64_t slipway_category(const slipway_model* model, size_t input, const char* value) {
  const auto& inputs = model->plan->model().inputs;
  if (input >= inputs.size() || value == nullptr) return -1;
  if (inputs[input].kind == InputKind::kHash) return slipway::model::category_hash(value);
  const auto& categories = inputs[input].categories;
  const auto at = std::find(categories.begin(), categories.end(), value);
  return at == categories.end() ? -1 : at - categories.begin();
}

slipway_status slipway_score_arrow(const slipway_model* model, ArrowArray* rows,
                                   ArrowSchema* rows_schema, int raw, ArrowArray* scores,
                                   ArrowSchema* scores_schema, char* error, size_t error_size) {
  const auto scored = score_arrow(model, rows, rows_schema, raw != 0, scores, scores_schema);
  return scored ? SLIPWAY_OK : fail(scored.error(), {error, error_size});
}
