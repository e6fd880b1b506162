// SPDX-License-Identifier: Apache-2.0
#include "net/reactor.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <list>
#include <string>
#include <utility>

#include "base/log.h"
#include "net/event_loop.h"
#include "net/peer.h"
#include "net/response_head.h"
#include "net/timer_wheel.h"
#include "net/tls_certificates.h"

namespace slipway::net {
namespace {

constexpr int kAcceptsAtOnce = 64;

}  // namespace

struct Reactor::Impl final : Peer::Home, Watcher {
  Impl(std::size_t index, ReactorShared& with, std::unique_ptr<EventLoop> made)
      : shared(with),
        loop(std::move(made)),
        context{.limits = with.limits,
                .clock = with.clock,
                .handler = with.handler,
                .metrics = with.metrics,
                .buffers = BufferPool(with.limits.buffered_bytes_max),
                .reactor = index,
                .now_ms = with.clock.monotonic_ns() / 1'000'000,
                .date = {},
                .draining = false,
                .drain_began_ms = 0,
                .response = {},
                .head = {},
                .unread = {},
                .turn = {}},
        wheel(context.now_ms) {
    context.post = [this](std::function<void()> work) { loop->post(std::move(work)); };
  }
  ~Impl() override { close_listener(); }

  // Of the listening socket.
  void on_events(unsigned) override { accept_more(); }
  void accept_more() {
    if (listener >= 0 && accept_some() == kAcceptsAtOnce) loop->again(*this);
  }
  void close_listener() {
    if (listener >= 0) close(std::exchange(listener, -1));
  }

  // How many; -1 if the system has no descriptor to give: the next tick tries again.
  int accept_some() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      const int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket >= 0) {
        welcome(socket);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return i;
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        static LogThrottle throttle(10);
        log_throttled(throttle, LogLevel::kWarn,
                      "connections wait: no more files may be open (raise ulimit -n)");
        shared.metrics.count_limit("open_files");
        accept_again = true;
        start_ticking();
        return -1;
      }  // else the peer has gone already
    }
    return kAcceptsAtOnce;
  }

  void welcome(int socket) {
    shared.metrics.accepted.add();
    std::size_t total = 0;
    Reactor* least = shared.reactors.front();
    for (Reactor* reactor : shared.reactors) {
      total += reactor->load();
      if (reactor->load() < least->load()) least = reactor;
    }
    if (total >= shared.limits.connections_max) return turn_away(socket);
    const std::size_t own = load.load();
    // Small differences are not worth a wake-up of another thread; one in a handful is.
    if (own > least->load() + least->load() / 8) return least->adopt(socket);
    load.fetch_add(1);
    open(socket);
  }

  void turn_away(int socket) {
    shared.metrics.count_limit("connections");
    if (shared.tls != nullptr) {  // an answer in plain text would not be one
      close(socket);
      return;
    }
    shared.metrics.count_response(503);
    // What has arrived is taken, for closing over unread input would lose the answer.
    (void)recv(socket, context.unread.data(), context.unread.size(), MSG_DONTWAIT);
    HttpResponse response;
    response.add_header("Retry-After", "1");
    shared.handler.refuse(503, "too many connections: try again later", response);
    std::string answer;
    append_response_head(response, {.keep_alive = false, .http11 = true, .date = context.date},
                         &answer);
    answer += response.body;
    (void)send(socket, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket, SHUT_WR);
    close(socket);
  }

  void open(int socket) {
    start_ticking();
    shared.metrics.connections.add(1);
    ++context.askers;
    peers.emplace_front(*loop, *this);
    if (!peers.front().open(socket, peers.begin(), {context, wheel, shared.tls.get()})) {
      close(socket);
      remove(peers.begin());
    }
  }

  void remove(Peer::Place peer) override {
    peers.erase(peer);
    shared.metrics.connections.add(-1);
    --context.askers;
    if (load.fetch_sub(1) != 1 || !context.draining) return;
    MutexLock lock(shared.mutex);
    shared.progress.notify_all();
  }

  void start_ticking() {
    if (ticking) return;
    ticking = true;
    refresh_time();
    wheel.advance(context.now_ms);
    await_tick();
  }

  void refresh_time() {
    context.now_ms = shared.clock.monotonic_ns() / 1'000'000;
    const std::int64_t now_us = shared.clock.now_us();
    if (now_us / 1'000'000 != date_second) {
      date_second = now_us / 1'000'000;
      context.date = http_date(now_us);
    }
  }

  void await_tick() {
    loop->call_in(TimerWheel::kTickMs, [this] { tick(); });
  }

  void tick() {
    refresh_time();
    wheel.advance(context.now_ms);
    if (std::exchange(accept_again, false)) accept_more();
    // A server without connections sleeps.
    ticking = !peers.empty() || accept_again;
    if (ticking) await_tick();
  }

  void begin_drain() {
    if (context.draining) return;
    refresh_time();
    context.draining = true;
    context.drain_began_ms = context.now_ms;
    if (listener >= 0) {
      // Who has connected is served, and waits in the socket that is about to close.
      while (accept_some() == kAcceptsAtOnce) continue;
      loop->forget(*this);
      close_listener();
    }
    for (Peer& peer : peers) peer.drain();
    MutexLock lock(shared.mutex);
    ++shared.draining;
    shared.progress.notify_all();
  }

  ReactorShared& shared;
  const std::unique_ptr<EventLoop> loop;
  SessionContext context;
  TimerWheel wheel;
  std::atomic<std::size_t> load{0};
  std::int64_t date_second = -1;
  bool ticking = false;
  bool accept_again = false;

  int listener = -1;
  std::list<Peer> peers;
};

Reactor::Reactor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reactor::~Reactor() = default;

Result<std::unique_ptr<Reactor>> Reactor::create(std::size_t index, ReactorShared& shared) {
  ASSIGN_OR_RETURN(auto loop, EventLoop::create(shared.busy_poll));
  return std::unique_ptr<Reactor>(
      new Reactor(std::make_unique<Impl>(index, shared, std::move(loop))));
}

Result<void> Reactor::listen(int socket) {
  impl_->listener = socket;
  if (impl_->loop->add(socket, *impl_)) return {};
  return Error(Code::kResourceExhausted, "net.reactor",
               fmt::format("cannot wait for connections: {} (fs.epoll.max_user_watches?)",
                           std::strerror(errno)));
}

void Reactor::run() { impl_->loop->run(); }

void Reactor::adopt(int socket) {
  impl_->load.fetch_add(1);
  impl_->loop->post([impl = impl_.get(), socket] { impl->open(socket); });
}

void Reactor::drain() {
  impl_->loop->post([impl = impl_.get()] { impl->begin_drain(); });
}

void Reactor::stop() { impl_->loop->stop(); }

std::size_t Reactor::load() const { return impl_->load.load(); }

}  // namespace slipway::net
