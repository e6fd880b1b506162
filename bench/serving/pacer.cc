// Sends requests when they are due, whatever has been answered: an open loop, so that a server that
// falls behind is seen to. A latency counts from when its request was due.
//
//   pacer PORT REQUEST_FILE RATE:SECONDS [RATE:SECONDS ...]
//
// The file holds one whole request of HTTP/1.1. Due times are random (Poisson), of a fixed seed; a rate of 0 is a pause. A request that finds no idle
// connection opens one. Prints a line of JSON for each phase: counts and percentiles by status, and when in it the
// last request was due that was refused.
//
// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Phase {
  double rate = 0, seconds = 0;
};
struct Answers {
  std::vector<double> waits_s;
  double last_due_s = 0;  // since the phase began
};

class Pacer {
 public:
  Pacer(int port, std::string request) : request_(std::move(request)), poll_(epoll_create1(0)) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(static_cast<std::uint16_t>(port));
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }

  void run(const Phase& phase) {
    answers_.clear();
    const double begun = now_s();
    std::exponential_distribution<double> gap(phase.rate);
    double due = gap(random_);
    while (due < phase.seconds || waiting_ > 0) {
      for (const double now = now_s() - begun; due < phase.seconds && due <= now;
           due += gap(random_))
        send(due);
      receive(begun);
    }
    print(phase);
  }

  void pause(double seconds) const {
    epoll_event none{};
    (void)epoll_wait(poll_, &none, 1, static_cast<int>(seconds * 1e3));
  }

 private:
  void send(double due) {
    if (free_.empty()) open();
    const int socket = free_.back();
    free_.pop_back();
    if (::send(socket, request_.data(), request_.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request_.size()))
      fail("send");
    due_[static_cast<std::size_t>(socket)] = due;
    ++waiting_;
  }

  void open() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    if (socket < 0 ||
        connect(socket, reinterpret_cast<const sockaddr*>(&address_), sizeof(address_)) != 0)
      fail("connect");
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
    if (due_.size() <= static_cast<std::size_t>(socket))
      due_.resize(static_cast<std::size_t>(socket) + 1);
    free_.push_back(socket);
    ++opened_;
  }

  void receive(double begun) {
    std::array<epoll_event, 256> events{};
    const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      std::array<char, 65536> bytes{};
      const ssize_t size = recv(socket, bytes.data(), bytes.size(), 0);
      if (size < 12) fail("the server has closed a connection");
      const double due = due_[static_cast<std::size_t>(socket)];
      Answers& answers = answers_[std::string(bytes.data() + 9, 3)];
      answers.waits_s.push_back(now_s() - begun - due);
      answers.last_due_s = std::max(answers.last_due_s, due);
      free_.push_back(socket);
      --waiting_;
    }
  }

  void print(const Phase& phase) {
    std::string text = fmt::format("{{\"rate\":{:.0f},\"connections\":{}", phase.rate, opened_);
    for (auto& [status, answers] : answers_) {
      auto& waits = answers.waits_s;
      std::sort(waits.begin(), waits.end());
      const auto at = [&](double share) {
        return 1e3 * waits[static_cast<std::size_t>(share * static_cast<double>(waits.size() - 1))];
      };
      text += fmt::format(
          ",\"{}\":{{\"count\":{},\"p50_ms\":{:.3f},\"p99_ms\":{:.3f},\"max_ms\":{:.3f},"
          "\"last_due_s\":{:.2f}}}",
          status, waits.size(), at(0.5), at(0.99), at(1), answers.last_due_s);
    }
    fmt::print("{}}}\n", text);
    std::fflush(stdout);
  }

  const std::string request_;
  const int poll_;
  sockaddr_in address_{};
  std::mt19937_64 random_{1};
  std::vector<int> free_;
  std::vector<double> due_;  // by socket
  std::size_t waiting_ = 0, opened_ = 0;
  std::map<std::string, Answers> answers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: pacer PORT REQUEST_FILE RATE:SECONDS [RATE:SECONDS ...]\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  Pacer pacer(std::atoi(argv[1]),
              std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()));
  for (int i = 3; i < argc; ++i) {
    Phase phase;
    if (std::sscanf(argv[i], "%lf:%lf", &phase.rate, &phase.seconds) != 2) return 2;
    if (phase.rate > 0) {
      pacer.run(phase);
    } else {
      pacer.pause(phase.seconds);
    }
  }
  return 0;
}
