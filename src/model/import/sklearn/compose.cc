// What estimators are put together with: Pipeline, ColumnTransformer, FeatureUnion,
// FunctionTransformer, FrozenEstimator.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

bool is_word(const Estimator& e, std::string_view word) {
  return e.value().kind == Kind::kText && e.value().text == word;
}

bool passes(const Estimator& e) {
  return is_word(e, "passthrough") || e.value().kind == Kind::kNone;
}

std::string step_line(const std::string& name, const Estimator& e) {
  if (e.value().kind == Kind::kText) return fmt::format("{}: {}", name, e.value().text);
  if (e.value().kind == Kind::kNone) return fmt::format("{}: passthrough", name);
  return fmt::format("{}: {}", name, e.name());
}

Result<std::vector<NamedEstimator>> steps_of(const Estimator& e) {
  ASSIGN_OR_RETURN(auto steps, e.named("steps"));
  if (!steps.empty()) return steps;
  return e.error("model.sklearn.pipeline", "it has no steps");
}

Result<Table> through(const std::vector<NamedEstimator>& steps, std::size_t count, Table table,
                      Builder& b) {
  for (std::size_t i = 0; i < count; ++i) {
    b.step(step_line(steps[i].name, steps[i].estimator));
    if (passes(steps[i].estimator)) continue;
    const Builder::Level level(&b);
    ASSIGN_OR_RETURN(table, transform(steps[i].estimator, table, b));
  }
  return table;
}

Result<Table> pipeline_transform(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto steps, steps_of(e));
  return through(steps, steps.size(), in, b);
}

Result<Predicted> pipeline_predict(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto steps, steps_of(e));
  ASSIGN_OR_RETURN(const Table table, through(steps, steps.size() - 1, in, b));
  b.step(step_line(steps.back().name, steps.back().estimator));
  const Builder::Level level(&b);
  return predict(steps.back().estimator, table, b);
}

Result<Table> weighed(const Estimator& e, const std::string& name, Table table, Builder& b) {
  const Value* weights = e.find("transformer_weights");
  const Value* weight = weights == nullptr ? nullptr : weights->attribute(name);
  if (weight == nullptr) return table;
  ASSIGN_OR_RETURN(const Scalar scalar, scalar_of(*weight));
  RETURN_IF_ERROR(b.use_as_numbers(table, e));
  ASSIGN_OR_RETURN(const ValueId value, b.arith(table.value, Arith::kMul, {scalar.number}));
  return same_columns(value, table);
}

// Which columns a transformer takes: names, numbers, a mask or a slice, as the user gave them.
class ColumnChoice {
 public:
  ColumnChoice(const Estimator& e, const Table& in) : e_(e), in_(in) {}

  Result<std::vector<std::uint32_t>> of(const std::string& name, const Value& spec) const {
    // scikit-learn has resolved every kind of choice into this.
    const Value* resolved = e_.find("_transformer_to_input_indices");
    const Value* list = resolved == nullptr ? nullptr : resolved->attribute(name);
    if (list != nullptr) return from_list(*list);
    return from_list(spec);
  }

 private:
  Result<std::vector<std::uint32_t>> from_list(const Value& list) const {
    std::vector<std::uint32_t> out;
    if (list.kind == Kind::kText || list.kind == Kind::kInt) {
      ASSIGN_OR_RETURN(const Scalar one, scalar_of(list));
      ASSIGN_OR_RETURN(out.emplace_back(), from_scalar(one));
      return out;
    }
    auto scalars = scalars_of(list);
    if (!scalars)
      return e_.error(
          "model.sklearn.column",
          fmt::format("its choice of columns is {}, which is not read", describe(list)));
    for (std::size_t i = 0; i < scalars.value().size(); ++i) {
      const Scalar& scalar = scalars.value()[i];
      if (scalar.kind == Scalar::Kind::kBool) {
        if (scalar.number != 0) out.push_back(static_cast<std::uint32_t>(i));
        continue;
      }
      ASSIGN_OR_RETURN(out.emplace_back(), from_scalar(scalar));
    }
    return out;
  }

  Result<std::uint32_t> from_scalar(const Scalar& scalar) const {
    if (scalar.kind == Scalar::Kind::kNumber) {
      const double count = static_cast<double>(in_.width());
      const double at = scalar.number < 0 ? scalar.number + count : scalar.number;
      if (at >= 0 && at < count) return static_cast<std::uint32_t>(at);
    }
    for (std::size_t i = 0; i < in_.width(); ++i) {
      if (scalar.kind == Scalar::Kind::kText && in_.columns[i].name == scalar.text)
        return static_cast<std::uint32_t>(i);
    }
    return e_.error("model.sklearn.column",
                    fmt::format("it takes column '{}', which is not there", scalar.text));
  }

  const Estimator& e_;
  const Table& in_;
};

std::string names_of(const Table& table) {
  std::string names;
  for (std::size_t i = 0; i < table.width() && i < 8; ++i)
    names += (i == 0 ? "" : ", ") + table.columns[i].name;
  return table.width() > 8 ? fmt::format("{}, ... {} columns", names, table.width()) : names;
}

Result<Table> column_transformer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto transformers, e.named("transformers_"));
  const ColumnChoice choice(e, in);
  std::vector<Table> parts;
  for (const auto& [name, estimator, tuple] : transformers) {
    if (tuple->items.size() < 3)
      return e.error("model.sklearn.column", fmt::format("'{}' names no columns", name));
    if (is_word(estimator, "drop")) continue;
    ASSIGN_OR_RETURN(const auto columns, choice.of(name, *tuple->items[2]));
    if (columns.empty()) continue;
    ASSIGN_OR_RETURN(Table part, b.select(in, columns));
    b.step(step_line(name, estimator) + " <- " + names_of(part));
    const Builder::Level level(&b);
    if (!passes(estimator)) {
      ASSIGN_OR_RETURN(part, transform(estimator, part, b));
    }
    ASSIGN_OR_RETURN(part, weighed(e, name, std::move(part), b));
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return e.error("model.sklearn.column", "it gives no columns");
  return b.concat(parts);
}

