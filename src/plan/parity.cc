// SPDX-License-Identifier: Apache-2.0
#include "plan/parity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/text.h"
#include "frame/builder.h"
#include "frame/numbers.h"
#include "plan/outputs.h"
#include "plan/ulp.h"

namespace slipway::plan {
namespace {

using frame::Column;
using frame::Field;
using frame::Frame;
using frame::Schema;
using frame::Type;
using frame::TypeId;

Error refuse(const char* reason, std::string message) {
  return Error(Code::kInvalidArgument, reason, std::move(message));
}

Result<Column> as_numbers(const Column& column) {
  std::vector<double> values(static_cast<std::size_t>(column.length()));
  RETURN_IF_ERROR(frame::read_numbers(column, values));
  return frame::column_of(values);
}

Column as_strings(const Column& column) {
  frame::StringBuilder builder;
  for (std::int64_t row = 0; row < column.length(); ++row) {
    column.is_null(row) ? builder.append_null() : builder.append(column.text_at(row));
  }
  return builder.finish();
}

// A column in the plain form that vectors are kept in: float64, string or bool.
Result<Column> plain(const Column& column) {
  if (column.type().id == TypeId::kBool) return column;
  if (frame::is_text(column.type().id)) return as_strings(column);
  return as_numbers(column);
}

Result<Frame> plain_frame(const std::vector<std::string>& names,
                          const std::vector<const Column*>& sources) {
  std::vector<Field> fields;
  std::vector<Column> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSIGN_OR_RETURN(Column column, plain(*sources[i]));
    fields.push_back({.name = names[i], .type = column.type()});
    columns.push_back(std::move(column));
  }
  return Frame::make(Schema(std::move(fields)), std::move(columns));
}

// The name under which `predict` of the library stands among our outputs.
std::string predict_name(const Plan& plan) {
  const auto& outputs = plan.model().outputs;
  if (outputs.task == model::Task::kBinary) return "p_" + outputs.classes[1];
  return plan.output_schema().fields().front().name;
}

Result<void> check_agreement(const Field& field, const Column& expected, const Column& rows) {
  const bool text = frame::is_text(expected.type().id);
  std::vector<double> a, b;
  if (!text) {
    a.resize(static_cast<std::size_t>(expected.length()));
    b.resize(a.size());
    RETURN_IF_ERROR(frame::read_numbers(expected, a));
    RETURN_IF_ERROR(frame::read_numbers(rows, b));
  }
  for (std::int64_t row = 0; row < expected.length(); ++row) {
    const auto i = static_cast<std::size_t>(row);
    if (text ? expected.text_at(row) == rows.text_at(row) : same_number(a[i], b[i])) continue;
    return refuse("plan.parity.order", fmt::format("row {}: column '{}' differs between the rows "
                                                   "and the expected outputs: they must be in the "
                                                   "same order",
                                                   row, field.name));
  }
  return {};
}

// Which columns of `expected` to compare, by their output names.
struct Chosen {
  std::vector<std::string> names;
  std::vector<const Column*> columns;
};

Result<Chosen> choose_outputs(const Plan& plan, const Frame& rows, const Frame& expected) {
  Chosen chosen, others;
  const Schema& outputs = plan.output_schema({.raw = true});
  for (std::size_t i = 0; i < expected.columns().size(); ++i) {
    const Field& field = expected.schema().fields()[i];
    const Column* in_rows = rows.column(field.name);
    if (outputs.find(field.name)) {
      chosen.names.push_back(field.name);
      chosen.columns.push_back(&expected.column(i));
    } else if (in_rows != nullptr) {
      RETURN_IF_ERROR(check_agreement(field, expected.column(i), *in_rows));
    } else {
      others.names.push_back(field.name);
      others.columns.push_back(&expected.column(i));
    }
  }
  const bool one_unnamed = chosen.names.empty() && others.names.size() == 1;
  if (one_unnamed && frame::is_numeric(others.columns[0]->type().id)) {
    others.names[0] = predict_name(plan);
    return others;
  }
  if (!others.names.empty() || chosen.names.empty()) {
    return refuse("plan.parity.columns",
                  fmt::format("expected outputs have the columns {}; compared are: {}",
                              join(expected.schema().names(), ", "), join(outputs.names(), ", ")));
  }
  return chosen;
}

// Distance of one value from what the library gave, in units that the bound is stated in.
std::uint64_t distance(const Plan& plan, std::string_view column, double found, double expected) {
  const auto& outputs = plan.model().outputs;
  const bool complement =
      outputs.task == model::Task::kBinary && column == "p_" + outputs.classes[0];
  if (!complement || !std::isfinite(found) || !std::isfinite(expected)) {
    return outputs.float32 ? ulp_distance(static_cast<float>(found), static_cast<float>(expected))
                           : ulp_distance(found, expected);
  }
  // 1 - p carries p's absolute error, which in units of a small result would look large.
  const double units = outputs.float32 ? 0x1p24 : 0x1p53;
  return static_cast<std::uint64_t>(std::ceil(std::abs(found - expected) * units));
}

// One compared column: its distance in each row, 0 where equal.
Result<std::vector<std::uint64_t>> distances(const Plan& plan, std::string_view name,
                                             const Column& found, const Column& expected) {
  std::vector<std::uint64_t> out(static_cast<std::size_t>(found.length()));
  if (frame::is_text(expected.type().id) != frame::is_text(found.type().id)) {
    return refuse("plan.parity.type",
                  fmt::format("expected column '{}' is {}, the output is {}", name,
                              name_of(expected.type()), name_of(found.type())));
  }
  if (frame::is_text(found.type().id)) {
    for (std::int64_t row = 0; row < found.length(); ++row) {
      out[static_cast<std::size_t>(row)] =
          found.text_at(row) == expected.text_at(row) ? 0 : ~std::uint64_t{0};
    }
    return out;
  }
  std::vector<double> a(out.size()), b(out.size());
  RETURN_IF_ERROR(frame::read_numbers(found, a));
  RETURN_IF_ERROR(frame::read_numbers(expected, b));
  for (std::size_t row = 0; row < out.size(); ++row)
    out[row] = distance(plan, name, a[row], b[row]);
  return out;
}

bool exact_by_promise(const Plan& plan, std::string_view column) {
  const auto& fields = plan.output_schema().fields();
  const std::size_t labels = label_columns(plan.model().outputs);
  for (std::size_t i = 0; i < labels; ++i)
    if (fields[i].name == column) return true;
  return column.starts_with("margin") && plan.model().exactness.margin_bits;
}

// Rows of `found` that are beyond what was promised although some ulp apart; `ulps` as distances()
// gives them.
Result<std::vector<char>> beyond_promise(const Plan& plan, std::string_view name,
                                         const Column& found, const Column& expected,
                                         const std::vector<std::uint64_t>& ulps) {
  const model::Exactness& promise = plan.model().exactness;
  const bool exact = exact_by_promise(plan, name);
  std::vector<char> beyond(ulps.size());
  for (std::size_t row = 0; row < ulps.size(); ++row)
    beyond[row] = ulps[row] > (exact ? 0 : promise.prediction_ulp);
  if (exact || promise.relative == 0) return beyond;
  std::vector<double> a(ulps.size()), b(ulps.size());
  RETURN_IF_ERROR(frame::read_numbers(found, a));
  RETURN_IF_ERROR(frame::read_numbers(expected, b));
  for (std::size_t row = 0; row < ulps.size(); ++row) {
    const double scale = std::max({1.0, std::abs(a[row]), std::abs(b[row])});
    if (std::abs(a[row] - b[row]) <= promise.relative * scale) beyond[row] = 0;
  }
  return beyond;
}

std::string text_of(const Column& column, std::int64_t row) {
  if (frame::is_text(column.type().id)) return std::string(column.text_at(row));
  std::vector<double> value(1);
  const auto read = frame::read_numbers(column.slice(row, 1), value);
  return read ? number_text(value[0]) : read.error().message();
}

}  // namespace

