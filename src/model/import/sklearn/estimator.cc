// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/estimator.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/text.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::NdArray;
using pickle::Value;

Error unlike(const Value& value, std::string_view expected) {
  return Error(Code::kInvalidArgument, "model.sklearn.attribute",
               fmt::format("is {}, {} expected", describe(value), expected));
}

template <typename T>
T load(const char* at, bool swap) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if (!swap || sizeof(T) == 1) return value;
  char bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = at[sizeof(T) - 1 - i];
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

double half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  double size = exponent == 0    ? std::ldexp(mantissa, -24)
                : exponent == 31 ? (mantissa == 0 ? std::numeric_limits<double>::infinity()
                                                  : std::numeric_limits<double>::quiet_NaN())
                                 : std::ldexp(1024 + mantissa, exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

bool is_number(const NdArray& array) {
  switch (array.kind) {
    case 'f':
      return array.item_size == 2 || array.item_size == 4 || array.item_size == 8;
    case 'i':
    case 'u':
      return array.item_size == 1 || array.item_size == 2 || array.item_size == 4 ||
             array.item_size == 8;
    case 'b':
      return array.item_size == 1;
    default:
      return false;
  }
}

// Precondition: is_number.
double number_at(const NdArray& array, std::size_t index) {
  const char* at = array.bytes.data() + index * array.item_size;
  const bool swap = array.big_endian;
  if (array.kind == 'b') return *at != 0 ? 1 : 0;
  switch (array.item_size) {
    case 1:
      return array.kind == 'i' ? load<std::int8_t>(at, swap) : load<std::uint8_t>(at, swap);
    case 2:
      if (array.kind == 'f') return half(load<std::uint16_t>(at, swap));
      return array.kind == 'i' ? load<std::int16_t>(at, swap) : load<std::uint16_t>(at, swap);
    case 4:
      if (array.kind == 'f') return load<float>(at, swap);
      return array.kind == 'i' ? load<std::int32_t>(at, swap) : load<std::uint32_t>(at, swap);
    default:
      if (array.kind == 'f') return load<double>(at, swap);
      return array.kind == 'i' ? static_cast<double>(load<std::int64_t>(at, swap))
                               : static_cast<double>(load<std::uint64_t>(at, swap));
  }
}

void append_utf8(std::uint32_t code, std::string* out) {
  if (code < 0x80) {
    *out += static_cast<char>(code);
  } else if (code < 0x800) {
    *out += static_cast<char>(0xC0 | (code >> 6));
    *out += static_cast<char>(0x80 | (code & 63));
  } else if (code < 0x10000) {
    *out += static_cast<char>(0xE0 | (code >> 12));
    *out += static_cast<char>(0x80 | ((code >> 6) & 63));
    *out += static_cast<char>(0x80 | (code & 63));
  } else {
    *out += static_cast<char>(0xF0 | ((code >> 18) & 7));
    *out += static_cast<char>(0x80 | ((code >> 12) & 63));
    *out += static_cast<char>(0x80 | ((code >> 6) & 63));
    *out += static_cast<char>(0x80 | (code & 63));
  }
}

// numpy pads its texts with zeros.
std::string text_at(const NdArray& array, std::size_t index) {
  const char* at = array.bytes.data() + index * array.item_size;
  std::string text;
  if (array.kind == 'S') {
    text.assign(at, array.item_size);
    text.resize(text.find_last_not_of('\0') + 1);
    return text;
  }
  std::size_t length = array.item_size / 4;
  while (length > 0 && load<std::uint32_t>(at + (length - 1) * 4, array.big_endian) == 0) --length;
  for (std::size_t i = 0; i < length; ++i)
    append_utf8(load<std::uint32_t>(at + i * 4, array.big_endian), &text);
  return text;
}

Scalar number_scalar(double value, bool is_bool, bool is_integer) {
  if (std::isnan(value)) return {Scalar::Kind::kMissing, value, "nan"};
  if (is_bool) return {Scalar::Kind::kBool, value, value != 0 ? "True" : "False"};
  // A float that is whole prints as Python prints it: classes 1.0 and 1 are different names.
  std::string text = number_text(value);
  const bool whole = text.find_first_not_of("-0123456789") == text.npos;
  if (whole && !is_integer) text += ".0";
  return {Scalar::Kind::kNumber, value, std::move(text)};
}

Result<Scalar> scalar_at(const NdArray& array, std::size_t index) {
  if (array.kind == 'O') return scalar_of(*array.objects[index]);
  if (array.kind == 'U' || array.kind == 'S')
    return Scalar{Scalar::Kind::kText, 0, text_at(array, index)};
  if (!is_number(array))
    return Error(Code::kInvalidArgument, "model.sklearn.attribute",
                 fmt::format("holds numpy items of kind '{}'", array.kind));
  return number_scalar(number_at(array, index), array.kind == 'b', array.kind != 'f');
}

}  // namespace

