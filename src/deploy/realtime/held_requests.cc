// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/held_requests.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "deploy/realtime/http_error.h"
#include "net/grpc_status.h"

namespace slipway::deploy::realtime {
namespace {

void write_refusal(bool is_grpc, const Error& error, net::HttpResponse* response) {
  response->reset();
  if (is_grpc) return net::write_trailers_only(error.code(), error.message(), response);
  write_error(error, response);
  response->add_header("Retry-After", "1");
}

}  // namespace

// A request in memory of its own.
class HeldRequests::Kept {
 public:
  explicit Kept(const net::HttpRequest& request) {
    request_.method = request.method;
    request_.http2 = request.http2;
    request_.is_grpc = request.is_grpc;
    request_.has_grpc_options = request.has_grpc_options;
    request_.arrived_ns = request.arrived_ns;
    const auto add = [this](std::string_view text) {
      const std::size_t at = bytes_.size();
      bytes_ += text;
      return at;
    };
    bytes_.reserve(size_of(request));
    add(request.body);
    bytes_.append(kJsonPadding, '\0');
    const std::size_t path_at = add(request.path);
    const std::size_t query_at = add(request.query);
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
      const std::string_view name = request.headers.name(i), value = request.headers.value(i);
      fields_.push_back({.name_at = static_cast<std::uint32_t>(add(name)),
                         .name_size = static_cast<std::uint32_t>(name.size()),
                         .value_at = static_cast<std::uint32_t>(add(value)),
                         .value_size = static_cast<std::uint32_t>(value.size())});
    }
    const std::string_view all(bytes_);
    request_.body = all.substr(0, request.body.size());
    request_.body_capacity = bytes_.size();
    request_.path = all.substr(path_at, request.path.size());
    request_.query = all.substr(query_at, request.query.size());
    request_.headers = net::HttpHeaders(bytes_.data(), fields_);
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  static std::size_t size_of(const net::HttpRequest& request) {
    std::size_t size =
        request.body.size() + kJsonPadding + request.path.size() + request.query.size();
    for (std::size_t i = 0; i < request.headers.size(); ++i)
      size += request.headers.name(i).size() + request.headers.value(i).size();
    return size;
  }

  net::HttpRequest at_slot(std::size_t slot) const {
    net::HttpRequest request = request_;
    request.reactor = slot;
    return request;
  }
  std::size_t size() const { return bytes_.size(); }

 private:
  net::HttpRequest request_;
  std::string bytes_;
  std::vector<net::FieldPlace> fields_;
};

HeldRequests::HeldRequests(net::Handler& next, Api& api, OnDemand& models, MetricRegistry& registry,
                           Options options)
    : next_(next),
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
  const std::string name = api_.take_missing(request.reactor);
  if (name.empty()) return;
  const std::size_t size = Kept::size_of(request);
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
  models_.need(name, [this, kept = std::make_shared<const Kept>(request),
                      later = response.later](const Result<OnDemand::Hold>& held) {
    // If it could not be loaded, the Api says why. The hold ends with the answer.
    threads_->submit([this, kept, later, hold = held ? held.value() : nullptr]() mutable {
      answer(*kept, later.get());
      hold.reset();
      let_out(kept->size());
    });
  });
}

void HeldRequests::answer(const Kept& kept, net::Later* later) {
  std::size_t slot = 0;
  {
    MutexLock lock(mutex_);
    slot = slots_.back();
    slots_.pop_back();
  }
  net::HttpResponse response;
  next_.handle(kept.at_slot(slot), response);
  {
    MutexLock lock(mutex_);
    slots_.push_back(slot);
  }
  later->finish(std::move(response));
}

}  // namespace slipway::deploy::realtime
