// A value of an XGBoost model file, whether the file is JSON or UBJSON, so that what stands in it is
// read once.
//
//   ASSIGN_OR_RETURN(const File file, File::parse(bytes));
//   const Value trees = file.root().find("learner").find("gradient_booster").find("model");
//   ASSIGN_OR_RETURN(const std::int64_t classes, require_integer(parameters, "num_class"));
//
// A Value answers "no" for every kind that it is not; a chain of find() needs one check, at its end.
// It points into its File, and that into the bytes. Errors: kInvalidArgument, "model.xgboost.json" or
// "model.ubjson.*" for what is no JSON or UBJSON. Views may be read from many threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/import/xgboost/ubjson.h"

namespace slipway::model::xgboost {

class Value {
 public:
  Value() = default;
  explicit Value(JsonView view) : view_(view) {}
  explicit Value(UbjView view) : view_(view) {}

  bool is_missing() const;
  bool is_object() const;
  bool is_array() const;
  std::size_t size() const;
  Value find(std::string_view key) const;
  std::vector<Value> items() const;                // of an array
  std::optional<std::int64_t> as_integer() const;  // 3, and "3": parameters are texts
  std::optional<std::string_view> as_string() const;
  bool read_numbers(std::span<double> out) const;  // exactly that many numbers or booleans
  std::string_view describe() const;               // "an object", for messages

 private:
  std::variant<JsonView, UbjView> view_;
};

class File {
 public:
  static Result<File> parse(std::string_view bytes);
  Value root() const;
  bool is_ubjson() const { return std::holds_alternative<UbjDocument>(document_); }

 private:
  explicit File(JsonDocument document) : document_(std::move(document)) {}
  explicit File(UbjDocument document) : document_(std::move(document)) {}
  std::variant<JsonDocument, UbjDocument> document_;
};

// kInvalidArgument with what was found instead.
Error error(const char* reason, std::string_view what);
Result<Value> require_object(Value parent, std::string_view key);
Result<Value> require_array(Value parent, std::string_view key);
Result<std::int64_t> require_integer(Value parent, std::string_view key);
Result<std::string_view> require_string(Value parent, std::string_view key);

// The float that XGBoost reads where our reader has read a double: see the .cc.
float to_float(double value);

// Arrays of a known number of numbers; false if it is anything else, or an integer is out of range.
bool read_floats(Value array, std::span<float> out);
bool read_integers(Value array, std::span<std::int32_t> out);

}  // namespace slipway::model::xgboost
