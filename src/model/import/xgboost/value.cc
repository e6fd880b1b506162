// SPDX-License-Identifier: Apache-2.0
#include "model/import/xgboost/value.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"

namespace slipway::model::xgboost {
namespace {

std::string_view describe_ubj(UbjKind kind) {
  switch (kind) {
    case UbjKind::kMissing:
      return "nothing";
    case UbjKind::kNull:
      return "null";
    case UbjKind::kBool:
      return "a boolean";
    case UbjKind::kInteger:
      return "an integer";
    case UbjKind::kNumber:
      return "a number";
    case UbjKind::kString:
      return "a string";
    case UbjKind::kArray:
    case UbjKind::kNumbers:
      return "an array";
    case UbjKind::kObject:
      return "an object";
  }
  return "nothing";
}

bool read_json_numbers(JsonView array, std::span<double> out) {
  if (array.read_doubles(out)) return true;
  // Booleans, as the files of 1.x have them for default_left.
  if (!array.is_array() || array.size() != out.size()) return false;
  double* next = out.data();
  for (const JsonView item : array.array()) {
    const auto flag = item.as_bool();
    const auto number = flag ? (*flag ? 1.0 : 0.0) : item.as_double();
    if (!number) return false;
    *next++ = *number;
  }
  return true;
}

Error found_instead(std::string_view key, std::string_view expected, Value found) {
  return error("model.xgboost.structure",
               fmt::format("'{}' is {}, {} expected", key, found.describe(), expected));
}

}  // namespace

bool Value::is_missing() const {
  if (const auto* json = std::get_if<JsonView>(&view_)) return json->is_missing();
  return std::get<UbjView>(view_).kind() == UbjKind::kMissing;
}

bool Value::is_object() const {
  if (const auto* json = std::get_if<JsonView>(&view_)) return json->is_object();
  return std::get<UbjView>(view_).kind() == UbjKind::kObject;
}

bool Value::is_array() const {
  if (const auto* json = std::get_if<JsonView>(&view_)) return json->is_array();
  const UbjKind kind = std::get<UbjView>(view_).kind();
  return kind == UbjKind::kArray || kind == UbjKind::kNumbers;
}

std::size_t Value::size() const {
  return std::visit([](const auto& view) { return view.size(); }, view_);
}

Value Value::find(std::string_view key) const {
  return std::visit([=](const auto& view) { return Value(view.find(key)); }, view_);
}

std::vector<Value> Value::items() const {
  std::vector<Value> items;
  if (!is_array()) return items;
  if (const auto* json = std::get_if<JsonView>(&view_)) {
    for (const JsonView item : json->array()) items.emplace_back(item);
    return items;
  }
  const UbjView array = std::get<UbjView>(view_);
  if (array.kind() != UbjKind::kArray) return items;  // numbers are read with read_numbers
  UbjView item = array.first();
  for (std::size_t i = 0; i < array.size(); ++i, item = item.next()) items.emplace_back(item);
  return items;
}

std::optional<std::int64_t> Value::as_integer() const {
  if (const auto text = as_string()) return parse_int64(*text);
  if (const auto* json = std::get_if<JsonView>(&view_)) return json->as_int64();
  return std::get<UbjView>(view_).as_integer();
}

std::optional<std::string_view> Value::as_string() const {
  return std::visit([](const auto& view) { return view.as_string(); }, view_);
}

bool Value::read_numbers(std::span<double> out) const {
  if (const auto* json = std::get_if<JsonView>(&view_)) return read_json_numbers(*json, out);
  return std::get<UbjView>(view_).read_numbers(out);
}

std::string_view Value::describe() const {
  if (const auto* json = std::get_if<JsonView>(&view_)) return json->describe();
  return describe_ubj(std::get<UbjView>(view_).kind());
}

Result<File> File::parse(std::string_view bytes) {
  if (looks_like_ubjson(bytes)) {
    ASSIGN_OR_RETURN(auto document, UbjDocument::parse(bytes));
    return File(std::move(document));
  }
  auto document = JsonDocument::parse(bytes, {.nan_and_infinity = true});
  if (!document) return error("model.xgboost.json", document.error().message());
  return File(std::move(document).value());
}

Value File::root() const {
  return std::visit([](const auto& document) { return Value(document.root()); }, document_);
}

Error error(const char* reason, std::string_view what) {
  return Error(Code::kInvalidArgument, reason, std::string(what));
}

Result<Value> require_object(Value parent, std::string_view key) {
  const Value found = parent.find(key);
  if (found.is_object()) return found;
  return found_instead(key, "an object", found);
}

Result<Value> require_array(Value parent, std::string_view key) {
  const Value found = parent.find(key);
  if (found.is_array()) return found;
  return found_instead(key, "an array", found);
}

Result<std::int64_t> require_integer(Value parent, std::string_view key) {
  const Value found = parent.find(key);
  if (const auto number = found.as_integer()) return *number;
  if (const auto text = found.as_string())
    return error("model.xgboost.structure",
                 fmt::format("'{}' is '{}', an integer expected", key, text->substr(0, 40)));
  return found_instead(key, "an integer", found);
}

Result<std::string_view> require_string(Value parent, std::string_view key) {
  const Value found = parent.find(key);
  if (const auto text = found.as_string()) return *text;
  return found_instead(key, "a string", found);
}

// XGBoost prints floats in the fewest digits that read back to the same float. Read as the nearest
// double and then rounded to float, such a text gives the same float unless the double falls exactly
// half way between two floats while the text does not. All 2,139,095,039 positive floats were tried:
// it happens once, at 7.038531E-26, which is 0x15AE43FD.
float to_float(double value) {
  constexpr double kHalfWay = 0x1.5c87fbp-84;
  constexpr float kMeant = 0x1.5c87fap-84F;
  if (value == kHalfWay) return kMeant;
  if (value == -kHalfWay) return -kMeant;
  return static_cast<float>(value);
}

bool read_floats(Value array, std::span<float> out) {
  std::vector<double> numbers(out.size());
  if (!array.read_numbers(numbers)) return false;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = to_float(numbers[i]);
  return true;
}

bool read_integers(Value array, std::span<std::int32_t> out) {
  std::vector<double> numbers(out.size());
  if (!array.read_numbers(numbers)) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!(numbers[i] >= -2147483648.0 && numbers[i] <= 2147483647.0)) return false;
    out[i] = static_cast<std::int32_t>(numbers[i]);
    if (out[i] != numbers[i]) return false;
  }
  return true;
}

}  // namespace slipway::model::xgboost
