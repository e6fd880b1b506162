// Sorts many doubles faster than comparing them: a radix sort on their upper bits, then comparisons where these are equal.
//
//   sort_numbers(values);                 // ascending; no NaN among them
//
// Stable in the sense that matters: -0.0 comes before 0.0. Pure; safe from any thread. Takes as much memory again while it runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace slipway::evaluation {

void sort_numbers(std::vector<double>& values);

}  // namespace slipway::evaluation
