// A report in plain sentences, most important first: what a person should know before looking at any table.
//
//   "AUC fell from 0.755 to 0.720", "temp drifted most: PSI 0.84, its median went from 55 to 68"
//
// Pure function; safe from any thread. Names of columns and categories are in the sentences as they are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/report.h"

namespace slipway::evaluation {

// `report` is complete but for its findings; its features are sorted by PSI.
std::vector<std::string> sentences_of(const Report& report);

}  // namespace slipway::evaluation
