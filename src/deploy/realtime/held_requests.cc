// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/held_requests.h"

#include <fmt/format.h>

#include <utility>

#include "deploy/realtime/http_error.h"
#include "deploy/realtime/kept_request.h"
#include "net/grpc_status.h"

namespace slipway::deploy::realtime {
namespace {

void write_refusal(bool is_grpc, const Error& error, net::HttpResponse* response) {
  response->reset();
  if (is_grpc) {
    net::write_trailers_only(error.code(), error.message(), response);
    return net::append_grpc_pushback(1, &response->headers);
  }
  write_error(error, response);
  response->add_header("Retry-After", "1");
}

}  // namespace

struct HeldRequests::Held {
  Held(const net::HttpRequest& whole, std::optional<Api::Forced> chosen)
      : request(whole), forced(std::move(chosen)) {}
  const KeptRequest request;
  const std::optional<Api::Forced> forced;
};

HeldRequests::HeldRequests(net::Handler& next, Api& api, OnDemand& models, MetricRegistry& registry,
                           Options options)
    : ForwardingHandler(next),
      api_(api),
      models_(models),
      waiting_(registry.gauge("slipway_held_requests", "Requests that wait for their model")),
      refused_(registry.counter("slipway_held_refused_total",
                                "Requests refused because too many waited for their models")),
      options_(options),
      threads_(std::make_unique<ThreadPool>("held", kThreads)) {
  for (std::size_t i = 0; i < kThreads; ++i) slots_.push_back(options.first_slot + i);
}

HeldRequests::~HeldRequests() {
  {
    MutexLock lock(mutex_);
    while (requests_ > 0) changed_.wait(mutex_);
  }
  threads_.reset();
}

bool HeldRequests::take_in(std::size_t bytes) {
  MutexLock lock(mutex_);
  if (requests_ >= options_.requests_max || bytes > options_.bytes_max - bytes_) return false;
  ++requests_;
  bytes_ += bytes;
  waiting_.set(static_cast<double>(requests_));
  return true;
}

void HeldRequests::let_out(std::size_t bytes) {
  MutexLock lock(mutex_);
  --requests_;
  bytes_ -= bytes;
  waiting_.set(static_cast<double>(requests_));
  changed_.notify_all();
}

void HeldRequests::handle(const net::HttpRequest& request, net::HttpResponse& response) {
  next_.handle(request, response);
  auto missing = api_.take_missing(request.reactor);
  if (!missing) return;
  const std::size_t size = KeptRequest::size_of(request);
  if (!take_in(size)) {
    refused_.add();
    return write_refusal(request.is_grpc,
                         Error(Code::kUnavailable, "realtime.held",
                               "too many requests wait for models that are being loaded: try "
                               "again later"),
                         &response);
  }
  response.reset();
  response.later = std::make_shared<net::Later>();
  net::HttpRequest timed = request;
  if (timed.arrived_ns == 0) timed.arrived_ns = api_.now_ns();
  auto wanted = std::make_shared<const Held>(timed, std::move(missing->forced));
  models_.need(
      missing->model, [this, wanted, later = response.later](const Result<OnDemand::Hold>& held) {
        // If it could not be loaded, the Api says why. The hold ends with the answer.
        threads_->submit([this, wanted, later, hold = held ? held.value() : nullptr]() mutable {
          answer(*wanted, later.get());
          hold.reset();
          let_out(wanted->request.size());
        });
      });
}

void HeldRequests::answer(const Held& held, net::Later* later) {
  std::size_t slot = 0;
  {
    MutexLock lock(mutex_);
    slot = slots_.back();
    slots_.pop_back();
  }
  net::HttpResponse response;
  // What a route has chosen stays chosen.
  api_.force(slot, held.forced);
  next_.handle(held.request.at_slot(slot), response);
  api_.force(slot, std::nullopt);
  {
    MutexLock lock(mutex_);
    slots_.push_back(slot);
  }
  later->finish(std::move(response));
}

}  // namespace slipway::deploy::realtime
