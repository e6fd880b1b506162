// SPDX-License-Identifier: Apache-2.0
#include "data/text_types.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"

namespace slipway::data {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view without_minus(std::string_view text) {
  return text.starts_with('-') ? text.substr(1) : text;
}

bool reads_as_bool(std::string_view text) {
  constexpr auto same = [](char a, char b) { return (a | 0x20) == b; };
  constexpr std::string_view kTrue = "true", kFalse = "false";
  return std::equal(text.begin(), text.end(), kTrue.begin(), kTrue.end(), same) ||
         std::equal(text.begin(), text.end(), kFalse.begin(), kFalse.end(), same);
}

bool has_leading_zero(std::string_view digits) {
  return digits.size() > 1 && digits[0] == '0' && is_digit(digits[1]);
}

bool reads_as_int(std::string_view text) {
  const std::string_view digits = without_minus(text);
  return all_digits(digits) && !has_leading_zero(digits) && text != "-0" &&
         parse_int64(text).has_value();
}

bool reads_as_float(std::string_view text) {
  constexpr std::size_t kExactDigits = 15;
  const std::string_view digits = without_minus(text);
  if (digits.starts_with('+') || has_leading_zero(digits)) return false;
  if (all_digits(digits) && digits.size() > kExactDigits) return false;
  return parse_double(text).has_value();
}

// Takes `count` digits off the front; false if they are not there or not in [least, most].
bool take_number(std::string_view* text, std::size_t count, int least, int most) {
  if (text->size() < count || !all_digits(text->substr(0, count))) return false;
  int value = 0;
  for (const char c : text->substr(0, count)) value = value * 10 + (c - '0');
  text->remove_prefix(count);
  return value >= least && value <= most;
}

bool take(std::string_view* text, std::string_view any_of) {
  if (text->empty() || any_of.find(text->front()) == any_of.npos) return false;
  text->remove_prefix(1);
  return true;
}

bool take_date(std::string_view* text) {
  return take_number(text, 4, 0, 9999) && take(text, "-") && take_number(text, 2, 1, 12) &&
         take(text, "-") && take_number(text, 2, 1, 31);
}

bool take_fraction(std::string_view* text) {
  constexpr std::size_t kMicroseconds = 6;
  const auto end = std::find_if_not(text->begin(), text->end(), is_digit);
  const auto digits = static_cast<std::size_t>(end - text->begin());
  text->remove_prefix(digits);
  return digits >= 1 && digits <= kMicroseconds;
}

bool take_time(std::string_view* text) {
  if (!take_number(text, 2, 0, 24) || !take(text, ":") || !take_number(text, 2, 0, 59)) {
    return false;
  }
  if (take(text, ":") && !take_number(text, 2, 0, 60)) return false;
  return !take(text, ".") || take_fraction(text);
}

bool take_offset(std::string_view* text) {
  if (text->empty() || take(text, "Z")) return true;
  if (!take(text, "+-") || !take_number(text, 2, 0, 15)) return false;
  return text->empty() ||
         (take(text, ":") ? take_number(text, 2, 0, 59) : take_number(text, 2, 0, 59));
}

bool reads_as_date(std::string_view text) { return take_date(&text) && text.empty(); }

bool reads_as_timestamp(std::string_view text) {
  if (!take_date(&text)) return false;
  if (text.empty()) return true;
  return take(&text, " T") && take_time(&text) && take_offset(&text) && text.empty();
}

}  // namespace

void TypeGuess::observe(std::string_view cell) {
  any_ = true;
  const std::string_view text = trim(cell);
  is_bool_ = is_bool_ && reads_as_bool(text);
  is_int_ = is_int_ && reads_as_int(text);
  is_float_ = is_float_ && reads_as_float(text);
  is_date_ = is_date_ && reads_as_date(text);
  is_timestamp_ = is_timestamp_ && reads_as_timestamp(text);
}

frame::Type TypeGuess::type() const {
  using frame::TypeId;
  if (!any_) return frame::Type::of(TypeId::kString);
  if (is_bool_) return frame::Type::of(TypeId::kBool);
  if (is_int_) return frame::Type::of(TypeId::kInt64);
  if (is_float_) return frame::Type::of(TypeId::kFloat64);
  if (is_date_) return frame::Type::of(TypeId::kDate);
  if (is_timestamp_) return frame::Type::of(TypeId::kTimestamp);
  return frame::Type::of(TypeId::kString);
}

}  // namespace slipway::data
