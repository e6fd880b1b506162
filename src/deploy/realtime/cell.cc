// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>

#include "base/text.h"
#include "base/utf8.h"
#include "deploy/core/inline_files.h"

namespace slipway::deploy::realtime {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// pandas.read_csv's own list.
constexpr std::array<std::string_view, 19> kMissingTexts{
    "",     "#N/A", "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A",  "NA",       "NULL", "NaN",     "None",     "n/a",  "nan",  "null"};

std::optional<bool> bool_of(std::string_view text) {
  if (text == "True" || text == "TRUE" || text == "true") return true;
  if (text == "False" || text == "FALSE" || text == "false") return false;
  return std::nullopt;
}

bool put_number(JsonView value, Wire wire, double* out) {
  const auto number = value.as_double();
  const auto bit = value.as_bool();
  if (!number && !value.is_null() && (!bit || wire == Wire::kCategoryNumber)) return false;
  *out = number.value_or(bit ? static_cast<double>(*bit) : kMissing);
  return true;
}

bool put_base64(JsonView value, frame::StringBuilder* to) {
  const auto packed = value.find("b64").as_string();
  if (!packed || value.size() != 1) return false;
  const auto bytes = decode_base64(*packed);
  if (!bytes || valid_utf8_prefix(bytes.value()) != bytes.value().size()) return false;
  to->append(bytes.value());
  return true;
}

}  // namespace

bool put_json(JsonView value, const InputTable& inputs, std::size_t column, std::size_t row,
              RowBuilder* rows) {
  const Wire wire = inputs.columns()[column].wire;
  switch (wire) {
    case Wire::kNumber:
    case Wire::kCategoryNumber:
      return put_number(value, wire, &rows->numbers(column)[row]);
    case Wire::kCategoryText:
      if (const auto text = value.as_string()) return rows->text(column).append(*text), true;
      if (value.is_null()) return rows->text(column).append_null(), true;
      return put_base64(value, &rows->text(column));
    case Wire::kCategoryBool:
      if (const auto bit = value.as_bool()) return rows->bools(column).append(*bit), true;
      if (value.is_null()) return rows->bools(column).append_null(), true;
      return false;
  }
  return false;
}

bool put_csv(std::string_view text, const InputTable& inputs, std::size_t column, std::size_t row,
             RowBuilder* rows) {
  const bool missing =
      std::find(kMissingTexts.begin(), kMissingTexts.end(), text) != kMissingTexts.end();
  const auto bit = bool_of(text);
  switch (inputs.columns()[column].wire) {
    case Wire::kNumber:
    case Wire::kCategoryNumber: {
      const auto number = missing ? std::optional(kMissing) : parse_double(trim(text));
      if (!number && !bit) return false;
      rows->numbers(column)[row] = number ? *number : static_cast<double>(*bit);
      return true;
    }
    case Wire::kCategoryText:
      if (valid_utf8_prefix(text) != text.size()) return false;
      missing ? rows->text(column).append_null() : rows->text(column).append(text);
      return true;
    case Wire::kCategoryBool:
      if (!missing && !bit) return false;
      missing ? rows->bools(column).append_null() : rows->bools(column).append(*bit);
      return true;
  }
  return false;
}

Error bad_cell(std::string_view what, std::size_t row, const InputColumn& column,
               std::string_view found) {
  return Error(Code::kInvalidArgument, "realtime.value",
               fmt::format("{} {}, column '{}': {} expected, found {}", what, row, column.name,
                           wanted(column.wire), found));
}

}  // namespace slipway::deploy::realtime