Matrix transposed(const Matrix& matrix) {
  Matrix out{matrix.columns, matrix.rows, std::vector<double>(matrix.values.size())};
  for (std::size_t r = 0; r < matrix.rows; ++r) {
    for (std::size_t c = 0; c < matrix.columns; ++c)
      out.values[c * matrix.rows + r] = matrix.at(r, c);
  }
  return out;
}

Result<Scalar> scalar_of(const Value& value) {
  switch (value.kind) {
    case Kind::kNone:
      return Scalar{Scalar::Kind::kMissing, 0, "None"};
    case Kind::kBool:
      return number_scalar(static_cast<double>(value.integer), true, false);
    case Kind::kInt:
      return number_scalar(static_cast<double>(value.integer), false, true);
    case Kind::kFloat:
      return number_scalar(value.number, false, false);
    case Kind::kText:
      return Scalar{Scalar::Kind::kText, 0, std::string(value.text)};
    case Kind::kArray:
      if (value.array->count() == 1) return scalar_at(*value.array, 0);
      return unlike(value, "a single value");
    case Kind::kName:
    case Kind::kObject:
      if (value.text.ends_with("NAType") || value.text.ends_with("missing.NA")) return Scalar{};
      return unlike(value, "a number or a text");
    default:
      return unlike(value, "a number or a text");
  }
}

Result<std::vector<Scalar>> scalars_of(const Value& value) {
  std::vector<Scalar> out;
  if (value.kind == Kind::kArray) {
    if (value.array->fortran_order) return unlike(value, "values in C order");
    for (std::size_t i = 0; i < value.array->count(); ++i) {
      ASSIGN_OR_RETURN(out.emplace_back(), scalar_at(*value.array, i));
    }
    return out;
  }
  if (value.kind != Kind::kList && value.kind != Kind::kTuple) return unlike(value, "a list");
  for (const Value* item : value.items) {
    ASSIGN_OR_RETURN(out.emplace_back(), scalar_of(*item));
  }
  return out;
}

