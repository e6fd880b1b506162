// Requests of Api whose answers are kept (response_cache.h).
// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/api_parts.h"

namespace slipway::deploy::realtime {

Result<frame::Frame> Api::score_cached(const Endpoint& endpoint, const frame::Frame& rows, bool raw,
                                       Scratch& scratch) const {
  using Cache = Execution::Cache;
  scratch.looked = {};
  if (rows.rows() == 0) return endpoint.score(rows, {.raw = raw});
  const ResponseCache::Question question{endpoint.serial, raw, rows};
  const std::int64_t began_ns = parts_.clock.monotonic_ns();
  if (const frame::Frame* outputs = scratch.cache.find(question)) {
    scratch.looked = {Cache::kHit, parts_.clock.monotonic_ns() - began_ns};
    endpoint.cached->hits.add();
    return *outputs;
  }
  const std::int64_t looked_ns = parts_.clock.monotonic_ns();
  ASSIGN_OR_RETURN(frame::Frame outputs, endpoint.score(rows, {.raw = raw}));
  const std::int64_t scored_ns = parts_.clock.monotonic_ns();
  scratch.cache.keep(question, outputs);
  scratch.looked = {Cache::kMiss, parts_.clock.monotonic_ns() - scored_ns + looked_ns - began_ns};
  endpoint.cached->misses.add();
  return outputs;
}

}  // namespace slipway::deploy::realtime
