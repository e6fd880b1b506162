// The metrics of Triton that dashboards expect, by its names and labels, made of each version's statistics when
// they are asked for (`--metrics-compat`).
//
//   for (const MetricFamily& family : triton_metrics(catalogue, on_demand, has_cache)) ...
//
// Pure function of the catalogue; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/metrics.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/on_demand.h"

namespace slipway::deploy::realtime {

// `on_demand` may be null. Without a response cache its names are left out, as Triton does.
std::vector<MetricFamily> triton_metrics(const Catalogue& catalogue, const OnDemand* on_demand,
                                         bool has_cache);

}  // namespace slipway::deploy::realtime
