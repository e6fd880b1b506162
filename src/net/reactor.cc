// SPDX-License-Identifier: Apache-2.0
#include "net/reactor.h"

// gcc's ThreadSanitizer does not see Asio's fences; it does see the mutex that all that crosses
// threads here goes through.
#if defined(__SANITIZE_THREAD__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <list>
#include <optional>
#include <utility>

#include "base/log.h"
#include "net/connection.h"
#include "net/http1_session.h"
#include "net/response_head.h"
#include "net/tls_certificates.h"
#include "net/tls_stream.h"

namespace slipway::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;  // the plain one: any_io_executor costs calls
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Asio's reactor without its locks: a socket is touched by its reactor's thread only.
constexpr int kOneThread = static_cast<int>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO);
constexpr int kAcceptsAtOnce = 64;

constexpr int kSend = MSG_NOSIGNAL | MSG_DONTWAIT;

ssize_t send_both(int socket, const Session::Output& pieces) {
  std::array<iovec, 2> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return sendmsg(socket, &message, kSend);
}

// A TCP socket and what goes with it.
class Peer final : public Transport, public ConnectionOwner {
 public:
  using Place = std::list<Peer>::iterator;
  class Home {
   public:
    virtual ~Home() = default;
    virtual void remove(Place peer) = 0;
  };

  Peer(asio::io_context& io, Home& home) : io_(io), home_(home), socket_(io.get_executor()) {}
  ~Peer() override { give_records_back(); }

  struct Parts {
    SessionContext& context;
    TimerWheel& wheel;
    const TlsCertificates* tls;
  };
  bool open(int socket, Place place, const Parts& parts) {
    place_ = place;
    context_ = &parts.context;
    if (parts.tls != nullptr) {
      tls_ = parts.tls->open();
      if (tls_ == nullptr) return false;
    }
    error_code ec;
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    socket_.assign(address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                   socket, ec);
    if (ec) return false;
    connection_.emplace(Connection::Parts{*this, *this, parts.context, parts.wheel},
                        std::make_unique<Http1Session>(parts.context));
    connection_->start();
    return true;
  }
  void drain() {
    if (!ended_) connection_->drain();
  }

  void read(std::span<char> room) override {
    if (tls_ == nullptr) {
      return receive(room, [this](std::ptrdiff_t bytes) { connection_->on_read(bytes); });
    }
    room_ = room;
    // A record may hold more than there was room for: told later, as all that is received.
    const std::ptrdiff_t bytes = tls_->read(room);
    if (bytes == TlsStream::kMore) return receive_records();
    waiting_ = true;
    asio::post(io_, [this, bytes] {
      if (done_waiting()) connection_->on_read(bytes);
    });
  }
  void await_readable() override {
    give_records_back();
    waiting_ = true;
    socket_.async_wait(Socket::wait_read, [this](const error_code& ec) {
      if (done_waiting() && ec != asio::error::operation_aborted) connection_->on_readable();
    });
  }
  void await_writable() override {
    waiting_ = true;
    socket_.async_wait(Socket::wait_write, [this](const error_code& ec) {
      if (done_waiting() && ec != asio::error::operation_aborted) connection_->on_writable();
    });
  }
  void cancel() override {
    error_code ec;
    socket_.cancel(ec);
  }

  std::ptrdiff_t write(const Session::Output& pieces) override {
    return tls_ == nullptr ? send_plain(pieces) : send_records(pieces);
  }
  bool is_open() const override { return tls_ == nullptr || tls_->is_open(); }
  void end_output() override {
    if (tls_ != nullptr) {
      tls_->close();
      (void)flush_records();
    }
    ::shutdown(socket_.native_handle(), SHUT_WR);
  }

  void ended() override {
    ended_ = true;
    error_code ec;
    socket_.close(ec);
    // An operation under way still refers to us: its handler, run with an error, is our end. Nor
    // can we die here, inside a call of our own connection.
    if (!waiting_) asio::post(io_, [this] { home_.remove(place_); });
  }

