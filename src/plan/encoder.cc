// SPDX-License-Identifier: Apache-2.0
#include "plan/encoder.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "frame/numbers.h"
#include "model/category_hash.h"

namespace slipway::plan {
namespace {

using frame::Column;
using frame::Type;
using frame::TypeId;
using model::CategoryType;
using model::Input;
using model::InputKind;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Type expected_type(const Input& input) {
  if (input.kind == InputKind::kNumber) return Type::of(TypeId::kFloat64);
  if (input.kind == InputKind::kHash) return Type::of(TypeId::kString);
  switch (input.category_type) {
    case CategoryType::kText:
      return Type::of(TypeId::kString);
    case CategoryType::kNumber:
      return Type::of(TypeId::kFloat64);
    case CategoryType::kBool:
      return Type::of(TypeId::kBool);
  }
  return {};
}

bool reads_as_number(TypeId id) { return frame::is_numeric(id) || id == TypeId::kDecimal; }

// What has one decimal text that the training library would have hashed. Floats have many.
bool reads_as_text(TypeId id) {
  return id == TypeId::kString || id == TypeId::kDictionary || id == TypeId::kBool ||
         frame::is_integer(id);
}

bool accepts(const Input& input, const Type& type) {
  if (input.kind == InputKind::kNumber) return reads_as_number(type.id);
  if (input.kind == InputKind::kHash) return reads_as_text(type.id);
  switch (input.category_type) {
    case CategoryType::kText:
      return type.id == TypeId::kString || type.id == TypeId::kDictionary;
    case CategoryType::kNumber:
      return reads_as_number(type.id) && type.id != TypeId::kBool;
    case CategoryType::kBool:
      return type.id == TypeId::kBool;
  }
  return false;
}

std::string wanted(const Input& input) {
  if (input.kind == InputKind::kNumber) return "a number";
  if (input.kind == InputKind::kHash) return "a category as text or integer";
  if (input.kind == InputKind::kText) return "a text";
  const std::string some =
      input.categories.empty() ? "" : fmt::format(" such as '{}'", input.categories.front());
  switch (input.category_type) {
    case CategoryType::kText:
      return "a category as text" + some;
    case CategoryType::kNumber:
      return "a category as number" + some;
    case CategoryType::kBool:
      return "a bool";
  }
  return {};
}

Error missing_column(const Input& input, const frame::Schema& schema) {
  const auto names = schema.names();
  const auto near = nearest(input.name, names);
  return Error(
      Code::kInvalidArgument, "plan.missing_column",
      fmt::format("column '{}' is missing: the model wants {} there{}; the rows have: {}",
                  input.name, wanted(input),
                  near ? fmt::format(" (did you mean '{}'?)", *near) : "",
                  join(std::span(names).first(std::min<std::size_t>(names.size(), 30)), ", ")));
}

// The code of each value of a text column; a dictionary is looked up once per entry, not once per
// row.
template <typename CodeOf>
void encode_text(const Column& column, double* out, std::size_t stride, CodeOf code_of) {
  if (column.type().id != TypeId::kDictionary) {
    for (std::int64_t row = 0; row < column.length(); ++row) {
      out[static_cast<std::size_t>(row) * stride] =
          column.is_null(row) ? kMissing : code_of(column.text_at(row));
    }
    return;
  }
  const Column& dictionary = column.dictionary();
  std::vector<double> codes(static_cast<std::size_t>(dictionary.length()));
  encode_text(dictionary, codes.data(), 1, code_of);
  for (std::int64_t row = 0; row < column.length(); ++row) {
    out[static_cast<std::size_t>(row) * stride] =
        column.is_null(row) ? kMissing : codes[static_cast<std::size_t>(column.code_at(row))];
  }
}

// What most columns are, and all that a request sends as numbers: nothing to convert.
bool is_doubles(const Column& column) {
  return column.type().id == TypeId::kFloat64 && column.null_count() == 0;
}

void copy_doubles(const Column& column, double* out, std::size_t stride) {
  for (const double value : column.values<double>()) {
    *out = value;
    out += stride;
  }
}

template <typename T>
void hash_integers(const Column& column, double* out, std::size_t stride) {
  for (const T value : column.values<T>()) {
    const fmt::format_int text(value);
    *out = model::category_hash({text.data(), text.size()});
    out += stride;
  }
}

void hash_bools(const Column& column, double* out, std::size_t stride) {
  for (std::int64_t row = 0; row < column.length(); ++row)
    out[static_cast<std::size_t>(row) * stride] =
        model::category_hash(column.bool_at(row) ? "1" : "0");
}

void hash_column(const Column& column, double* out, std::size_t stride) {
  switch (column.type().id) {
    case TypeId::kBool:
      return hash_bools(column, out, stride);
    case TypeId::kInt8:
      return hash_integers<std::int8_t>(column, out, stride);
    case TypeId::kInt16:
      return hash_integers<std::int16_t>(column, out, stride);
    case TypeId::kInt32:
      return hash_integers<std::int32_t>(column, out, stride);
    case TypeId::kInt64:
      return hash_integers<std::int64_t>(column, out, stride);
    case TypeId::kUInt8:
      return hash_integers<std::uint8_t>(column, out, stride);
    case TypeId::kUInt16:
      return hash_integers<std::uint16_t>(column, out, stride);
    case TypeId::kUInt32:
      return hash_integers<std::uint32_t>(column, out, stride);
    case TypeId::kUInt64:
      return hash_integers<std::uint64_t>(column, out, stride);
    default:
      return encode_text(column, out, stride, [](std::string_view text) {
        return static_cast<double>(model::category_hash(text));
      });
  }
}

}  // namespace

Encoder::Encoder(std::vector<Input> inputs) : inputs_(std::move(inputs)), codes_(inputs_.size()) {
  std::vector<frame::Field> fields;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    has_texts_ = has_texts_ || inputs_[i].kind == InputKind::kText;
    all_numbers_ = all_numbers_ && inputs_[i].kind == InputKind::kNumber;
    fields.push_back({.name = inputs_[i].name, .type = expected_type(inputs_[i])});
    for (const auto& category : inputs_[i].categories) {
      codes_[i].emplace(category, static_cast<double>(codes_[i].size()));
    }
  }
  schema_ = frame::Schema(std::move(fields));
}