Result<Matrix> matrix_of(const Value& value) {
  if (value.kind != Kind::kArray) {
    ASSIGN_OR_RETURN(const auto scalars,
                     value.kind == Kind::kList || value.kind == Kind::kTuple
                         ? scalars_of(value)
                         : Result<std::vector<Scalar>>(unlike(value, "numbers")));
    Matrix out{1, scalars.size(), {}};
    for (const Scalar& scalar : scalars) {
      if (scalar.kind == Scalar::Kind::kText) return unlike(value, "numbers");
      out.values.push_back(scalar.kind == Scalar::Kind::kMissing
                               ? std::numeric_limits<double>::quiet_NaN()
                               : scalar.number);
    }
    return out;
  }
  const NdArray& array = *value.array;
  const std::size_t dimensions = array.shape.size();
  if (dimensions > 3 || (dimensions == 3 && array.fortran_order) ||
      !(is_number(array) || array.kind == 'O'))
    return unlike(value, "a matrix of numbers");
  const std::size_t count = array.count();
  Matrix out;
  out.rows = dimensions >= 2 ? array.shape[0] : 1;
  out.columns = out.rows == 0 ? array.shape[1] : count / out.rows;
  out.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (array.kind == 'O') {
      ASSIGN_OR_RETURN(const Scalar scalar, scalar_of(*array.objects[i]));
      if (scalar.kind == Scalar::Kind::kText) return unlike(value, "a matrix of numbers");
      out.values[i] = scalar.kind == Scalar::Kind::kMissing
                          ? std::numeric_limits<double>::quiet_NaN()
                          : scalar.number;
      continue;
    }
    const std::size_t at = array.fortran_order ? (i % out.rows) * out.columns + i / out.rows : i;
    out.values[at] = number_at(array, i);
  }
  return out;
}

std::string_view Estimator::full_name() const { return value_->text; }

std::string_view Estimator::name() const {
  const std::string_view full = value_->text;
  return full.substr(full.rfind('.') + 1);
}

std::string Estimator::where() const {
  return path_.empty() ? std::string(name()) : fmt::format("{} ({})", path_, name());
}

Error Estimator::error(const char* reason, std::string_view what) const {
  return Error(Code::kInvalidArgument, reason, fmt::format("{}: {}", where(), what));
}

bool Estimator::has(std::string_view attribute) const {
  const Value* value = find(attribute);
  return value != nullptr && value->kind != Kind::kNone;
}

Result<const Value*> Estimator::require(std::string_view attribute) const {
  if (const Value* value = find(attribute)) return value;
  return error(
      "model.sklearn.attribute",
      fmt::format("attribute '{}' is missing: was it fitted before it was saved?", attribute));
}

namespace {
template <typename T>
Result<T> named_error(Result<T> result, const Estimator& estimator, std::string_view attribute) {
  if (result) return result;
  return estimator.error("model.sklearn.attribute",
                         fmt::format("attribute '{}' {}", attribute, result.error().message()));
}
}  // namespace

Result<Matrix> Estimator::matrix(std::string_view attribute) const {
  ASSIGN_OR_RETURN(const Value* value, require(attribute));
  return named_error(matrix_of(*value), *this, attribute);
}

Result<std::vector<double>> Estimator::vector(std::string_view attribute) const {
  ASSIGN_OR_RETURN(const Value* value, require(attribute));
  const bool many =
      value->kind == Kind::kArray || value->kind == Kind::kList || value->kind == Kind::kTuple;
  if (many) {
    ASSIGN_OR_RETURN(Matrix matrix, named_error(matrix_of(*value), *this, attribute));
    return std::move(matrix.values);
  }
  ASSIGN_OR_RETURN(const double one, number(attribute));
  return std::vector<double>{one};
}

Result<std::vector<double>> Estimator::vector(std::string_view attribute, std::size_t size) const {
  ASSIGN_OR_RETURN(auto values, vector(attribute));
  if (values.size() == size) return values;
  return error("model.sklearn.attribute", fmt::format("attribute '{}' has {} values, {} expected",
                                                      attribute, values.size(), size));
}

Result<std::vector<Scalar>> Estimator::scalars(std::string_view attribute) const {
  ASSIGN_OR_RETURN(const Value* value, require(attribute));
  const bool many =
      value->kind == Kind::kArray || value->kind == Kind::kList || value->kind == Kind::kTuple;
  if (many) return named_error(scalars_of(*value), *this, attribute);
  ASSIGN_OR_RETURN(Scalar one, named_error(scalar_of(*value), *this, attribute));
  return std::vector<Scalar>{std::move(one)};
}

