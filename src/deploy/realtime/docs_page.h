// What is served as a page for people: each model's inputs and outputs, and commands that work.
//
//   write_docs_page({.server = "slipway", .version = "0.1.0", .url = url}, endpoints, &response.body);
//
// HTML without scripts. Pure but for following the catalogue; for the endpoints' own thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/home_page.h"

namespace slipway::deploy::realtime {

void write_docs_page(const HomePage& page, Endpoints& endpoints, std::string* out);

}  // namespace slipway::deploy::realtime
