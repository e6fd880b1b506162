// A model version's statistics as Triton's statistics extension has them in JSON.
//
//   json.begin_array(); write_statistics(*served, &json); json.end_array();
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json_writer.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/on_demand.h"

namespace slipway::deploy::realtime {

void write_statistics(const Counted& version, JsonWriter* json);
void write_statistics(const Served& served, JsonWriter* json);

}  // namespace slipway::deploy::realtime
