// SPDX-License-Identifier: Apache-2.0
#include "evaluation/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "base/text.h"

namespace slipway::evaluation {
namespace {

std::optional<std::string> as_number(std::string_view text) {
  const auto number = parse_double(text);
  if (!number || std::isnan(*number)) return std::nullopt;
  return number_text(*number);
}

// What else a class may be written as: the number it spells, and the other words for true and false.
std::vector<std::string> aliases_of(std::string_view text) {
  const std::string number = as_number(text).value_or(std::string(text));
  if (number == "1" || number == "true" || number == "True") return {"1", "true", "True"};
  if (number == "0" || number == "false" || number == "False") return {"0", "false", "False"};
  return {number};
}

Error unknown_class(const std::string& column, const std::string& found, const ClassNames& names) {
  constexpr std::size_t kListed = 20;
  const std::span<const std::string> all(names.texts());
  return Error(
      Code::kInvalidArgument, "evaluation.unknown_class",
      fmt::format("target column '{}' holds '{}', which is no class of the model: these are "
                  "{}{}; map the column's values to them, or name another target",
                  column, found, join(all.first(std::min(kListed, all.size())), ", "),
                  all.size() > kListed ? ", ..." : ""));
}

}  // namespace

ClassNames::ClassNames(std::vector<std::string> classes) : classes_(std::move(classes)) {
  for (std::size_t index = 0; index < classes_.size(); ++index) {
    own_.code_of(classes_[index]);
    for (const auto& alias : aliases_of(classes_[index])) {
      if (aliases_.find(alias) != kNoCategory) continue;
      aliases_.code_of(alias);
      class_of_alias_.push_back(static_cast<std::int32_t>(index));
    }
  }
}

std::int32_t ClassNames::index_of(std::string_view text) const {
  if (const auto own = own_.find(text); own != kNoCategory) return own;
  auto alias = aliases_.find(text);
  if (alias == kNoCategory) {
    if (const auto number = as_number(text)) alias = aliases_.find(*number);
  }
  return alias == kNoCategory ? kNoCategory : class_of_alias_[static_cast<std::size_t>(alias)];
}

Result<void> read_classes(const frame::Column& column, const std::string& name,
                          const ClassNames& names, bool strict, std::vector<std::int32_t>* out) {
  Dictionary found;
  std::vector<std::int32_t> codes;
  append_categories(&column, column.length(), &found, &codes);
  std::vector<std::int32_t> class_of;
  for (const auto& text : found.texts()) {
    class_of.push_back(names.index_of(text));
    if (strict && class_of.back() == kNoCategory) return unknown_class(name, text, names);
  }
  out->reserve(out->size() + codes.size());
  for (const auto code : codes) {
    out->push_back(code == kNoCategory ? kNoCategory : class_of[static_cast<std::size_t>(code)]);
  }
  return {};
}

Result<void> read_values(const frame::Column& column, const std::string& name,
                         std::vector<double>* out) {
  const bool is_text = frame::is_text(column.type().id);
  for (std::int64_t row = 0; is_text && row < column.length(); ++row) {
    if (column.is_null(row) || parse_double(column.text_at(row))) continue;
    return Error(Code::kInvalidArgument, "evaluation.target_type",
                 fmt::format("target column '{}' holds '{}', which is no number: a regression is "
                             "measured against numbers; name another target",
                             name, column.text_at(row)));
  }
  const std::size_t begin = out->size();
  append_numbers(&column, column.length(), out);
  for (std::size_t row = begin; row < out->size(); ++row) {
    if (!std::isfinite((*out)[row])) (*out)[row] = std::numeric_limits<double>::quiet_NaN();
  }
  return {};
}

}  // namespace slipway::evaluation
