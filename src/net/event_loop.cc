// SPDX-License-Identifier: Apache-2.0
#include "net/event_loop.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace slipway::net {
namespace {

constexpr int kEventsAtOnce = 128;

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }
  bool is_there() const { return descriptor_ >= 0; }

 private:
  const int descriptor_;
};

unsigned events_of(std::uint32_t bits) {
  unsigned events = 0;
  if ((bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) events |= Watcher::kReadable;
  if ((bits & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) events |= Watcher::kWritable;
  if ((bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) events |= Watcher::kEnded;
  return events;
}

}  // namespace

struct EventLoop::Impl {
  bool is_there() const { return epoll.is_there() && wake.is_there() && timer.is_there(); }

  bool watch(int descriptor, std::uint32_t bits, void* whom) const {
    epoll_event event{.events = bits | EPOLLET, .data = {.ptr = whom}};
    return epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
  }

  // The system waits; what was left to do here does not.
  void look() {
    const bool waits = own.empty() && again.empty();
    if (waits && busy_poll > busy_poll.zero() && look_for_a_while()) return;
    ask(waits ? -1 : 0);
  }

  bool look_for_a_while() {
    const auto end = std::chrono::steady_clock::now() + busy_poll;
    do {
      ask(0);
    } while (found == 0 && std::chrono::steady_clock::now() < end);
    return found > 0;
  }

  void ask(int wait_ms) {
    found = std::max(epoll_wait(epoll.get(), events.data(), kEventsAtOnce, wait_ms), 0);
  }

  void handle_found() {
    for (int i = 0; i < found; ++i) {
      const epoll_event event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == &timer) {
        if (const auto function = std::exchange(on_time, nullptr)) function();
      } else if (event.data.ptr != nullptr && event.data.ptr != &wake) {
        static_cast<Watcher*>(event.data.ptr)->on_events(events_of(event.events));
      }
    }
    found = 0;
  }

  void handle_again() {
    again_now.swap(again);
    for (std::size_t i = 0; i < again_now.size(); ++i) {
      if (again_now[i] != nullptr) again_now[i]->on_events(0);
    }
    again_now.clear();
  }

  void run_posted() {
    own_now.swap(own);
    if (has_others.load(std::memory_order_acquire)) {
      MutexLock lock(mutex);
      own_now.insert(own_now.end(), std::make_move_iterator(others.begin()),
                     std::make_move_iterator(others.end()));
      others.clear();
      has_others.store(false, std::memory_order_release);
    }
    for (const auto& function : own_now) function();
    own_now.clear();
  }

  // Each write is an edge, read or not.
  void wake_up() const {
    const std::uint64_t one = 1;
    (void)!write(wake.get(), &one, sizeof one);
  }

  Descriptor epoll{epoll_create1(EPOLL_CLOEXEC)};
  Descriptor wake{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  Descriptor timer{timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
  std::chrono::microseconds busy_poll{};
  std::function<void()> on_time;
  std::array<epoll_event, kEventsAtOnce> events{};
  int found = 0;  // of these, in this round
  std::vector<Watcher*> again, again_now;

  std::atomic<std::thread::id> thread{};            // while it runs
  std::vector<std::function<void()>> own, own_now;  // posted by that thread
  std::atomic<bool> stops{false}, has_others{false};
  Mutex mutex;
  std::vector<std::function<void()>> others GUARDED_BY(mutex);
};

EventLoop::EventLoop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventLoop::~EventLoop() = default;

Result<std::unique_ptr<EventLoop>> EventLoop::create(std::chrono::microseconds busy_poll) {
  auto impl = std::make_unique<Impl>();
  impl->busy_poll = busy_poll;
  const bool is_ready = impl->is_there() && impl->watch(impl->wake.get(), EPOLLIN, &impl->wake) &&
                        impl->watch(impl->timer.get(), EPOLLIN, &impl->timer);
  if (is_ready) return std::unique_ptr<EventLoop>(new EventLoop(std::move(impl)));
  return Error(Code::kResourceExhausted, "net.reactor",
               fmt::format("cannot make an event loop: {}", std::strerror(errno)));
}

// A socket tells of room only when there was none before: to listen for that costs nothing.
bool EventLoop::add(int descriptor, Watcher& watcher) {
  return impl_->watch(descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP, &watcher);
}

void EventLoop::forget(const Watcher& watcher) {
  for (int i = 0; i < impl_->found; ++i) {
    epoll_event& event = impl_->events[static_cast<std::size_t>(i)];
    if (event.data.ptr == &watcher) event.data.ptr = nullptr;
  }
  for (auto* const list : {&impl_->again, &impl_->again_now}) {
    for (Watcher*& each : *list) {
      if (each == &watcher) each = nullptr;
    }
  }
}

void EventLoop::again(Watcher& watcher) { impl_->again.push_back(&watcher); }

void EventLoop::call_in(std::int64_t ms, std::function<void()> function) {
  impl_->on_time = std::move(function);
  const itimerspec due{.it_interval = {}, .it_value = {ms / 1000, ms % 1000 * 1'000'000}};
  (void)timerfd_settime(impl_->timer.get(), 0, &due, nullptr);
}

void EventLoop::post(std::function<void()> function) {
  if (impl_->thread.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    impl_->own.push_back(std::move(function));
    return;
  }
  bool is_first = false;
  {
    MutexLock lock(impl_->mutex);
    is_first = impl_->others.empty();
    impl_->others.push_back(std::move(function));
    impl_->has_others.store(true, std::memory_order_release);
  }
  if (is_first) impl_->wake_up();
}

void EventLoop::run() {
  impl_->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  while (!impl_->stops.load(std::memory_order_acquire)) {
    impl_->look();
    impl_->handle_found();
    impl_->handle_again();
    impl_->run_posted();
  }
  impl_->thread.store({}, std::memory_order_relaxed);
}

void EventLoop::stop() {
  impl_->stops.store(true, std::memory_order_release);
  impl_->wake_up();
}

}  // namespace slipway::net
