// Numbers and texts as pickles write them, from the decimal lines of protocol 0 to the two's
// complement of LONG4.
//
//   ASSIGN_OR_RETURN(const Integer number, decimal_integer("-12L", offset));
//   number.digits.empty() ? number.small : ...
//
// Errors: kDataLoss "model.pickle.number" or "model.pickle.text" with the byte. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::model::pickle {

struct Integer {
  std::int64_t small = 0;
  std::string digits;  // instead of `small`, beyond int64: "-123..."
};

// Conversion takes quadratic time. The largest integers that estimators hold are the 128 bits of a
// random generator's state.
inline constexpr std::size_t kMostDigits = 617;
inline constexpr std::size_t kMostIntegerBytes = 256;

// "12", "-12", "12L".
Result<Integer> decimal_integer(std::string_view line, std::size_t offset);
// Little-endian two's complement; no bytes are zero.
Result<Integer> binary_integer(std::string_view bytes, std::size_t offset);

// The repr of a Python 2 str, with its quotes: 'a\n\x00'.
Result<std::string> unescape_quoted(std::string_view line, std::size_t offset);
// raw-unicode-escape: \uXXXX and \UXXXXXXXX; every other byte is a Latin-1 character.
Result<std::string> unescape_unicode(std::string_view line, std::size_t offset);

bool is_ascii(std::string_view text);
// A character above U+00FF is an error.
Result<std::string> utf8_to_latin1(std::string_view text, std::size_t offset);

}  // namespace slipway::model::pickle
