// The least that a server of infer requests can do: epoll, a parser for the one request that the
// benchmark sends, base/json for its numbers, an answer of the same size as slipway's. No limits, no
// routes, no timeouts, no metrics: a floor to measure against, not a server.
//
//   epoll_floor PORT
//
// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace slipway {
namespace {

constexpr std::size_t kRequestBytesMax = 8192;

struct Connection {
  int socket = -1;
  std::size_t size = 0;
  std::array<char, kRequestBytesMax + kJsonPadding> bytes;
};

class Floor {
 public:
  explicit Floor(int listener) : listener_(listener), epoll_(epoll_create1(0)) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 64> events;
    while (true) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        connection == nullptr ? accept() : serve(connection);
      }
    }
  }

 private:
  void accept() {
    auto* connection = new Connection;
    connection->socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    const int on = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    epoll_event event{.events = EPOLLIN, .data = {.ptr = connection}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->socket, &event);
  }

  void serve(Connection* connection) {
    const ssize_t got = recv(connection->socket, connection->bytes.data() + connection->size,
                             kRequestBytesMax - connection->size, 0);
    if (got <= 0) {
      close(connection->socket);
      delete connection;
      return;
    }
    connection->size += static_cast<std::size_t>(got);
    const std::string_view text(connection->bytes.data(), connection->size);
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return;
    const std::size_t length = content_length(text.substr(0, end));
    if (text.size() < end + 4 + length) return;
    answer(connection->socket, connection->bytes.data() + end + 4, length);
    connection->size = 0;
  }

  static std::size_t content_length(std::string_view head) {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
         at = head.find("\r\n", at + 2)) {
      if (strncasecmp(head.data() + at + 2, "content-length:", 15) == 0)
        return std::strtoull(head.data() + at + 17, nullptr, 10);
    }
    return 0;
  }

  void answer(int socket, const char* body, std::size_t size) {
    const auto root = parser_.parse_padded(body, size, size + kJsonPadding);
    double sum = 0;
    if (root) {
      const JsonView data = (*root.value().find("inputs").array().begin()).find("data");
      numbers_.resize(data.size());
      if (data.read_doubles(numbers_)) sum = std::accumulate(numbers_.begin(), numbers_.end(), 0.0);
    }
    reply_.clear();
    fmt::format_to(
        std::back_inserter(reply_),
        R"({{"model_name":"floor","model_version":"1","id":"00000000000000000000000000",)"
        R"("outputs":[{{"name":"predict","datatype":"FP64","shape":[1],"data":[{}]}}]}})",
        sum);
    out_.clear();
    fmt::format_to(
        std::back_inserter(out_),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        reply_.size(), reply_);
    (void)send(socket, out_.data(), out_.size(), MSG_NOSIGNAL);
  }

  const int listener_;
  const int epoll_;
  JsonParser parser_;
  std::vector<double> numbers_;
  std::string reply_, out_;
};

}  // namespace
}  // namespace slipway

int main(int argc, char** argv) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8099));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener, 1024) != 0) {
    fmt::print(stderr, "epoll_floor: cannot listen: {}\n", std::strerror(errno));
    return 1;
  }
  slipway::Floor(listener).run();
}
