// SPDX-License-Identifier: Apache-2.0
#include "evaluation/column_data.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "frame/numbers.h"

namespace slipway::evaluation {
namespace {

using frame::Column;
using frame::TypeId;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

void append_texts(const Column& column, Dictionary* dictionary, std::vector<std::int32_t>* out) {
  for (std::int64_t row = 0; row < column.length(); ++row) {
    out->push_back(column.is_null(row) ? kNoCategory : dictionary->code_of(column.text_at(row)));
  }
}

// Each entry is looked up once, and only if a row uses it: entries without rows are no categories of this sample.
void append_dictionary(const Column& column, Dictionary* dictionary,
                       std::vector<std::int32_t>* out) {
  constexpr std::int32_t kUnknown = -2;
  std::vector<std::int32_t> codes(static_cast<std::size_t>(column.dictionary().length()), kUnknown);
  for (std::int64_t row = 0; row < column.length(); ++row) {
    if (column.is_null(row) || column.dictionary().is_null(column.code_at(row))) {
      out->push_back(kNoCategory);
      continue;
    }
    std::int32_t& code = codes[static_cast<std::size_t>(column.code_at(row))];
    if (code == kUnknown) code = dictionary->code_of(column.text_at(row));
    out->push_back(code);
  }
}

void append_number_texts(const Column& column, Dictionary* dictionary,
                         std::vector<std::int32_t>* out) {
  std::vector<double> values;
  append_numbers(&column, column.length(), &values);
  std::unordered_map<std::uint64_t, std::int32_t> seen;  // printing a number costs more than this
  for (const double value : values) {
    if (std::isnan(value)) {
      out->push_back(kNoCategory);
      continue;
    }
    const auto [at, is_new] = seen.try_emplace(std::bit_cast<std::uint64_t>(value), kNoCategory);
    if (is_new) {
      const bool is_bool = column.type().id == TypeId::kBool;
      at->second = dictionary->code_of(is_bool ? (value != 0 ? "true" : "false")
                                               : std::string_view(number_text(value)));
    }
    out->push_back(at->second);
  }
}

}  // namespace

std::int32_t Dictionary::code_of(std::string_view text) {
  const auto at = codes_.find(text);
  if (at != codes_.end()) return at->second;
  const auto code = static_cast<std::int32_t>(texts_.size());
  texts_.emplace_back(text);
  codes_.emplace(texts_.back(), code);
  return code;
}

std::int32_t Dictionary::find(std::string_view text) const {
  const auto at = codes_.find(text);
  return at == codes_.end() ? kNoCategory : at->second;
}

void append_numbers(const Column* column, std::int64_t rows, std::vector<double>* out) {
  const std::size_t begin = out->size();
  out->resize(begin + static_cast<std::size_t>(rows), kMissing);
  if (column == nullptr) return;
  if (!frame::is_text(column->type().id)) {
    // Every type that is no text reads as numbers.
    static_cast<void>(frame::read_numbers(*column, std::span(*out).subspan(begin)).has_value());
    return;
  }
  for (std::int64_t row = 0; row < column->length(); ++row) {
    if (column->is_null(row)) continue;
    (*out)[begin + static_cast<std::size_t>(row)] =
        parse_double(column->text_at(row)).value_or(kMissing);
  }
}

void append_categories(const Column* column, std::int64_t rows, Dictionary* dictionary,
                       std::vector<std::int32_t>* out) {
  if (column == nullptr) {
    out->resize(out->size() + static_cast<std::size_t>(rows), kNoCategory);
  } else if (column->type().id == TypeId::kDictionary) {
    append_dictionary(*column, dictionary, out);
  } else if (frame::is_text(column->type().id)) {
    append_texts(*column, dictionary, out);
  } else {
    append_number_texts(*column, dictionary, out);
  }
}

}  // namespace slipway::evaluation
