// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/json_writer.h"
#include "base/text.h"
#include "deploy/realtime/endpoint.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::array<std::string_view, 4> kOpen{"/v2/health/live", "/v2/health/ready", "/ping",
                                                "/health"};

// What a prediction or a question about a model begins with; gRPC's too.
constexpr std::string_view kGrpc = "/inference.GRPCInferenceService/";
constexpr std::array<std::string_view, 7> kForPredict{
    "/v1/models", "/v2/models", "/models/", "/invocations", "/v2/docs", kGrpc, "/grpc.reflection."};

}  // namespace

std::optional<std::string_view> presented_key(const net::HttpHeaders& headers) {
  if (const auto key = headers.find("x-api-key")) return trim(*key);
  const auto authorization = headers.find("Authorization");
  if (!authorization) return std::nullopt;
  const std::size_t space = authorization->find(' ');
  if (space == authorization->npos ||
      !net::equal_ignoring_case(authorization->substr(0, space), "Bearer"))
    return std::nullopt;
  return trim(authorization->substr(space));
}

std::optional<Role> role_for(net::Method method, std::string_view path) {
  if (std::find(kOpen.begin(), kOpen.end(), path) != kOpen.end()) return std::nullopt;
  if (path == "/" || path == "/v2" || path == "/version") return Role::kPredict;
  if (path.starts_with("/grpc.health.v1.Health/")) return std::nullopt;
  // Of a model or of gRPC's service, but not for everybody who may ask it.
  bool changes = path.ends_with("/trace/setting");
  if (path.starts_with(kGrpc)) {
    const std::string_view method_name = path.substr(kGrpc.size());
    for (const auto* part : {"Repository", "SharedMemory", "TraceSetting", "LogSettings"})
      changes = changes || method_name.find(part) != method_name.npos;
  }
  const bool reads = method == net::Method::kGet || method == net::Method::kHead;
  for (const std::string_view prefix : kForPredict) {
    if (path.starts_with(prefix)) return changes && !reads ? Role::kOperate : Role::kPredict;
  }
  if (path.starts_with("/v2/routes") && !reads) return Role::kAdmin;
  return Role::kOperate;
}

net::Reject AccessGuard::reject(const net::HttpRequest& head, int status, std::string_view reason,
                                std::string_view error) const {
  count_error(registry_, "", reason);
  net::Reject rejected{.status = status};
  if (head.is_grpc) {
    rejected.body = error;
    return rejected;
  }
  JsonWriter json(&rejected.body);
  json.begin_object().member("error", error).end_object();
  return rejected;
}

std::optional<net::Reject> AccessGuard::admit(const net::HttpRequest& head) {
  if (!keys_.required()) return next_.admit(head);
  const auto wanted = role_for(head.method, head.path);
  if (!wanted) return next_.admit(head);
  const auto presented = presented_key(head.headers);
  if (!presented) {
    return reject(head, 401, "realtime.no_key",
                  "a key is needed: Authorization: Bearer KEY, or x-api-key: KEY (slipway key "
                  "create makes one)");
  }
  const auto who = keys_.find(*presented);
  if (who == nullptr)
    return reject(head, 401, "realtime.unknown_key", "this key is not known here, or was revoked");
  if (!who->allows(*wanted)) {
    return reject(head, 403, "realtime.role",
                  fmt::format("key '{}' has the role {}; this needs {}", who->record().name,
                              name_of(who->record().role), name_of(*wanted)));
  }
  if (const std::int64_t wait_ms = who->wait_ms(clock_.monotonic_ns()); wait_ms > 0) {
    net::Reject rejected =
        reject(head, 429, "realtime.rate",
               fmt::format("key '{}' may ask {} times a second; again in {} ms", who->record().name,
                           who->record().per_second, wait_ms));
    rejected.retry_after_s = (wait_ms + 999) / 1000;
    return rejected;
  }
  return next_.admit(head);
}

}  // namespace slipway::deploy::realtime
