// What the .cc files of Api share, and nobody else includes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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
  Scratch(const Parts& parts, bool of_reactor)
      : is_reactors(of_reactor),
        parser({.max_bytes = parts.body_bytes_max, .nan_and_infinity = true}),
        endpoints(parts.catalogue, parts.registry) {}

  const bool is_reactors;
  std::string missing;  // Api::take_missing
  JsonParser parser;
  Endpoints endpoints;
  DecodeScratch decode;
  std::string unpacked;
  // Of the request that is being answered.
  std::int64_t began_ns = 0, ended_ns = 0;
};

}  // namespace slipway::deploy::realtime
