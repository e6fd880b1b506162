// A fitted estimator out of a pickle: its class and its attributes, with errors that say which step
// of the pipeline lacks what.
//
//   ASSIGN_OR_RETURN(const Matrix mean, scaler.vector("mean_"));
//   if (scaler.flag("with_std", true)) ...
//
// A view: the pickle's document outlives it. Errors: kInvalidArgument "model.sklearn.attribute".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/import/pickle/value.h"

namespace slipway::model::sklearn {

// Row-major.
struct Matrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values;

  double at(std::size_t row, std::size_t column) const { return values[row * columns + column]; }
  std::vector<double> row(std::size_t row) const {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * columns);
    return {first, first + static_cast<std::ptrdiff_t>(columns)};
  }
};

Matrix transposed(const Matrix& matrix);

// A scalar of a model: a category, a class, a value that means missing.
struct Scalar {
  enum class Kind : std::uint8_t { kMissing, kNumber, kText, kBool } kind = Kind::kMissing;
  double number = 0;
  std::string text;  // how it prints: a class's name, a category
};

// Any Python or numpy number, text, bool, None or NaN; nullopt-like error for anything else.
Result<Scalar> scalar_of(const pickle::Value& value);

// Numbers of an array, list or tuple; of a numpy array in C order. Of three dimensions the last two
// become one.
Result<Matrix> matrix_of(const pickle::Value& value);
// Elements of an array, list or tuple of scalars.
Result<std::vector<Scalar>> scalars_of(const pickle::Value& value);

struct NamedEstimator;

class Estimator {
 public:
  // path: where it stands, "step 'prep' > 'num'"; empty for the root.
  Estimator(const pickle::Value& value, std::string path)
      : value_(&value), path_(std::move(path)) {}

  const pickle::Value& value() const { return *value_; }
  std::string_view full_name() const;  // "sklearn.preprocessing._data.StandardScaler"
  std::string_view name() const;       // "StandardScaler"
  const std::string& path() const { return path_; }
  std::string where() const;  // "step 'prep' (StandardScaler)"

  Error error(const char* reason, std::string_view what) const;

  const pickle::Value* find(std::string_view attribute) const {
    return value_->attribute(attribute);
  }
  bool has(std::string_view attribute) const;  // there, and not None
  Result<const pickle::Value*> require(std::string_view attribute) const;

  Result<Matrix> matrix(std::string_view attribute) const;               // 1-d: one row
  Result<std::vector<double>> vector(std::string_view attribute) const;  // any shape, flat
  Result<std::vector<double>> vector(std::string_view attribute, std::size_t size) const;
  Result<std::vector<Scalar>> scalars(std::string_view attribute) const;
  Result<double> number(std::string_view attribute) const;
  double number(std::string_view attribute, double otherwise) const;
  Result<std::int64_t> integer(std::string_view attribute) const;
  bool flag(std::string_view attribute, bool otherwise) const;
  std::string text(std::string_view attribute, std::string_view otherwise) const;
  Result<Estimator> child(std::string_view attribute) const;
  // A list, tuple or object array of estimators, flat.
  Result<std::vector<Estimator>> children(std::string_view attribute) const;
  // A list of (name, estimator, ...) tuples; an entry's extra items stay with the caller.
  Result<std::vector<NamedEstimator>> named(std::string_view attribute) const;

 private:
  const pickle::Value* value_;
  std::string path_;
};

struct NamedEstimator {
  std::string name;
  Estimator estimator;
  const pickle::Value* tuple = nullptr;
};

}  // namespace slipway::model::sklearn
