// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "net/client_socket.h"
#include "net/tls_client.h"

namespace slipway::net {
namespace {

constexpr std::string_view kPlain = "http://", kTls = "https://";

// TLS or plain.
struct Wire {
  Result<void> send(std::string_view bytes) { return tls ? tls->send(bytes) : socket.send(bytes); }
  Result<std::size_t> receive(std::span<char> room) {
    return tls ? tls->receive(room) : socket.receive(room);
  }

  ClientSocket& socket;
  std::unique_ptr<TlsConnection> tls;
};

Error not_http() { return Error(Code::kUnavailable, "net.post", "the answer is not HTTP"); }

// "HTTP/1.1 200 OK"
Result<HttpAnswer> read_status(Wire& from) {
  std::array<char, 512> bytes;
  std::size_t held = 0;
  while (held < bytes.size()) {
    ASSIGN_OR_RETURN(const std::size_t got, from.receive(std::span(bytes).subspan(held)));
    held += got;
    const std::string_view text(bytes.data(), held);
    const bool has_status = text.size() >= 12 && text.starts_with("HTTP/1.") && text[8] == ' ';
    const auto status = has_status ? parse_int64(text.substr(9, 3)) : std::nullopt;
    if (status && *status >= 100)
      return HttpAnswer{.status = static_cast<int>(*status), .body = {}};
    if (got == 0 || held >= 12) break;
  }
  return not_http();
}

Result<HttpAnswer> read_answer(Wire& from, std::size_t body_bytes_max) {
  HttpAnswerReader reader(body_bytes_max);
  std::vector<char> room(64u << 10);
  while (!reader.is_whole()) {
    ASSIGN_OR_RETURN(const std::size_t got, from.receive(room));
    RETURN_IF_ERROR(reader.take({room.data(), got}));
  }
  return reader.answer();
}

std::string head_of(const HttpUrl& url, const HttpCall& call) {
  const bool is_v6 = url.host.find(':') != url.host.npos;
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nConnection: close\r\n", call.method,
                  url.path, is_v6 ? "[" : "", url.host, is_v6 ? "]" : "", url.port);
  if (call.method == "POST") {
    fmt::format_to(std::back_inserter(head), "Content-Type: {}\r\nContent-Length: {}\r\n",
                   call.content_type, call.body.size());
  }
  return head.append(call.headers).append("\r\n");
}

Result<HttpAnswer> ask(const HttpUrl& url, const HttpCall& call) {
  std::unique_ptr<const TlsClient> own;
  if (url.is_tls && call.tls == nullptr) {
    ASSIGN_OR_RETURN(own, TlsClient::create());
  }
  ASSIGN_OR_RETURN(ClientSocket socket, ClientSocket::connect(url.host, url.port, call.timeout_ms));
  Wire wire{.socket = socket, .tls = {}};
  if (url.is_tls) {
    socket.allow(call.timeout_ms);
    ASSIGN_OR_RETURN(wire.tls, (own ? own.get() : call.tls)->connect(socket, url.host));
  }
  socket.allow(call.timeout_ms);
  auto sent = wire.send(head_of(url, call));
  if (sent) sent = wire.send(call.body);
  // Who takes no more may have answered before.
  if (sent) socket.allow(call.timeout_ms);
  auto answer =
      call.answer_bytes_max == 0 ? read_status(wire) : read_answer(wire, call.answer_bytes_max);
  if (answer || sent || answer.error().reason() == "net.tls_peer") return answer;
  return std::move(sent).error();
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return Error(Code::kInvalidArgument, "net.url",
                 fmt::format("'{}' {}: http://HOST:PORT/PATH or https:// expected", text, what));
  };
  HttpUrl url;
  url.is_tls = text.starts_with(kTls);
  if (!url.is_tls && !text.starts_with(kPlain)) return wrong("is no address of HTTP");
  if (url.is_tls) url.port = "443";
  const bool is_printable = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x7F;
  });
  if (!is_printable) return wrong("holds blanks or control characters");
  std::string_view rest = text.substr(url.is_tls ? kTls.size() : kPlain.size());
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

Result<HttpAnswer> http_call(const HttpUrl& url, const HttpCall& call) {
  auto answer = ask(url, call);
  if (answer) return answer;
  return std::move(answer).error().with_context(
      fmt::format("{}{}:{}{}", url.is_tls ? kTls : kPlain, url.host, url.port, url.path));
}

}  // namespace slipway::net
