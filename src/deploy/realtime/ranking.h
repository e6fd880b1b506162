// Ranking: one context (a user, a query), many candidates, the best of them back, best first.
//
//   POST /v1/models/{m}:rank
//   {"context": {"age": 31, "city": "Oslo"}, "candidates": [{"price": 3}, {"price": 9}], "top_k": 1}
//   {"ranking": [{"index": 1, "score": 0.83}]}
//
// Each of the model's columns is in the candidate or, for all of them, in the context. The score is what predict gives, or
// the probability of the second of two classes. Of equal scores the earlier candidate goes first; NaN last. Errors:
// kInvalidArgument "realtime.request", "realtime.missing_column", "realtime.value", "realtime.ranking". Not
// thread-safe: one scratch per thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/infer_request.h"

namespace slipway::deploy::realtime {

struct RankingRequest {
  const frame::Frame* rows;  // in the scratch, until its next request
  std::size_t top = 0;       // so many; 0: all
};

Result<RankingRequest> decode_ranking(JsonView root, const Endpoint& endpoint,
                                      DecodeScratch* scratch);
void write_ranking(const Endpoint& endpoint, const frame::Frame& scores, std::size_t top,
                   std::string* out);

}  // namespace slipway::deploy::realtime
