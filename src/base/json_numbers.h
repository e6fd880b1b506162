// The numbers of a flat JSON array in one pass over the text: what requests mostly consist of, at a third of what a
// document of all of it takes.
//
//   std::vector<double> values;
//   const char* after = read_json_numbers(at, end, &values);   // at: behind the '['
//   if (after == nullptr) ...            // something else may stand there: JsonParser knows, and tells what is wrong
//   use(values); read on from `after`, behind the ']'
//
// Appends what JsonView::read_doubles would give of the same array, to the bit (null: NaN). Gives up at whatever is not
// a number, null, blank or comma, at NaN and Infinity, at integers of more than 18 digits, at numbers out of range and at an empty
// array; `values` may then hold some already. The text from `at` to `end` must end with a '}' or ']', or nothing is read.
// Pure function; safe from any thread.
//
// Decimals of up to 19 digits are products or quotients of whole numbers, which are exact or rounded here once, by the
// remainder (Clinger, "How to Read Floating Point Numbers Accurately", 1990, for the short ones); others are std::from_chars' work.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace slipway {

const char* read_json_numbers(const char* at, const char* end, std::vector<double>* values);

}  // namespace slipway
