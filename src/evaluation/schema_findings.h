// What changed in the columns themselves between reference and current rows.
// Pure function; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/evaluator.h"
#include "evaluation/report.h"

namespace slipway::evaluation {

// `features` are the reports of options.features, in any order. Features come first, in that order, then extra columns.
std::vector<SchemaFinding> find_schema_changes(const frame::Schema& reference,
                                               const frame::Schema& current,
                                               const std::vector<FeatureReport>& features,
                                               const EvaluatorOptions& options);

}  // namespace slipway::evaluation
