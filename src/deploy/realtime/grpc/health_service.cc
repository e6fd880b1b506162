// grpc.health.v1.Health: see services.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <health.pb.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "deploy/realtime/grpc/method.h"
#include "deploy/realtime/grpc/services.h"

namespace slipway::deploy::realtime::grpc {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

constexpr std::string_view kHealth = "grpc.health.v1.Health";

HealthCheckResponse::ServingStatus status_of(const std::string& service, const Api& api,
                                             const net::GrpcRouter& router) {
  const auto& known = router.services();
  // No name: the server as a whole.
  if (!service.empty() && std::find(known.begin(), known.end(), service) == known.end())
    return HealthCheckResponse::SERVICE_UNKNOWN;
  return api.ready() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

// Tells the status, and then each other one.
class Watch final : public net::GrpcCall {
 public:
  Watch(const Api& api, const net::GrpcRouter& router) : api_(api), router_(router) {}

  Result<void> received(std::string_view message, net::GrpcWriter& out) override {
    ASSIGN_OR_RETURN(const auto request, parse_message<HealthCheckRequest>(message));
    service_ = request.service();
    tell(out);
    return {};
  }
  Result<void> tick(net::GrpcWriter& out) override {
    if (service_) tell(out);
    return {};
  }
  bool outlasts_input() const override { return true; }

 private:
  void tell(net::GrpcWriter& out) {
    const auto now = status_of(*service_, api_, router_);
    if (told_ == now) return;
    told_ = now;
    HealthCheckResponse reply;
    reply.set_status(now);
    out.write(reply.SerializeAsString());
  }

  const Api& api_;
  const net::GrpcRouter& router_;
  std::optional<std::string> service_;
  std::optional<HealthCheckResponse::ServingStatus> told_;
};

}  // namespace

void add_health(const Api& api, net::GrpcRouter* router) {
  add_method<HealthCheckRequest, HealthCheckResponse>(
      router, kHealth, "Check",
      [&api, router](const net::HttpRequest&, const HealthCheckRequest& request,
                     HealthCheckResponse* reply) -> Result<void> {
        const auto status = status_of(request.service(), api, *router);
        if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
          return Error(Code::kNotFound, "realtime.unknown_service",
                       fmt::format("there is no service '{}'", request.service()));
        }
        reply->set_status(status);
        return {};
      });
  router->add_stream(kHealth, "Watch", [&api, router](const net::HttpRequest&) {
    return std::make_unique<Watch>(api, *router);
  });
}

}  // namespace slipway::deploy::realtime::grpc
