// SPDX-License-Identifier: Apache-2.0
#include "app/parity.h"

#include <fmt/format.h>

#include <utility>

#include "app/table.h"
#include "app/verify.h"
#include "base/file.h"
#include "data/npy.h"
#include "frame/builder.h"
#include "frame/numbers.h"

namespace slipway::app {
namespace {

using frame::Column;
using frame::Frame;
using model::Outputs;
using model::Task;

// numpy's labels may be numbers: as text they are what the label column holds.
Result<Column> as_text(const Column& column) {
  if (frame::is_text(column.type().id)) return column;
  std::vector<double> numbers(static_cast<std::size_t>(column.length()));
  RETURN_IF_ERROR(frame::read_numbers(column, numbers));
  frame::StringBuilder builder;
  for (const double number : numbers)
    builder.append(fmt::format("{}", static_cast<std::int64_t>(number)));
  return builder.finish();
}

// The columns of an array without names, by their number and type: what predict, predict_proba or
// decision_function of this model return.
Result<Frame> named(const plan::Plan& plan, const Frame& array) {
  const Outputs& outputs = plan.model().outputs;
  const std::size_t width = array.columns().size();
  const std::size_t labels = outputs.targets.size();
  const bool numbers = array.column(std::size_t{0}).type().id == frame::TypeId::kFloat64;
  std::vector<std::string> names;
  std::vector<Column> columns = array.columns();
  if (!outputs.classes.empty() && width == 1 && !numbers) {
    ASSIGN_OR_RETURN(columns[0], as_text(columns[0]));
    names = {"label"};
  } else if (!outputs.classes.empty() && width == outputs.classes.size() &&
             outputs.task != Task::kLabel) {
    for (const auto& name : outputs.classes) names.push_back("p_" + name);
  } else if (labels > 0 && width == labels) {
    for (Column& column : columns) {
      ASSIGN_OR_RETURN(column, as_text(column));
    }
    for (std::size_t i = 0; i < labels; ++i) names.push_back(plan.output_schema().fields()[i].name);
  } else if (labels > 0 && width + labels == plan.output_schema().size()) {
    for (std::size_t i = 0; i < width; ++i)
      names.push_back(plan.output_schema().fields()[labels + i].name);
  } else if (outputs.classes.empty() && width == plan.output_schema().size()) {
    names = plan.output_schema().names();
  } else if (width == 1) {
    return array;  // one unnamed column: plan/parity.h says what it is taken for
  } else {
    return Error(
        Code::kInvalidArgument, "app.parity",
        fmt::format("the array has {} columns, which is what neither predict nor predict_proba of "
                    "this model returns",
                    width));
  }
  std::vector<frame::Field> fields;
  for (std::size_t i = 0; i < width; ++i)
    fields.push_back({.name = names[i], .type = columns[i].type()});
  return Frame::make(frame::Schema(std::move(fields)), std::move(columns));
}

Result<Frame> read_expected(const plan::Plan& plan, const std::string& path) {
  if (!path.ends_with(".npy")) return read_sample(path);
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  auto array = data::read_npy(file->text());
  if (!array) return std::move(array).error().with_context(path);
  auto frame = named(plan, array.value());
  if (!frame) return std::move(frame).error().with_context(path);
  return frame;
}

}  // namespace

Result<std::optional<plan::ParityVectors>> read_parity(const plan::Plan& plan,
                                                       const std::string& file,
                                                       const Arguments& arguments,
                                                       const Console& console) {
  if (arguments.flag("verify-with-python")) {
    if (arguments.is_set("expect"))
      return Error(Code::kInvalidArgument, "app.option",
                   "--expect and --verify-with-python both say what to expect: give one");
    ASSIGN_OR_RETURN(auto vectors, vectors_from_python(plan, file, arguments, console));
    return std::optional<plan::ParityVectors>(std::move(vectors));
  }
  const bool rows_given = arguments.is_set("rows");
  if (rows_given != arguments.is_set("expect")) {
    return Error(Code::kInvalidArgument, "app.option",
                 rows_given
                     ? "--rows needs --expect: the training library's outputs for these rows (or "
                       "--verify-with-python, which makes them)"
                     : "--expect needs --rows: the rows that these outputs belong to");
  }
  if (!rows_given) return std::optional<plan::ParityVectors>();
  ASSIGN_OR_RETURN(const Frame rows, read_sample(arguments.text("rows"), read_options_for(plan)));
  ASSIGN_OR_RETURN(const Frame expected, read_expected(plan, arguments.text("expect")));
  ASSIGN_OR_RETURN(auto vectors, plan::ParityVectors::make(plan, rows, expected));
  return std::optional<plan::ParityVectors>(std::move(vectors));
}

}  // namespace slipway::app
