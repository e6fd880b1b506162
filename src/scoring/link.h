// Link functions: raw scores to values or probabilities, by base/math, so that every CPU gives the
// same bits. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/model.h"
#include "scoring/engine/engine.h"

namespace slipway::scoring {

// out: in.rows * in.width values, row-major.
void apply_link(const model::Link& link, Rows in, double* out);

}  // namespace slipway::scoring
