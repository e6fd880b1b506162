// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "net/listener.h"
#include "net/net_metrics.h"
#include "net/reactor.h"

namespace slipway::net {

struct HttpServer::Impl {
  Impl(const ServerOptions& options, Handler& handler, MetricRegistry& registry, const Clock& clock)
      : metrics(registry),
        shared{.limits = options.limits,
               .busy_poll = options.busy_poll,
               .tls = options.tls,
               .handler = handler,
               .metrics = metrics,
               .clock = clock,
               .reactors = {},
               .mutex = {},
               .progress = {},
               .draining = 0} {}

  bool await_drained(std::int64_t deadline_ms) {
    const std::int64_t end_ms = monotonic_ms() + deadline_ms;
    MutexLock lock(shared.mutex);
    while (shared.draining < reactors.size() || has_load()) {
      const std::int64_t left_ms = end_ms - monotonic_ms();
      if (left_ms <= 0) return false;
      shared.progress.wait_for_ms(shared.mutex, left_ms);
    }
    return true;
  }

  bool has_load() const {
    return std::any_of(reactors.begin(), reactors.end(),
                       [](const auto& reactor) { return reactor->load() > 0; });
  }

  // The machine's: a thread waits for it.
  static std::int64_t monotonic_ms() { return system_clock().monotonic_ns() / 1'000'000; }

  void stop() {
    for (const auto& reactor : reactors) reactor->stop();
    threads.clear();
  }

  NetMetrics metrics;
  ReactorShared shared;
  std::uint16_t port = 0;
  bool drained = false;
  bool drained_in_time = false;
  std::vector<std::unique_ptr<Reactor>> reactors;
  std::vector<OwnedThread> threads;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { impl_->stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ServerOptions& options,
                                                      Handler& handler, MetricRegistry& registry,
                                                      const Clock& clock) {
  const std::size_t count = options.reactors > 0 ? options.reactors : usable_cores();
  ASSIGN_OR_RETURN(Listeners listeners, Listeners::open(options.host, options.port, count));
  auto impl = std::make_unique<Impl>(options, handler, registry, clock);
  impl->port = listeners.port();
  for (std::size_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(auto reactor, Reactor::create(i, impl->shared));
    RETURN_IF_ERROR(reactor->listen(listeners.take(i)));
    impl->shared.reactors.push_back(reactor.get());
    impl->reactors.push_back(std::move(reactor));
  }
  for (std::size_t i = 0; i < count; ++i) {
    impl->threads.emplace_back("http-" + std::to_string(i), [reactor = impl->reactors[i].get()] {
      take_turns(Turns::kPrompt);
      reactor->run();
    });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->port; }
std::size_t HttpServer::reactors() const { return impl_->reactors.size(); }

bool HttpServer::drain(std::int64_t deadline_ms) {
  if (impl_->drained) return impl_->drained_in_time;
  impl_->drained = true;
  for (const auto& reactor : impl_->reactors) reactor->drain();
  impl_->drained_in_time = impl_->await_drained(deadline_ms);
  impl_->stop();
  return impl_->drained_in_time;
}

}  // namespace slipway::net
