// The page at `/`: what is served, and for each model a command that works as it stands.
//
// Pure but for following the catalogue; for the endpoints' own thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "deploy/realtime/endpoint.h"

namespace slipway::deploy::realtime {

struct HomePage {
  std::string_view server;
  std::string_view version;
  std::string_view url;  // as the caller reached us, without what follows the prefix of paths
};

// A model's name as a path has it.
std::string path_segment(std::string_view name);

void write_home_page(const HomePage& page, Endpoints& endpoints, std::string* out);

}  // namespace slipway::deploy::realtime