Result<Table> feature_union(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto transformers, e.named("transformer_list"));
  std::vector<Table> parts;
  for (const auto& [name, estimator, tuple] : transformers) {
    if (is_word(estimator, "drop")) continue;
    b.step(step_line(name, estimator));
    const Builder::Level level(&b);
    Table part = in;
    if (!passes(estimator)) {
      ASSIGN_OR_RETURN(part, transform(estimator, in, b));
    }
    ASSIGN_OR_RETURN(part, weighed(e, name, std::move(part), b));
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return e.error("model.sklearn.column", "it gives no columns");
  return b.concat(parts);
}

// ---- functions by name ----

struct Ufunc {
  std::string_view name;
  MapKind kind;
  bool exact;
};
constexpr std::array kUfuncs{
    Ufunc{"log1p", MapKind::kLog1p, false},
    Ufunc{"expm1", MapKind::kExpm1, false},
    Ufunc{"log", MapKind::kLog, false},
    Ufunc{"exp", MapKind::kExp, false},
    Ufunc{"log2", MapKind::kLog2, false},
    Ufunc{"log10", MapKind::kLog10, false},
    Ufunc{"tanh", MapKind::kTanh, false},
    Ufunc{"cbrt", MapKind::kCbrt, false},
    Ufunc{"sqrt", MapKind::kSqrt, true},
    Ufunc{"square", MapKind::kSquare, true},
    Ufunc{"abs", MapKind::kAbs, true},
    Ufunc{"absolute", MapKind::kAbs, true},
    Ufunc{"fabs", MapKind::kAbs, true},
    Ufunc{"negative", MapKind::kNegate, true},
    Ufunc{"reciprocal", MapKind::kReciprocal, true},
    Ufunc{"sign", MapKind::kSign, true},
    Ufunc{"floor", MapKind::kFloor, true},
    Ufunc{"ceil", MapKind::kCeil, true},
    Ufunc{"rint", MapKind::kRint, true},
    Ufunc{"trunc", MapKind::kTruncate, true},
};

// "log1p" of numpy's ufunc, however it was pickled; empty for anything else.
std::string_view ufunc_name(const Value& function) {
  std::string_view full = function.text;
  if (function.kind == Kind::kObject && full.ends_with("_ufunc_reconstruct") &&
      function.items.size() == 2 && function.items[0]->text.starts_with("numpy"))
    return function.items[1]->text;
  if (function.kind != Kind::kName || !full.starts_with("numpy.")) return {};
  return full.substr(full.rfind('.') + 1);
}

}  // namespace

std::optional<MapKind> ufunc_of(const Value& function) {
  for (const Ufunc& ufunc : kUfuncs) {
    if (ufunc.name == ufunc_name(function)) return ufunc.kind;
  }
  return std::nullopt;
}

namespace {

Result<Table> function_transformer(const Estimator& e, const Table& in, Builder& b) {
  if (!e.has("func")) return in;
  ASSIGN_OR_RETURN(const Value* function, e.require("func"));
  const std::string_view name = ufunc_name(*function);
  for (const Ufunc& ufunc : kUfuncs) {
    if (ufunc.name != name || e.has("kw_args")) continue;
    RETURN_IF_ERROR(b.use_as_numbers(in, e));
    if (!ufunc.exact) b.bound(1e-12, 4, "numpy's elementary functions differ between CPUs");
    ASSIGN_OR_RETURN(const ValueId value, b.map(in.value, ufunc.kind));
    return same_columns(value, in);
  }
  return Error(
      Code::kUnimplemented, "model.sklearn.function",
      fmt::format("{} calls {} (byte {}): slipway never runs code from a file\n"
                  "  a) --start-at NEXT_STEP     callers send the columns that this step produces\n"
                  "  b) make it a numpy function by name, such as numpy.log1p\n"
                  "  c) export the model to ONNX",
                  e.where(), function->text.empty() ? describe(*function) : function->text,
                  function->offset));
}

// ---- wrappers that change nothing ----

Result<Table> frozen_transform(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator inner, e.child("estimator"));
  return transform(inner, in, b);
}
Result<Predicted> frozen_predict(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator inner, e.child("estimator"));
  return predict(inner, in, b);
}

Result<Table> search_transform(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator best, e.child("best_estimator_"));
  return transform(best, in, b);
}
Result<Predicted> search_predict(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator best, e.child("best_estimator_"));
  b.step(fmt::format("best_estimator_: {}", best.name()));
  const Builder::Level level(&b);
  return predict(best, in, b);
}

constexpr std::array kKnown{
    Known{"Pipeline", pipeline_transform, pipeline_predict},
    Known{"ColumnTransformer", column_transformer},
    Known{"FeatureUnion", feature_union},
    Known{"FunctionTransformer", function_transformer},
    Known{"FrozenEstimator", frozen_transform, frozen_predict},
    Known{"GridSearchCV", search_transform, search_predict},
    Known{"RandomizedSearchCV", search_transform, search_predict},
    Known{"HalvingGridSearchCV", search_transform, search_predict},
    Known{"HalvingRandomSearchCV", search_transform, search_predict},
};

}  // namespace

std::span<const Known> compose_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
