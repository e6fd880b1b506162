// SPDX-License-Identifier: Apache-2.0
#include "app/rivals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

#include "app/version.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/process.h"
#include "base/text.h"
#include "frame/numbers.h"
#include "model/import/folders/folders.h"
#include "model/import/rivals_script.h"

namespace slipway::app {
namespace {

constexpr std::size_t kShownLines = 12;

Error bad_option(std::string message) {
  return Error(Code::kInvalidArgument, "app.option", std::move(message));
}

Result<void> check_names(const std::vector<std::string>& rivals) {
  const auto known = rival_names();
  const std::vector<std::string> names(known.begin(), known.end());
  for (const std::string& rival : rivals) {
    if (std::find(names.begin(), names.end(), rival) == names.end())
      return bad_option(
          fmt::format("--against names '{}': there are {}", rival, join(names, ", ")));
  }
  return {};
}

Result<std::string> library_path() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const auto path = self.parent_path().parent_path() / "lib" / "libslipway.so";
  if (!failed && std::filesystem::exists(path)) return path.string();
  return Error(Code::kFailedPrecondition, "app.rivals.library",
               fmt::format("--against measures slipway's C interface, and {} is not there: build "
                           "slipway_c_shared",
                           path.string()));
}

bool is_hashed(const model::Input& input) { return input.kind == model::InputKind::kHash; }

// What a category says in each row; a number is its decimal text, as the encoder takes it.
Result<void> write_texts(const frame::Column& column, JsonWriter* json) {
  const auto type = column.type().id;
  if (type == frame::TypeId::kString || type == frame::TypeId::kDictionary) {
    for (std::int64_t row = 0; row < column.length(); ++row) json->value(column.text_at(row));
    return {};
  }
  std::vector<double> numbers(static_cast<std::size_t>(column.length()));
  RETURN_IF_ERROR(frame::read_numbers(column, numbers));
  for (const double number : numbers) json->value(fmt::format("{:.0f}", number));
  return {};
}

// Encoded rows have hashes of categories, of which nothing could be read back.
Result<void> write_categories(const plan::Plan& plan, const frame::Frame* frame, JsonWriter* json) {
  const auto& inputs = plan.model().inputs;
  json->member("hashed", std::any_of(inputs.begin(), inputs.end(), is_hashed));
  json->key("texts").begin_object();
  for (std::size_t i = 0; frame != nullptr && i < inputs.size(); ++i) {
    if (!is_hashed(inputs[i])) continue;
    ASSIGN_OR_RETURN(const plan::Binding binding, plan.bind(frame->schema()));
    json->key(inputs[i].name).begin_array();
    RETURN_IF_ERROR(write_texts(frame->column(binding.columns[i]), json));
    json->end_array();
  }
  json->end_object();
  return {};
}

Result<std::string> request_of(const std::vector<std::string>& rivals, const plan::Plan& plan,
                               const std::string& file, const std::string& library,
                               const DuelRows& rows) {
  const model::Model& model = plan.model();
  std::string text;
  JsonWriter json(&text);
  json.begin_object().member("model", std::filesystem::absolute(file).string());
  json.member("library", library).member("version", kVersion);
  json.member("library_of_model", model.source.library).member("seconds", rows.seconds);
  json.key("inputs").begin_array();
  for (const model::Input& input : model.inputs) json.value(input.name);
  json.end_array().key("batches").begin_array();
  for (const std::size_t batch : rows.batches) json.value(static_cast<std::uint64_t>(batch));
  json.end_array().key("against").begin_array();
  for (const std::string& rival : rivals) json.value(rival);
  json.end_array();
  RETURN_IF_ERROR(write_categories(plan, rows.frame, &json));
  json.end_object();
  return text;
}

}  // namespace

std::vector<std::string_view> rival_names() {
  return {
      "xgboost", "lightgbm",        "catboost", "sklearn",  "onnxruntime", "onnxruntime-iobinding",
      "lignum",  "lignum-compiled", "lleaves",  "treelite", "daal4py",     "ydf"};
}

Result<std::string> duel(const std::vector<std::string>& rivals, const plan::Plan& plan,
                         const std::string& file, const DuelRows& rows,
                         const Arguments& arguments) {
  RETURN_IF_ERROR(check_names(rivals));
  if (!std::filesystem::exists(file))
    return bad_option("--against needs the model's own file, which the others read, not a package");
  const auto& inputs = plan.model().inputs;
  if (std::any_of(inputs.begin(), inputs.end(),
                  [](const auto& input) { return input.kind == model::InputKind::kText; }))
    return bad_option("--against compares models of numbers and categories; this one reads texts");
  ASSIGN_OR_RETURN(const std::string model_file, model::model_file_of(file));
  ASSIGN_OR_RETURN(const std::string library, library_path());
  ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::create());
  ASSIGN_OR_RETURN(const std::string request, request_of(rivals, plan, model_file, library, rows));
  RETURN_IF_ERROR(write_file_atomically(folder / "request.json", request));
  RETURN_IF_ERROR(write_file_atomically(folder / "rivals.py", model::kRivalsScript));
  RETURN_IF_ERROR(write_file_atomically(
      folder / "rows.f64", std::string_view(reinterpret_cast<const char*>(rows.values.data()),
                                            rows.values.size() * sizeof(double))));
  const std::string python = arguments.text("python");
  const std::int64_t seconds = arguments.integer("python-timeout");
  ASSIGN_OR_RETURN(ProcessResult ran, run_process({python, folder / "rivals.py", folder.path()},
                                                  {.timeout_ms = seconds * 1000}));
  if (ran.succeeded()) return std::move(ran.out);
  return Error(
      Code::kFailedPrecondition, "app.rivals.failed",
      ran.timed_out
          ? fmt::format("{} took more than {} s: --python-timeout gives it longer", python, seconds)
          : fmt::format("{} could not measure:\n{}\nIt needs numpy and the rivals; "
                        "--python PATH names another",
                        python, last_lines(ran.err, kShownLines)));
}

Result<std::string> duel_text(const std::string& json) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(json));
  std::string out = fmt::format("{:<18}{:>8}{:>14}{:>9}  equal rows\n", "contender", "rows",
                                "ns per row", "ratio");
  for (const JsonView cell : document.root().find("cells").array()) {
    const JsonView bits = cell.find("bits");
    const auto equal = bits.find("rows_equal").as_int64();
    out += fmt::format(
        "{:<18}{:>8}{:>14.1f}{:>8.2f}x  {}\n", cell.find("contender").as_string().value_or(""),
        cell.find("batch").as_int64().value_or(0), cell.find("ns_per_row").as_double().value_or(0),
        cell.find("ratio").as_double().value_or(0),
        equal ? fmt::format("{} of {}", *equal, bits.find("rows").as_int64().value_or(0)) : "");
  }
  for (const JsonView one : document.root().find("left_out").array())
    out += fmt::format("left out: {}: {}\n", one.find("name").as_string().value_or(""),
                       one.find("why").as_string().value_or(""));
  out.pop_back();
  return out;
}

}  // namespace slipway::app
