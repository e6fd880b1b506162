// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/sparse.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

constexpr double kMaxValues = 0x1p27;

// Row r holds entries [begin[r], begin[r + 1]).
struct Compressed {
  std::vector<double> shape, begin, columns, values;
};

Result<Matrix> spread(const Estimator& e, std::string_view attribute, const Compressed& from) {
  const auto broken = [&] {
    return e.error(
        "model.sklearn.attribute",
        fmt::format("attribute '{}' is a sparse matrix that contradicts itself", attribute));
  };
  if (from.shape.size() != 2 || !(from.shape[0] >= 0 && from.shape[1] >= 0)) return broken();
  if (!(from.shape[0] * from.shape[1] <= kMaxValues))
    return Error(Code::kUnimplemented, "model.sklearn.too_large",
                 fmt::format("{}: attribute '{}' is a sparse matrix of {} x {}, which would take "
                             "more than 1 GiB: reduce its columns before (TruncatedSVD, "
                             "SelectKBest), or use a linear model",
                             e.where(), attribute, from.shape[0], from.shape[1]));
  Matrix out{static_cast<std::size_t>(from.shape[0]), static_cast<std::size_t>(from.shape[1]), {}};
  out.values.resize(out.rows * out.columns);
  if (from.begin.size() != out.rows + 1 || from.columns.size() != from.values.size())
    return broken();
  double at = 0;
  for (std::size_t row = 0; row < out.rows; ++row) {
    if (from.begin[row] != at || !(from.begin[row + 1] >= at) ||
        !(from.begin[row + 1] <= static_cast<double>(from.values.size())))
      return broken();
    for (; at < from.begin[row + 1]; ++at) {
      const auto i = static_cast<std::size_t>(at);
      if (!(from.columns[i] >= 0 && from.columns[i] < from.shape[1])) return broken();
      out.values[row * out.columns + static_cast<std::size_t>(from.columns[i])] += from.values[i];
    }
  }
  return out;
}

}  // namespace

Result<Matrix> dense_or_sparse(const Estimator& e, std::string_view attribute) {
  ASSIGN_OR_RETURN(const Value* value, e.require(attribute));
  const bool compressed =
      value->kind == Kind::kObject && value->text.starts_with("scipy.sparse.") &&
      (value->text.ends_with("csr_matrix") || value->text.ends_with("csr_array"));
  if (!compressed) return e.matrix(attribute);
  ASSIGN_OR_RETURN(const Estimator inner, e.child(attribute));
  Compressed parts;
  ASSIGN_OR_RETURN(parts.shape, inner.vector("_shape"));
  ASSIGN_OR_RETURN(parts.begin, inner.vector("indptr"));
  ASSIGN_OR_RETURN(parts.columns, inner.vector("indices"));
  ASSIGN_OR_RETURN(parts.values, inner.vector("data"));
  return spread(e, attribute, parts);
}

}  // namespace slipway::model::sklearn
