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
#include "deploy/realtime/request_body.h"

namespace slipway::deploy::realtime {

Result<JsonView> parse_json(const RequestBody& body, JsonParser* parser);
// An error about the request's content, with a request that works.
Error explained(Error error, std::string_view path, const std::string& example);

struct Api::Scratch {
  Scratch(const Parts& parts, const Admission& admission, bool of_reactor)
      : is_reactors(of_reactor),
        parser({.max_bytes = parts.body_bytes_max, .nan_and_infinity = true}),
        endpoints(parts.catalogue, {admission, parts.registry, parts.batching}),
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
  Batcher batcher;
  std::string unpacked;
  // Of the request that is being answered.
  std::int64_t arrived_ns = 0, began_ns = 0, ended_ns = 0;
};

}  // namespace slipway::deploy::realtime
