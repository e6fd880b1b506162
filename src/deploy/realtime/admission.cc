// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "deploy/realtime/http_error.h"

namespace slipway::deploy::realtime {
namespace {

net::Reject rejected(const net::HttpRequest& head, const Error& error) {
  net::Reject reject{.status = http_status(error.code())};
  reject.retry_after_s = kRetryAfterSeconds;
  if (head.is_grpc) {  // a call is told the text alone
    reject.body = error.message();
    return reject;
  }
  JsonWriter json(&reject.body);
  json.begin_object().member("error", error.message()).end_object();
  return reject;
}

Counter& refusals(MetricRegistry& registry) {
  return registry.counter("slipway_request_errors_total", "Requests refused, by reason",
                          {{"model", ""}, {"reason", "realtime.in_flight"}});
}

}  // namespace

Admission::Admission(const AdmissionLimits& limits, std::size_t reactors, MetricRegistry& registry)
    : limits_(limits),
      in_flight_(std::max<std::size_t>(reactors, 1)),
      share_(share_of(limits.in_flight_max)),
      refused_(refusals(registry)) {}

std::uint32_t Admission::share_of(std::size_t limit) const {
  if (limit == 0) return 0;
  return static_cast<std::uint32_t>(
      std::clamp<std::size_t>(limit / in_flight_.size(), 1, std::uint32_t(-1)));
}

std::uint32_t Admission::model_share(std::int64_t own) const {
  return share_of(own > 0 ? static_cast<std::size_t>(own) : limits_.model_in_flight_max);
}

Error Admission::full() const {
  refused_.add();
  return Error(Code::kUnavailable, "realtime.in_flight",
               fmt::format("as many predictions are in flight as may be ({}, --max-in-flight): ask "
                           "again in {} s",
                           limits_.in_flight_max, kRetryAfterSeconds));
}

Error Admission::full(const Model& model) const {
  model.refused.add();
  return Error(Code::kResourceExhausted, "realtime.model_in_flight",
               fmt::format("as many predictions of model '{}' are in flight as may be ({} for each "
                           "of {} threads; --max-in-flight-per-model, or max_queue_size in its "
                           "config.pbtxt): ask again in {} s",
                           model.name, model.share, in_flight_.size(), kRetryAfterSeconds));
}

net::Reject Admission::reject(const net::HttpRequest& head) const { return rejected(head, full()); }
net::Reject Admission::reject(const net::HttpRequest& head, const Model& model) const {
  return rejected(head, full(model));
}

bool asks_for_prediction(const net::HttpRequest& head) {
  if (head.method != net::Method::kPost) return false;
  constexpr std::string_view kEndings[] = {"/infer",       ":predict",    ":rank",
                                           "/invocations", "/ModelInfer", "/ModelStreamInfer"};
  return std::any_of(std::begin(kEndings), std::end(kEndings),
                     [&](std::string_view ending) { return head.path.ends_with(ending); });
}

std::optional<ModelName> model_of(std::string_view path) {
  for (const std::string_view prefix : {"/v2/models/", "/v1/models/", "/models/"}) {
    if (!path.starts_with(prefix)) continue;
    const std::string_view rest = path.substr(prefix.size());
    const std::string_view model = rest.substr(0, rest.find_first_of(prefix[2] == '1' ? ":" : "/"));
    constexpr std::string_view kVersions = "/versions/";
    std::string_view version = rest.substr(model.size());
    if (!version.starts_with(kVersions)) return ModelName{model, {}};
    version.remove_prefix(kVersions.size());
    return ModelName{model, version.substr(0, version.find('/'))};
  }
  return std::nullopt;
}

std::optional<net::Reject> AdmissionGuard::ask(const net::HttpRequest& head) {
  if (auto refusal = gate_.refusal(head)) return refusal;
  return next_.admit(head);
}

}  // namespace slipway::deploy::realtime
