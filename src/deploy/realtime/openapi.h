// What is served as an OpenAPI 3.1 document, with a working example for each model; for people: docs_page.h.
//
//   write_openapi({.server = "slipway", .version = "0.1.0", .url = url}, endpoints, &response.body);
//
// Pure but for following the catalogue; for the endpoints' own thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/home_page.h"

namespace slipway::deploy::realtime {

void write_openapi(const HomePage& page, Endpoints& endpoints, std::string* out);

}  // namespace slipway::deploy::realtime
