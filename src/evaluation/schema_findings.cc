// SPDX-License-Identifier: Apache-2.0
#include "evaluation/schema_findings.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"

namespace slipway::evaluation {
namespace {

using frame::Schema;
using frame::Type;
using frame::TypeId;

// Widths of numbers and encodings of text differ between files that mean the same.
enum class Family : std::uint8_t { kNumber, kBool, kText, kBinary, kDate, kTimestamp };

Family family_of(TypeId id) {
  switch (id) {
    case TypeId::kBool:
      return Family::kBool;
    case TypeId::kString:
    case TypeId::kDictionary:
      return Family::kText;
    case TypeId::kBinary:
      return Family::kBinary;
    case TypeId::kDate:
      return Family::kDate;
    case TypeId::kTimestamp:
      return Family::kTimestamp;
    default:
      return Family::kNumber;
  }
}

bool is_constant(const FeatureReport& feature, const ColumnSummary& side) {
  if (feature.kind == FeatureKind::kCategory) return side.distinct == 1;
  return side.infinite == 0 && side.minimum && side.minimum == side.maximum;
}

std::string constant_of(const FeatureReport& feature) {
  if (feature.kind == FeatureKind::kNumber) return number_text(*feature.current.minimum);
  for (std::size_t bin = 0; bin < feature.histogram.current.size(); ++bin) {
    if (feature.histogram.current[bin] == 1) return "'" + feature.histogram.labels[bin] + "'";
  }
  return "one category";
}

std::optional<SchemaFinding> compare_values(const FeatureReport& feature) {
  const auto finding = [&](ColumnProblem problem, std::string detail) {
    return SchemaFinding{feature.name, problem, std::move(detail)};
  };
  const ColumnSummary &reference = feature.reference, &current = feature.current;
  if (current.rows > 0 && current.missing == current.rows) {
    return finding(ColumnProblem::kEmpty, "every current row is missing a value");
  }
  if (reference.rows > 0 && reference.missing == reference.rows) {
    return finding(ColumnProblem::kEmpty, "every reference row is missing a value");
  }
  if (is_constant(feature, current) && !is_constant(feature, reference)) {
    return finding(ColumnProblem::kConstant,
                   "always " + constant_of(feature) + ", the reference varies");
  }
  return std::nullopt;
}

std::optional<SchemaFinding> check_feature(const FeatureReport& feature, const Schema& reference,
                                           const Schema& current) {
  const auto was = reference.find(feature.name), is = current.find(feature.name);
  if (!is) {
    return SchemaFinding{feature.name, ColumnProblem::kMissing,
                         was ? "the current rows lack it" : "both samples lack it"};
  }
  const Type& type = current.fields()[*is].type;
  if (!was) return SchemaFinding{feature.name, ColumnProblem::kMissing, "the reference lacks it"};
  const Type& reference_type = reference.fields()[*was].type;
  if (family_of(type.id) != family_of(reference_type.id)) {
    return SchemaFinding{
        feature.name, ColumnProblem::kTypeChanged,
        fmt::format("{}, the reference has {}", name_of(type), name_of(reference_type))};
  }
  return compare_values(feature);
}

bool is_named(const std::string& column, const EvaluatorOptions& options) {
  if (column == options.prediction || column == options.label || column == options.target ||
      column == options.time) {
    return true;
  }
  for (const auto& feature : options.features) {
    if (feature.name == column) return true;
  }
  for (const auto& name : options.classes) {
    if (column == "p_" + name) return true;
  }
  return false;
}

}  // namespace

std::vector<SchemaFinding> find_schema_changes(const Schema& reference, const Schema& current,
                                               const std::vector<FeatureReport>& features,
                                               const EvaluatorOptions& options) {
  std::vector<SchemaFinding> out;
  for (const auto& feature : features) {
    if (auto finding = check_feature(feature, reference, current)) out.push_back(*finding);
  }
  for (const auto& field : current.fields()) {
    if (reference.find(field.name) || is_named(field.name, options)) continue;
    out.push_back(
        {field.name, ColumnProblem::kExtra, name_of(field.type) + ", the reference lacks it"});
  }
  return out;
}

}  // namespace slipway::evaluation
