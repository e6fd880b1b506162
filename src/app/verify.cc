// SPDX-License-Identifier: Apache-2.0
#include "app/verify.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

#include "app/sample_rows.h"
#include "app/table.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "base/process.h"
#include "data/npy.h"
#include "frame/numbers.h"
#include "model/import/folders/folders.h"
#include "model/import/folders/text_model.h"
#include "model/import/verify_script.h"
#include "plan/outputs.h"

namespace slipway::app {
namespace {

using frame::Column;
using frame::Frame;

constexpr std::int64_t kDrawnRows = 200;
constexpr std::size_t kShownLines = 12;

// Texts and bools as they are, all else as numbers; JSON has no NaN, so that is a word.
Result<void> write_column(const std::string& name, std::string_view kind, const Column& column,
                          JsonWriter* json) {
  const bool text = frame::is_text(column.type().id);
  const bool is_bool = column.type().id == frame::TypeId::kBool;
  json->begin_object().member("name", name).member("kind", kind);
  json->member("type", text || is_bool ? "object" : "number").key("values").begin_array();
  std::vector<double> numbers(static_cast<std::size_t>(column.length()));
  if (!text) RETURN_IF_ERROR(frame::read_numbers(column, numbers));
  for (std::int64_t row = 0; row < column.length(); ++row) {
    const double number = numbers[static_cast<std::size_t>(row)];
    if ((text || is_bool) && column.is_null(row)) {
      json->null();
    } else if (text) {
      json->value(column.text_at(row));
    } else if (is_bool) {
      json->value(number != 0);
    } else if (std::isfinite(number)) {
      json->value(number);
    } else {
      json->value(std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
    }
  }
  json->end_array().end_object();
  return {};
}

// The model's inputs in their order, then what else the rows have and Python may want.
Result<void> write_columns(const plan::Plan& plan, const Frame& rows, JsonWriter* json) {
  json->key("columns").begin_array();
  for (const model::Input& input : plan.model().inputs) {
    const Column* column = rows.column(input.name);
    if (column == nullptr) continue;
    const bool category = input.kind == model::InputKind::kCategory;
    RETURN_IF_ERROR(write_column(input.name, category ? "category" : "plain", *column, json));
  }
  for (std::size_t i = 0; i < rows.columns().size(); ++i) {
    const frame::Field& field = rows.schema().fields()[i];
    const bool readable = frame::is_numeric(field.type.id) || frame::is_text(field.type.id);
    if (!readable || plan.input_schema().find(field.name)) continue;
    RETURN_IF_ERROR(write_column(field.name, "other", rows.column(i), json));
  }
  json->end_array();
  return {};
}

Result<std::string> request_of(const plan::Plan& plan, const std::string& file, const Frame& rows,
                               const std::string& start_at) {
  const model::Model& model = plan.model();
  std::string text;
  JsonWriter json(&text);
  json.begin_object().member("model", std::filesystem::absolute(file).string());
  json.member("library", model.source.library).member("format", model.source.format);
  json.member("start_at", start_at).member("task", name_of(model.outputs.task));
  json.member("labels", plan::label_columns(model.outputs) > 0).key("classes").begin_array();
  for (const std::string& name : model.outputs.classes) json.value(name);
  for (const auto& classes : model.outputs.targets)
    for (const std::string& name : classes) json.value(name);
  json.end_array();
  RETURN_IF_ERROR(write_columns(plan, rows, &json));
  json.end_object();
  return text;
}

Error python_failed(const std::string& python, const ProcessResult& ran, std::int64_t seconds) {
  if (ran.timed_out)
    return Error(
        Code::kFailedPrecondition, "app.python.timeout",
        fmt::format("{} took more than {} s: --python-timeout gives it longer", python, seconds));
  std::string what = fmt::format("{} could not answer for the model:\n{}", python,
                                 last_lines(ran.err, kShownLines));
  const auto missing = ran.err.rfind("No module named '");
  if (missing != std::string::npos) {
    const std::size_t begin = missing + 17;
    const std::string module =
        ran.err.substr(begin, std::min(ran.err.find_first_of(".'", begin), ran.err.size()) - begin);
    what += fmt::format(
        "\n{} lacks '{}': name the Python that trained the model (--python PATH), "
        "or install it ({} -m pip install {})",
        python, module, python, module == "sklearn" ? "scikit-learn" : module);
  }
  return Error(Code::kFailedPrecondition, "app.python.failed", std::move(what));
}

// The columns of an answer, under the names that our outputs have.
struct Answers {
  std::vector<frame::Field> fields;
  std::vector<Column> columns;

  void add(std::string name, const Column& column) {
    fields.push_back({.name = std::move(name), .type = column.type()});
    columns.push_back(column);
  }
};

// Takes DIR/name.npy for the outputs `names`, if it is there and has as many columns; of the two
// classes of a binary classifier, libraries may tell only the second.
Result<void> take(const std::string& path, const std::vector<std::string>& names, Answers* out) {
  std::error_code ignored;
  if (names.empty() || !std::filesystem::exists(path, ignored)) return {};
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  ASSIGN_OR_RETURN(const Frame answer, data::read_npy(file->text()));
  const std::size_t width = answer.columns().size();
  if (width == names.size()) {
    for (std::size_t i = 0; i < width; ++i) out->add(names[i], answer.column(i));
  } else if (width == 1 && names.size() == 2) {
    out->add(names[1], answer.column(std::size_t{0}));
  }
  return {};
}

Result<Frame> answers_in(const TemporaryFolder& folder, const plan::Plan& plan) {
  const std::size_t labels = plan::label_columns(plan.model().outputs);
  const std::vector<std::string> plain = plan.output_schema().names();
  const std::vector<std::string> raw = plan.output_schema({.raw = true}).names();
  const auto values = plain.begin() + static_cast<std::ptrdiff_t>(labels);
  const std::vector<std::string> label_names(plain.begin(), values);
  const std::vector<std::string> value_names(values, plain.end());
  const std::vector<std::string> margin_names(
      raw.begin() + static_cast<std::ptrdiff_t>(plain.size()), raw.end());
  Answers out;
  RETURN_IF_ERROR(take(folder / "labels.npy", label_names, &out));
  RETURN_IF_ERROR(take(folder / (labels > 0 ? "proba.npy" : "values.npy"), value_names, &out));
  RETURN_IF_ERROR(take(folder / "margin.npy", margin_names, &out));
  if (!out.columns.empty()) return Frame::make(frame::Schema(out.fields), out.columns);
  return Error(Code::kFailedPrecondition, "app.python.answers",
               "what Python answered has other columns than the model here: compare by hand, with "
               "--rows and --expect");
}

}  // namespace

Result<plan::ParityVectors> vectors_from_python(const plan::Plan& plan, const std::string& file,
                                                const Arguments& arguments,
                                                const Console& console) {
  const std::string python = arguments.text("python");
  if (!std::filesystem::exists(file))
    return Error(Code::kInvalidArgument, "app.option",
                 "--verify-with-python needs the model's own file, not a package");
  std::string model_file = file;
  if (!model::is_text_model(file)) {
    ASSIGN_OR_RETURN(model_file, model::model_file_of(file));
  }
  const bool given = arguments.is_set("rows");
  ASSIGN_OR_RETURN(const Frame rows,
                   given ? read_sample(arguments.text("rows"), read_options_for(plan))
                         : sample_rows(plan, kDrawnRows));
  RETURN_IF_ERROR(plan.bind(rows.schema()));
  ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::create());
  ASSIGN_OR_RETURN(const std::string request,
                   request_of(plan, model_file, rows, arguments.text("start-at")));
  RETURN_IF_ERROR(write_file_atomically(folder / "request.json", request));
  RETURN_IF_ERROR(write_file_atomically(folder / "verify.py", model::kVerifyScript));
  console.note(
      fmt::format("--verify-with-python: {} now loads and executes {}, which runs any code "
                  "that is in it; {} {} rows",
                  python, model_file, rows.rows(), given ? "given" : "drawn"));
  const std::int64_t seconds = arguments.integer("python-timeout");
  ASSIGN_OR_RETURN(
      const ProcessResult ran,
      run_process({python, folder / "verify.py", folder.path()}, {.timeout_ms = seconds * 1000}));
  if (!ran.succeeded()) return python_failed(python, ran, seconds);
  ASSIGN_OR_RETURN(const Frame answers, answers_in(folder, plan));
  return plan::ParityVectors::make(plan, rows, answers);
}

}  // namespace slipway::app
