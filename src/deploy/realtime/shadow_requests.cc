// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/shadow_requests.h"

#include <utility>

namespace slipway::deploy::realtime {

ShadowRequests::ShadowRequests(net::Handler& next, Api& api, MetricRegistry& registry,
                               Options options)
    : ForwardingHandler(next),
      api_(api),
      dropped_(registry.counter("slipway_shadow_dropped_total",
                                "Copies for shadows that were dropped because too many waited")),
      options_(options),
      thread_(std::make_unique<ThreadPool>("shadow", 1)) {}

ShadowRequests::~ShadowRequests() {
  stopping_.store(true, std::memory_order_relaxed);
  thread_.reset();
}

void ShadowRequests::mirror(const net::HttpRequest& request) {
  auto shadows = api_.take_shadows(request.reactor);
  const std::size_t size = KeptRequest::size_of(request);
  std::shared_ptr<const KeptRequest> kept;
  for (Api::Forced& shadow : shadows) {
    // Checked before it is added: some reactors at once may pass the limit by one request each.
    if (waiting_.load(std::memory_order_relaxed) >= options_.requests_max ||
        bytes_.load(std::memory_order_relaxed) + size > options_.bytes_max) {
      dropped_.add();
      continue;
    }
    if (kept == nullptr) kept = std::make_shared<const KeptRequest>(request);
    waiting_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(size, std::memory_order_relaxed);
    thread_->submit([this, kept, size, shadow = std::move(shadow)] {
      if (!stopping_.load(std::memory_order_relaxed)) ask(*kept, shadow);
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      bytes_.fetch_sub(size, std::memory_order_relaxed);
    });
  }
}

void ShadowRequests::ask(const KeptRequest& request, const Api::Forced& shadow) {
  net::HttpResponse response;
  api_.force(options_.slot, shadow);
  next_.handle(request.at_slot(options_.slot), response);
  api_.force(options_.slot, std::nullopt);
  // Not in memory yet: loaded for the copies that follow.
  if (const auto missing = api_.take_missing(options_.slot)) {
    dropped_.add();
    api_.warm(missing->model);
  }
}

}  // namespace slipway::deploy::realtime
