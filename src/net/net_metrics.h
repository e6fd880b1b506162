// What the server counts. Series are looked up once; counting is an add on the thread's own cell.
//
//   slipway_http_connections                     open now
//   slipway_http_connections_total               accepted
//   slipway_http_responses_total{code="200"}
//   slipway_http_limits_total{limit="body_bytes"}  a limit of net/options.h was hit
//
// Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "base/metrics.h"

namespace slipway::net {

class NetMetrics {
 public:
  // `registry` outlives this.
  explicit NetMetrics(MetricRegistry& registry);

  Gauge& connections;
  Counter& accepted;

  void count_response(int status) {
    if (status == 200) return ok_.add();
    // Refusals are many when there is least time for them.
    if (status == 429) return too_many_.add();
    if (status == 503) return unavailable_.add();
    count_other(status);
  }
  // `limit`: the name in net/options.h, without _max and _ms. Rare enough to be looked up.
  void count_limit(std::string_view limit);

 private:
  void count_other(int status);

  MetricRegistry& registry_;
  Counter& ok_;
  Counter& too_many_;
  Counter& unavailable_;
};

}  // namespace slipway::net