Result<Binding> Encoder::bind(const frame::Schema& schema) const {
  Binding binding;
  for (const auto& input : inputs_) {
    const auto column = schema.find(input.name);
    if (!column) return missing_column(input, schema);
    const Type& type = schema.fields()[*column].type;
    if (!accepts(input, type)) {
      return Error(Code::kInvalidArgument, "plan.column_type",
                   fmt::format("column '{}' is {}, the model wants {}", input.name, name_of(type),
                               wanted(input)));
    }
    binding.columns.push_back(*column);
  }
  return binding;
}

// A request's row, as most are. False, and nothing is said of `out`, if a column is no doubles.
bool Encoder::copy_row(const frame::Frame& row, const Binding& binding,
                       std::span<double> out) const {
  const Column* const columns = row.columns().data();
  const std::size_t* const places = binding.columns.data();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Column& column = columns[places[i]];
    if (!is_doubles(column)) return false;
    out[i] = *column.values<double>().data();
  }
  return true;
}

Result<void> Encoder::encode(const frame::Frame& frame, const Binding& binding,
                             std::span<double> out) const {
  const std::size_t width = inputs_.size();
  CHECK(out.size() == static_cast<std::size_t>(frame.rows()) * width);
  if (out.empty()) return {};  // no row: there is no memory to point into
  if (frame.rows() == 1 && all_numbers_ && copy_row(frame, binding, out)) return {};
  for (std::size_t i = 0; i < width; ++i) {
    const Column& column = frame.column(binding.columns[i]);
    if (is_doubles(column) && inputs_[i].kind == InputKind::kNumber) {
      copy_doubles(column, out.data() + i, width);
      continue;
    }
    switch (inputs_[i].kind) {
      case InputKind::kNumber:
        RETURN_IF_ERROR(frame::read_numbers(column, out.data() + i, width));
        break;
      case InputKind::kCategory:
      case InputKind::kText:
        RETURN_IF_ERROR(encode_category(column, i, out.data() + i));
        break;
      case InputKind::kHash:
        RETURN_IF_ERROR(encode_hash(column, i, out.data() + i));
        break;
    }
  }
  return {};
}

Result<void> Encoder::encode_hash(const Column& column, std::size_t input, double* out) const {
  const std::size_t width = inputs_.size();
  hash_column(column, out, width);
  for (std::int64_t row = 0; row < column.length(); ++row) {
    // NaN: a dictionary's entry that is null itself.
    if (!column.is_null(row) && !std::isnan(out[static_cast<std::size_t>(row) * width])) continue;
    return Error(Code::kInvalidArgument, "plan.null_category",
                 fmt::format("column '{}' is null in row {}: the model knows its categories by "
                             "their text only; send the text that stood for missing in training",
                             inputs_[input].name, row));
  }
  return {};
}

std::vector<std::vector<std::string_view>> Encoder::texts(const frame::Frame& frame,
                                                          const Binding& binding) const {
  std::vector<std::vector<std::string_view>> texts;
  if (!has_texts_) return texts;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].kind != InputKind::kText) continue;
    texts.resize(inputs_.size());
    const Column& column = frame.column(binding.columns[i]);
    for (std::int64_t row = 0; row < column.length(); ++row) {
      std::string_view text;
      if (!column.is_null(row)) text = column.text_at(row);
      // An empty text has data, too.
      if (!column.is_null(row) && text.data() == nullptr) text = "";
      texts[i].push_back(text);
    }
  }
  return texts;
}

Result<void> Encoder::encode_category(const Column& column, std::size_t input, double* out) const {
  const Codes& codes = codes_[input];
  const std::size_t width = inputs_.size();
  const double unseen = inputs_[input].unseen_is_missing ? kMissing : -1;
  std::string key;  // reused: the map is asked by std::string
  const auto code_of = [&](std::string_view text) {
    key.assign(text);
    const auto at = codes.find(key);
    return at == codes.end() ? unseen : at->second;
  };
  if (inputs_[input].category_type == CategoryType::kText) {
    encode_text(column, out, width, code_of);
    return {};
  }
  RETURN_IF_ERROR(frame::read_numbers(column, out, width));
  for (std::int64_t row = 0; row < column.length(); ++row) {
    double& value = out[static_cast<std::size_t>(row) * width];
    if (column.is_null(row)) continue;
    if (inputs_[input].category_type == CategoryType::kBool) {
      value = code_of(value != 0 ? "true" : "false");
    } else {
      value = code_of(number_text(value));
    }
  }
  return {};
}

}  // namespace slipway::plan
