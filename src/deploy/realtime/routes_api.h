// GET /v2/routes, and GET, PUT and DELETE /v2/routes/{name}: traffic routes, switched while requests come.
//
//   RoutesApi api({routes, catalogue, control, body_bytes_max});
//   api.add_routes(&router);
//
// A target that is not served (nor known on demand) is refused. What writes to disk does it on a thread of ours: a
// reactor goes on. Errors: those of deploy/core/routes.h, as HTTP says them. Safe from all reactors at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/thread_pool.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/model_control.h"
#include "deploy/core/routes.h"
#include "net/router.h"

namespace slipway::deploy::realtime {

class RoutesApi {
 public:
  struct Parts {
    Routes& routes;
    const Catalogue& catalogue;
    const ModelControl* control = nullptr;  // may be null
    std::size_t body_bytes_max = 0;
  };
  explicit RoutesApi(const Parts& parts);
  ~RoutesApi();

  void add_routes(net::Router* router);

 private:
  void list(net::HttpResponse& response) const;
  void show(std::string_view name, net::HttpResponse& response) const;
  void put(const net::HttpRequest& request, std::string_view name, net::HttpResponse& response);
  void remove(std::string_view name, net::HttpResponse& response);
  Result<Route> route_of(const net::HttpRequest& request, std::string_view name) const;
  void later(std::function<void(net::HttpResponse*)> work, net::HttpResponse* response);

  const Parts parts_;
  std::unique_ptr<ThreadPool> thread_;
};

// Why a target of the route cannot be served now: kNotFound "deploy.route_target".
Result<void> check_targets(const Route& route, const Catalogue& catalogue,
                           const ModelControl* control);

}  // namespace slipway::deploy::realtime
