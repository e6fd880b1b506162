// What `slipway doctor` asks a server, and the commands that it tells for each model: those that it has just sent itself.
//
//   const ServerReport report = ask_server({.url = "http://127.0.0.1:8080", .key = key});
//
// Works by the server's OpenAPI document, whose examples are requests that work. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/doctor_machine.h"
#include "base/result.h"

namespace slipway::app {

struct ServerAsked {
  std::string url;
  std::string key;      // empty: none
  std::string ca_file;  // empty: whom the system trusts
};

struct ModelReport {
  std::string name;
  Finding finding;  // whether it answers its example
  std::string curl, grpcurl;
};

struct ServerReport {
  std::vector<Finding> findings;
  std::vector<ModelReport> models;
};

Result<ServerReport> ask_server(const ServerAsked& asked);

}  // namespace slipway::app