Result<ParityVectors> ParityVectors::make(const Plan& plan, const Frame& rows,
                                          const Frame& expected) {
  if (rows.rows() != expected.rows() || rows.rows() == 0) {
    return refuse(
        "plan.parity.rows",
        fmt::format("{} rows, but {} rows of expected outputs: the same number is needed, at "
                    "least 1",
                    rows.rows(), expected.rows()));
  }
  ASSIGN_OR_RETURN(const Binding binding, plan.bind(rows.schema()));
  std::vector<std::string> names = plan.input_schema().names();
  std::vector<const Column*> inputs;
  for (const std::size_t column : binding.columns) inputs.push_back(&rows.column(column));
  ASSIGN_OR_RETURN(Frame kept, plain_frame(names, inputs));
  ASSIGN_OR_RETURN(const Chosen chosen, choose_outputs(plan, rows, expected));
  ASSIGN_OR_RETURN(Frame outputs, plain_frame(chosen.names, chosen.columns));
  return ParityVectors(std::move(kept), std::move(outputs));
}

Result<ParityReport> check_parity(const Plan& plan, const ParityVectors& vectors) {
  ASSIGN_OR_RETURN(const Binding binding, plan.bind(vectors.rows().schema()));
  ASSIGN_OR_RETURN(const Frame found, plan.run(vectors.rows(), binding, {.raw = true}));
  ParityReport report{.rows = found.rows()};
  std::vector<char> equal(static_cast<std::size_t>(found.rows()), 1), within = equal;
  for (std::size_t i = 0; i < vectors.expected().columns().size(); ++i) {
    const std::string& name = vectors.expected().schema().fields()[i].name;
    const Column* output = found.column(name);
    const Column& expected = vectors.expected().column(i);
    if (output == nullptr)
      return refuse("plan.parity.columns", fmt::format("the model has no output '{}'", name));
    ASSIGN_OR_RETURN(const auto ulps, distances(plan, name, *output, expected));
    ASSIGN_OR_RETURN(const auto beyond, beyond_promise(plan, name, *output, expected, ulps));
    for (std::size_t row = 0; row < ulps.size(); ++row) {
      if (ulps[row] == 0) continue;
      equal[row] = 0;
      report.worst_ulp = std::max(report.worst_ulp, ulps[row]);
      if (beyond[row] == 0) continue;
      within[row] = 0;
      const auto at = static_cast<std::int64_t>(row);
      if (report.first && report.first->row <= at) continue;
      report.first =
          ParityMismatch{at, name, text_of(*output, at), text_of(expected, at), ulps[row]};
    }
  }
  report.rows_equal = std::count(equal.begin(), equal.end(), 1);
  report.rows_within = std::count(within.begin(), within.end(), 1);
  return report;
}

std::string ParityReport::sentence() const {
  if (rows_equal == rows)
    return fmt::format("exact: bits on {} of {} supplied rows", rows_equal, rows);
  std::string text = fmt::format("exact: bits on {} of {} supplied rows, ", rows_equal, rows);
  if (passed()) return text + fmt::format("the others within {} ulp", worst_ulp);
  text +=
      fmt::format("{} beyond the bound; first: row {}, column '{}', {} against the library's {}",
                  rows - rows_within, first->row, first->column, first->found, first->expected);
  const bool countable = first->ulp < ~std::uint64_t{0};
  return countable ? text + fmt::format(" ({} ulp)", first->ulp) : text;
}

}  // namespace slipway::plan