 private:
  template <typename Then>
  void receive(std::span<char> room, Then then) {
    waiting_ = true;
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [this, then](const error_code& ec, std::size_t bytes) {
                              if (!done_waiting()) return;
                              context_->begin_work();
                              const bool is_end = ec == asio::error::eof;
                              then(ec && !is_end ? -1 : static_cast<std::ptrdiff_t>(bytes));
                            });
  }

  void receive_records() {
    if (!records_) records_ = context_->buffers.take(BufferPool::kBlockBytes);
    receive({records_.bytes.get(), records_.capacity}, [this](std::ptrdiff_t bytes) {
      if (bytes <= 0) {
        give_records_back();
        return connection_->on_read(bytes);
      }
      tls_->feed({records_.bytes.get(), static_cast<std::size_t>(bytes)});
      const std::ptrdiff_t plain = tls_->read(room_);
      if (!flush_records() || plain == TlsStream::kBroken) return connection_->on_read(-1);
      plain == TlsStream::kMore ? receive_records() : connection_->on_read(plain);
    });
  }
  void give_records_back() {
    if (context_ != nullptr) context_->buffers.give_back(std::exchange(records_, Buffer()));
  }

  std::ptrdiff_t send_plain(const Session::Output& pieces) {
    const int socket = socket_.native_handle();
    while (true) {
      const ssize_t sent = pieces[1].empty()
                               ? send(socket, pieces[0].data(), pieces[0].size(), kSend)
                               : send_both(socket, pieces);
      if (sent >= 0) return sent;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return kWouldBlock;
      if (errno != EINTR) return kBroken;
    }
  }

  // False if the socket is broken; what it does not take now stays.
  bool flush_records() {
    while (!tls_->output().empty()) {
      const std::ptrdiff_t sent = send_plain({tls_->output(), {}});
      if (sent == kBroken) return false;
      if (sent == kWouldBlock) return true;
      tls_->sent(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Bytes count as taken when their records have left: until then the same come again.
  std::ptrdiff_t send_records(const Session::Output& pieces) {
    constexpr std::size_t kAtOnce = 64u << 10;
    for (const std::string_view piece : pieces) {
      if (promised_ > 0) break;
      const std::string_view part = piece.substr(0, kAtOnce);
      if (!tls_->write(part)) return kBroken;
      promised_ += part.size();
    }
    if (!flush_records()) return kBroken;
    if (!tls_->output().empty()) return kWouldBlock;
    return static_cast<std::ptrdiff_t>(std::exchange(promised_, 0));
  }

  // False if there is nobody left to tell.
  bool done_waiting() {
    waiting_ = false;
    if (!ended_) return true;
    home_.remove(place_);  // and with that, this
    return false;
  }

  asio::io_context& io_;
  Home& home_;
  Place place_;
  Socket socket_;
  SessionContext* context_ = nullptr;
  std::unique_ptr<TlsStream> tls_;  // null: plain text
  Buffer records_;                  // received, not decrypted
  std::span<char> room_;
  std::size_t promised_ = 0;  // bytes of the session's whose records have not all left
  std::optional<Connection> connection_;
  bool waiting_ = false;
  bool ended_ = false;
};

}  // namespace

struct Reactor::Impl final : Peer::Home {
  Impl(std::size_t index, ReactorShared& with)
      : shared(with),
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
        wheel(context.now_ms),
        io(kOneThread),
        work(io.get_executor()),
        listener(io.get_executor()),
        ticker(io.get_executor()) {
    context.post = [this](std::function<void()> work_to_do) {
      asio::post(io, std::move(work_to_do));
    };
  }

  void await_connections() {
    if (!listener.is_open()) return;
    listener.async_wait(Descriptor::wait_read, [this](const error_code& ec) {
      if (ec) return;
      if (accept_some() >= 0) await_connections();
    });
  }

  // How many; -1 if the system has no descriptor to give: the next tick tries again.
  int accept_some() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      const int socket =
          accept4(listener.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
    peers.emplace_front(io, *this);
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
    ticker.expires_after(std::chrono::milliseconds(TimerWheel::kTickMs));
    ticker.async_wait([this](const error_code& ec) {
      if (!ec) tick();
    });
  }

  void tick() {
    refresh_time();
    wheel.advance(context.now_ms);
    if (std::exchange(accept_again, false) && accept_some() >= 0) await_connections();
    // A server without connections sleeps.
    ticking = !peers.empty() || accept_again;
    if (ticking) await_tick();
  }

  void begin_drain() {
    if (context.draining) return;
    refresh_time();
    context.draining = true;
    context.drain_began_ms = context.now_ms;
    if (listener.is_open()) {
      // Who has connected is served, and waits in the socket that is about to close.
      while (accept_some() == kAcceptsAtOnce) continue;
      error_code ec;
      listener.close(ec);
    }
    for (Peer& peer : peers) peer.drain();
    MutexLock lock(shared.mutex);
    ++shared.draining;
    shared.progress.notify_all();
  }

  ReactorShared& shared;
  SessionContext context;
  TimerWheel wheel;
  std::atomic<std::size_t> load{0};
  std::int64_t date_second = -1;
  bool ticking = false;
  bool accept_again = false;

  asio::io_context io;
  asio::executor_work_guard<Executor> work;
  Descriptor listener;
  Timer ticker;
  std::list<Peer> peers;
};

Reactor::Reactor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reactor::~Reactor() = default;

Result<std::unique_ptr<Reactor>> Reactor::create(std::size_t index, ReactorShared& shared) {
  try {
    return std::unique_ptr<Reactor>(new Reactor(std::make_unique<Impl>(index, shared)));
  } catch (const boost::system::system_error& error) {
    return Error(Code::kResourceExhausted, "net.reactor",
                 fmt::format("cannot make an event loop: {}", error.what()));
  }
}

void Reactor::listen(int socket) {
  error_code ec;
  impl_->listener.assign(socket, ec);
  impl_->await_connections();
}

void Reactor::run() { impl_->io.run(); }

void Reactor::adopt(int socket) {
  impl_->load.fetch_add(1);
  asio::post(impl_->io, [impl = impl_.get(), socket] { impl->open(socket); });
}

void Reactor::drain() {
  asio::post(impl_->io, [impl = impl_.get()] { impl->begin_drain(); });
}

void Reactor::stop() { impl_->io.stop(); }

std::size_t Reactor::load() const { return impl_->load.load(); }

}  // namespace slipway::net
