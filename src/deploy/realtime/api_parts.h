// What the .cc files of Api share, and nobody else includes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "deploy/realtime/api.h"
#include "deploy/realtime/http_error.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/reply.h"
#include "deploy/realtime/request_body.h"
#include "deploy/realtime/response_cache.h"

namespace slipway::deploy::realtime {

Result<JsonView> parse_json(const RequestBody& body, JsonParser* parser);
// An error about the request's content, with a request that works.
Error explained(Error error, std::string_view path, const std::string& example);
Error too_late(std::int64_t waited_ns);
// REST's answer of an infer request.
Result<void> write_reply(const Endpoint& endpoint, const InferReply& wanted,
                         const frame::Frame& scores, net::HttpResponse* response);

struct Api::Scratch {
  Scratch(const Parts& parts, const Admission& admission, bool of_reactor, std::uint64_t own_salt)
      : is_reactors(of_reactor),
        salt(own_salt),
        parser({.max_bytes = parts.body_bytes_max, .nan_and_infinity = true}),
        endpoints(parts.catalogue,
                  {admission, parts.registry, parts.batching, of_reactor && parts.cache_bytes > 0}),
        cache({.bytes_max = parts.cache_bytes / parts.reactors, .seed = own_salt}, parts.registry),
        batcher(parts.batching) {}

  bool is_shadow() const { return forced && forced->is_shadow; }

  const bool is_reactors;
  std::string missing;  // Api::take_missing
  net::HttpHeaders caller;
  std::optional<Forced> forced;
  // Of the route that the request came through; no target: of none.
  struct {
    std::string_view route;
    const RouteTarget* target = nullptr;
  } routed;
  const Route* shadows = nullptr;  // whose shadows are to get it too
  std::shared_ptr<const Routes::Snapshot> routes;
  std::uint64_t routes_generation = 0;
  std::uint64_t salt = 0, tickets = 0;  // of callers that are not known
  Call call;
  std::map<std::string, RouteSeries, std::less<>> series;
  std::string series_key;
  JsonParser parser;
  Endpoints endpoints;
  DecodeScratch decode;
  ResponseCache cache;  // nothing asks a holder's
  struct {
    Execution::Cache what = Execution::Cache::kOff;
    std::int64_t ns = 0;
  } looked;  // there for the request that is being answered, if its endpoint is cached
  Batcher batcher;
  std::string unpacked;
  // Of the request that is being answered.
  std::int64_t arrived_ns = 0, began_ns = 0, ended_ns = 0;
};

inline Result<frame::Frame> Api::score(const Endpoint& endpoint, const frame::Frame& rows, bool raw,
                                       Scratch& scratch) const {
  if (endpoint.cached) [[unlikely]]
    return score_cached(endpoint, rows, raw, scratch);
  return endpoint.score(rows, {.raw = raw});
}

}  // namespace slipway::deploy::realtime
