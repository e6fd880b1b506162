// Sends requests when they are due, whatever has been answered: an open loop, so that a server that
// falls behind is seen to. A latency counts from when its request was due.
//
//   pacer [--grpc] [--steady] [--connections N] PORT REQUEST_FILE RATE:SECONDS [RATE:SECONDS ...]
//
// The file holds one whole request of HTTP/1.1 or, with --grpc, a message of ModelInfer framed for gRPC, which is then
// sent over HTTP/2. Due times are random (Poisson), of a fixed seed, or with --steady the same time apart; a rate of 0
// is a pause. A request that finds no idle connection opens one, or, where there are N already, waits for one, which
// counts. Prints a line of JSON for each phase: counts and percentiles by status ("lost": the connection ended without
// an answer; "unsent": none could be opened; "error": gRPC answered without a message), and when in it the last such
// request was due.
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
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "grpc_calls.h"

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
  struct Options {
    bool grpc = false, steady = false;
    std::size_t connections_max = static_cast<std::size_t>(-1);
  };
  Pacer(int port, std::string request, Options options)
      : request_(std::move(request)), options_(options), poll_(epoll_create1(0)) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(static_cast<std::uint16_t>(port));
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }

  void run(const Phase& phase) {
    answers_.clear();
    const double begun = now_s();
    std::exponential_distribution<double> random_gap(phase.rate);
    const auto gap = [&] { return options_.steady ? 1 / phase.rate : random_gap(random_); };
    double due = gap();
    while (due < phase.seconds || waiting_ > 0 || !unsent_.empty()) {
      for (const double now = now_s() - begun; due < phase.seconds && due <= now; due += gap())
        unsent_.push_back(due);
      while (!unsent_.empty() && (!free_.empty() || open_ < options_.connections_max)) {
        send(unsent_.front());
        unsent_.pop_front();
      }
      receive(begun);
    }
    print(phase);
  }

  void pause(double seconds) const {
    epoll_event none{};
    (void)epoll_wait(poll_, &none, 1, static_cast<int>(seconds * 1e3));
  }

 private:
  struct Peer {
    bool waits = false;
    double due = 0;
    GrpcCalls calls{""};
  };

  void send(double due) {
    const int socket = free_.empty() ? open() : free_.back();
    if (socket < 0) return note("unsent", due, due);  // nobody listens
    if (!free_.empty()) free_.pop_back();
    Peer& peer = peers_[static_cast<std::size_t>(socket)];
    peer.waits = true;
    peer.due = due;
    ++waiting_;
    put(socket, options_.grpc ? peer.calls.next() : request_);
  }

  // What cannot be sent was not taken: the end of the connection comes as input.
  static void put(int socket, const std::string& bytes) {
    (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  int open() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    if (socket < 0) fail("socket");
    if (connect(socket, reinterpret_cast<const sockaddr*>(&address_), sizeof(address_)) != 0) {
      close(socket);
      return -1;
    }
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
    if (peers_.size() <= static_cast<std::size_t>(socket))
      peers_.resize(static_cast<std::size_t>(socket) + 1);
    if (options_.grpc) {
      peers_[static_cast<std::size_t>(socket)].calls = GrpcCalls(request_);
      put(socket, GrpcCalls::opening());
    }
    ++opened_, ++open_;
    return socket;
  }

  void receive(double begun) {
    const int count = epoll_wait(poll_, events_.data(), static_cast<int>(events_.size()), 0);
    for (int i = 0; i < count; ++i) {
      const int socket = events_[static_cast<std::size_t>(i)].data.fd;
      const ssize_t size = recv(socket, bytes_.data(), bytes_.size(), 0);
      Peer& peer = peers_[static_cast<std::size_t>(socket)];
      const std::string_view answer(bytes_.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
      std::string status = answer.size() > 12 ? std::string(answer.substr(9, 3)) : "lost";
      if (options_.grpc && !answer.empty()) {
        const GrpcCalls::Read read = peer.calls.read(answer);
        if (!read.reply.empty()) put(socket, read.reply);
        if (!read.ended) continue;
        status = read.answered ? "200" : "error";
      }
      if (peer.waits) {
        --waiting_;
        note(status, peer.due, now_s() - begun);
      } else {
        std::erase(free_, socket);
      }
      peer.waits = false;
      const bool goes_on = !answer.empty() && answer.find("Connection: close") == answer.npos;
      if (goes_on) {
        free_.push_back(socket);
      } else {
        close(socket);
        --open_;
      }
    }
  }

  void note(const std::string& status, double due, double now) {
    Answers& answers = answers_[status];
    answers.waits_s.push_back(now - due);
    answers.last_due_s = std::max(answers.last_due_s, due);
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
  const Options options_;
  const int poll_;
  sockaddr_in address_{};
  std::mt19937_64 random_{1};
  std::vector<int> free_;
  std::vector<Peer> peers_;    // by socket
  std::deque<double> unsent_;  // due times
  std::size_t waiting_ = 0, opened_ = 0, open_ = 0;
  std::map<std::string, Answers> answers_;
  std::array<epoll_event, 256> events_{};
  std::array<char, 65536> bytes_{};
};

// Those in front, which are then gone.
Pacer::Options take_options(int* argc, char*** argv) {
  Pacer::Options options;
  for (; *argc > 2 && std::string_view((*argv)[1]).starts_with("--"); ++*argv, --*argc) {
    const std::string_view option = (*argv)[1];
    if (option == "--grpc") options.grpc = true;
    if (option == "--steady") options.steady = true;
    if (option != "--connections") continue;
    ++*argv, --*argc;
    options.connections_max = std::strtoull((*argv)[1], nullptr, 10);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Pacer::Options options = take_options(&argc, &argv);
  if (argc < 4) {
    fmt::print(stderr,
               "usage: pacer [--grpc] [--steady] [--connections N] PORT REQUEST_FILE "
               "RATE:SECONDS [RATE:SECONDS ...]\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  Pacer pacer(std::atoi(argv[1]),
              std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()),
              options);
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
