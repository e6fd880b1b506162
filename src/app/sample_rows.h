// Rows for a model of which no sample rows are given: drawn, always the same ones, from what the
// model itself looks at: thresholds and their neighbours, categories and one that it never saw, words
// of its vocabulary, missing values where it takes them.
//
//   ASSIGN_OR_RETURN(const frame::Frame rows, sample_rows(plan, 200));
//
// Rows that the model refuses are left out. Errors: kFailedPrecondition "app.sample" if it refuses
// all. Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "frame/frame.h"
#include "plan/plan.h"

namespace slipway::app {

Result<frame::Frame> sample_rows(const plan::Plan& plan, std::int64_t count);

}  // namespace slipway::app
