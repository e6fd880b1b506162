// SPDX-License-Identifier: Apache-2.0
#include "net/http_post.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "base/text.h"

namespace slipway::net {
namespace {

constexpr std::string_view kScheme = "http://";

class Socket {
 public:
  explicit Socket(int number) : number_(number) {}
  ~Socket() {
    if (number_ >= 0) close(number_);
  }
  Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Error failed(const HttpUrl& url, std::string_view what) {
  return Error(Code::kUnavailable, "net.post",
               fmt::format("http://{}:{}{}: {}", url.host, url.port, url.path, what));
}

struct FreeAddress {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};

Result<Socket> open_socket(const HttpUrl& url, std::int64_t timeout_ms) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); error != 0)
    return failed(url, gai_strerror(error));
  const std::unique_ptr<addrinfo, FreeAddress> addresses(found);
  const timeval timeout{.tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000};
  int error = ENOENT;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Socket made(socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
    if (made.number() < 0) continue;
    // Of connect(), too.
    setsockopt(made.number(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    setsockopt(made.number(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (connect(made.number(), each->ai_addr, each->ai_addrlen) == 0) return made;
    error = errno;
  }
  return failed(url, std::strerror(error));
}

Result<void> send_all(const HttpUrl& url, const Socket& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(to.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return failed(url, std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

// "HTTP/1.1 200 OK"
Result<int> read_status(const HttpUrl& url, const Socket& from) {
  std::array<char, 512> bytes;
  std::size_t held = 0;
  while (held < bytes.size()) {
    const ssize_t got = recv(from.number(), bytes.data() + held, bytes.size() - held, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(url, std::strerror(errno));
    held += static_cast<std::size_t>(got);
    const std::string_view text(bytes.data(), held);
    const bool has_status = text.size() >= 12 && text.starts_with("HTTP/1.") && text[8] == ' ';
    const auto status = has_status ? parse_int64(text.substr(9, 3)) : std::nullopt;
    if (status && *status >= 100) return static_cast<int>(*status);
    if (got == 0 || held >= 12) break;
  }
  return failed(url, "the answer is not HTTP");
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return Error(Code::kInvalidArgument, "net.url",
                 fmt::format("'{}' {}: http://HOST:PORT/PATH expected", text, what));
  };
  if (text.starts_with("https://")) return wrong("wants TLS, which is not spoken here");
  if (!text.starts_with(kScheme)) return wrong("is no address of HTTP");
  const bool is_printable = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x7F;
  });
  if (!is_printable) return wrong("holds blanks or control characters");
  std::string_view rest = text.substr(kScheme.size());
  HttpUrl url;
  if (const auto slash = rest.find('/'); slash != rest.npos) {
    url.path = rest.substr(slash);
    rest = rest.substr(0, slash);
  }
  const auto colon = rest.rfind(':');
  const bool has_port = colon != rest.npos && rest.find(']', colon) == rest.npos;
  if (has_port) {
    const auto port = parse_int64(rest.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return wrong("has no port from 1 to 65535");
    url.port = std::to_string(*port);
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  if (rest.empty()) return wrong("names no host");
  url.host = rest;
  return url;
}

Result<int> http_post(const HttpUrl& url, std::string_view body, const HttpPost& options) {
  ASSIGN_OR_RETURN(const Socket to, open_socket(url, options.timeout_ms));
  const bool is_v6 = url.host.find(':') != url.host.npos;
  const std::string head = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
      "Connection: close\r\n{}\r\n",
      url.path, is_v6 ? "[" : "", url.host, is_v6 ? "]" : "", url.port, options.content_type,
      body.size(), options.headers);
  RETURN_IF_ERROR(send_all(url, to, head));
  RETURN_IF_ERROR(send_all(url, to, body));
  return read_status(url, to);
}

}  // namespace slipway::net
