// Numbers and names as text. Floats print shortest round-trip, so that a text form never changes a
// bit.
//
//   append_number(out, 0.1f);                      // "0.1"
//   ASSIGN_OR_RETURN(double x, parse_double("1e-3"));
//   nearest("carier", names)                       // "carrier", for "did you mean"
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway {

// Shortest text that reads back as the same value; "nan", "inf", "-inf"; integral values without
// ".0".
void append_number(std::string& out, double value);
void append_number(std::string& out, float value);
std::string number_text(double value);
std::string number_text(float value);

// The whole text must be a number as C's strtod reads it (so "nan", "inf", "1e-3" too), without
// spaces around it. Correctly rounded; a magnitude too large reads as infinity, one too small as
// zero or subnormal.
std::optional<double> parse_double(std::string_view text);
// Rounded once, from the decimal text to float.
std::optional<float> parse_float(std::string_view text);
std::optional<std::int64_t> parse_int64(std::string_view text);

std::string_view trim(std::string_view text);
// Pieces between separators; empty pieces are kept: "a,,b" has three. An empty text has none.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);

// The candidate with the smallest edit distance, if that is small enough to be a slip of the hand.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates);

// "1.5 GiB", "312 B"
std::string bytes_text(std::uint64_t bytes);
// "512", "64K", "1.5 GiB", "10MB" (K/M/G/T are powers of 1024)
std::optional<std::uint64_t> parse_bytes(std::string_view text);
// For an HTML text or an attribute in quotes; control characters become blanks.
std::string html_escaped(std::string_view text);
// 170618 -> "170,618"
std::string grouped(std::uint64_t number);

}  // namespace slipway
