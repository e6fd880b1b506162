// Guesses what a column of text holds, so that nothing is lost by reading it as that.
//
//   TypeGuess guess;
//   for (std::string_view cell : cells) guess.observe(cell);       // missing ones left out
//   frame::Type type = guess.type();
//
// In this order, where every cell agrees: bool (true, false in any case), int64 (no '+', no leading
// zeros: those are names such as post codes), float64 (whole ones of at most 15 digits: longer ones
// are names too), date (2013-07-01), timestamp (a date, or a date and a time of day to
// microseconds, with Z or an offset or without), else string. No cell: string. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "frame/type.h"

namespace slipway::data {

class TypeGuess {
 public:
  void observe(std::string_view cell);
  frame::Type type() const;

 private:
  bool any_ = false;
  bool is_bool_ = true;
  bool is_int_ = true;
  bool is_float_ = true;
  bool is_date_ = true;
  bool is_timestamp_ = true;
};

}  // namespace slipway::data
