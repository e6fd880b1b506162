// The routes of Open Inference Protocol's extensions that ask about models and change what is served: repository,
// configuration, statistics, logging and trace settings, shared memory.
//
//   ControlApi control({catalogue, model_control, find});
//   control.add_routes(&router);
//
// What is not built is refused, or says that it is off: shared memory cannot be registered, tracing cannot be
// switched on without a collector. Safe from all reactors at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/model_control.h"
#include "deploy/core/routes.h"
#include "deploy/realtime/endpoint.h"
#include "net/router.h"

namespace slipway::deploy::realtime {

class Tracing;

class ControlApi {
 public:
  struct Parts {
    const Catalogue& catalogue;
    ModelControl* control = nullptr;  // null: nothing can be loaded
    const Routes* routes = nullptr;   // null: there are none
    Tracing* tracing = nullptr;       // null: requests are not traced
    // The model and version that a request names; an Error that says what is served, if there is none.
    std::function<Result<const Endpoint*>(const net::HttpRequest&, std::string_view model,
                                          std::string_view version)>
        find;
    std::size_t body_bytes_max = 0;
  };
  explicit ControlApi(Parts parts) : parts_(std::move(parts)) {}

  // Before the routes that describe a model: /v2/models/stats would be a model called stats.
  void add_routes(net::Router* router);

 private:
  void add_repository_routes(net::Router* router);
  void add_settings_routes(net::Router* router);
  void add_memory_routes(net::Router* router);
  void add_model_routes(const std::string& prefix, net::Router* router);

  // Null unless models are loaded when they are asked for.
  const OnDemand* on_demand() const {
    return parts_.control == nullptr ? nullptr : parts_.control->on_demand();
  }
  void list(net::HttpResponse& response) const;
  void index(const net::HttpRequest& request, net::HttpResponse& response) const;
  void load(const net::HttpRequest& request, std::string_view name, net::HttpResponse& response);
  void unload(std::string_view name, net::HttpResponse& response);
  static void refuse_control(net::HttpResponse& response);
  Result<ModelControl::Inline> inline_of(const net::HttpRequest& request) const;
  void all_statistics(net::HttpResponse& response) const;

  const Parts parts_;
};

}  // namespace slipway::deploy::realtime