Result<double> Estimator::number(std::string_view attribute) const {
  ASSIGN_OR_RETURN(const Value* value, require(attribute));
  ASSIGN_OR_RETURN(const Scalar scalar, named_error(scalar_of(*value), *this, attribute));
  if (scalar.kind == Scalar::Kind::kText)
    return error("model.sklearn.attribute",
                 fmt::format("attribute '{}' is '{}', a number expected", attribute, scalar.text));
  return scalar.kind == Scalar::Kind::kMissing ? std::numeric_limits<double>::quiet_NaN()
                                               : scalar.number;
}

double Estimator::number(std::string_view attribute, double otherwise) const {
  if (!has(attribute)) return otherwise;
  const auto value = number(attribute);
  return value ? value.value() : otherwise;
}

Result<std::int64_t> Estimator::integer(std::string_view attribute) const {
  ASSIGN_OR_RETURN(const double value, number(attribute));
  if (std::abs(value) < 0x1p53 && value == std::floor(value))
    return static_cast<std::int64_t>(value);
  return error("model.sklearn.attribute", fmt::format("attribute '{}' is {}, an integer expected",
                                                      attribute, number_text(value)));
}

bool Estimator::flag(std::string_view attribute, bool otherwise) const {
  return number(attribute, otherwise ? 1 : 0) != 0;
}

std::string Estimator::text(std::string_view attribute, std::string_view otherwise) const {
  const Value* value = find(attribute);
  if (value == nullptr) return std::string(otherwise);
  const auto scalar = scalar_of(*value);
  return scalar && scalar.value().kind == Scalar::Kind::kText ? scalar.value().text
                                                              : std::string(otherwise);
}

Result<Estimator> Estimator::child(std::string_view attribute) const {
  ASSIGN_OR_RETURN(const Value* value, require(attribute));
  if (value->kind == Kind::kObject || value->kind == Kind::kText)
    return Estimator(
        *value, path_.empty() ? std::string(attribute) : fmt::format("{} > {}", path_, attribute));
  return error("model.sklearn.attribute", fmt::format("attribute '{}' is {}, an estimator expected",
                                                      attribute, describe(*value)));
}

Result<std::vector<Estimator>> Estimator::children(std::string_view attribute) const {
  ASSIGN_OR_RETURN(const Value* value, require(attribute));
  const bool array = value->kind == Kind::kArray && value->array->kind == 'O';
  if (!array && value->kind != Kind::kList && value->kind != Kind::kTuple)
    return error("model.sklearn.attribute",
                 fmt::format("attribute '{}' is {}, a list of estimators expected", attribute,
                             describe(*value)));
  std::vector<Estimator> out;
  for (const Value* item : array ? value->array->objects : value->items) {
    out.emplace_back(
        *item, fmt::format("{}{}{}[{}]", path_, path_.empty() ? "" : " > ", attribute, out.size()));
  }
  return out;
}

Result<std::vector<NamedEstimator>> Estimator::named(std::string_view attribute) const {
  ASSIGN_OR_RETURN(const Value* value, require(attribute));
  std::vector<NamedEstimator> out;
  if (value->kind != Kind::kList && value->kind != Kind::kTuple)
    return error("model.sklearn.attribute",
                 fmt::format("attribute '{}' is {}, a list of named estimators expected", attribute,
                             describe(*value)));
  for (const Value* item : value->items) {
    const bool pair = item->kind == Kind::kTuple || item->kind == Kind::kList;
    if (!pair || item->items.size() < 2 || item->items[0]->kind != Kind::kText)
      return error("model.sklearn.attribute",
                   fmt::format("attribute '{}' holds {}, a name and an estimator expected",
                               attribute, describe(*item)));
    const std::string name(item->items[0]->text);
    out.push_back({name,
                   Estimator(*item->items[1],
                             fmt::format("{}{}'{}'", path_, path_.empty() ? "step " : " > ", name)),
                   item});
  }
  return out;
}

}  // namespace slipway::model::sklearn
