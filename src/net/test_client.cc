// SPDX-License-Identifier: Apache-2.0
#include "net/test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>

namespace slipway::net {
namespace {

void parse_head(std::string_view head, TestResponse* response) {
  response->status = std::atoi(std::string(head.substr(9, 3)).c_str());
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find(": ");
    std::string name(line.substr(0, colon));
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    response->headers[name] = line.substr(colon + 2);
  }
}

}  // namespace

TestClient::TestClient(std::uint16_t port, int receive_buffer_bytes) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer_bytes > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(receive_buffer_bytes));
  }
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const timeval patience{20, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

TestClient::~TestClient() { close(socket_); }

bool TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void TestClient::end_output() { shutdown(socket_, SHUT_WR); }

TestResponse TestClient::receive(bool has_body) {
  TestResponse response;
  std::size_t end;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return response;
  }
  parse_head(std::string_view(input_).substr(0, end + 2), &response);
  input_.erase(0, end + 4);
  const auto length = response.headers.find("content-length");
  if (length == response.headers.end() || !has_body) return response;
  const std::size_t size = std::strtoull(length->second.c_str(), nullptr, 10);
  while (input_.size() < size) {
    if (!more()) return response;
  }
  response.body = input_.substr(0, size);
  input_.erase(0, size);
  return response;
}

std::string TestClient::receive_bytes(std::size_t size) {
  while (input_.size() < size && more()) continue;
  const std::string bytes = input_.substr(0, size);
  input_.erase(0, bytes.size());
  return bytes;
}

TestResponse TestClient::ask(std::string_view bytes) {
  send(bytes);
  return receive();
}

bool TestClient::is_closed() {
  while (more()) continue;
  return input_.empty() && ended_;
}

bool TestClient::more() {
  char bytes[1 << 16];
  const ssize_t got = recv(socket_, bytes, sizeof(bytes), 0);
  if (got > 0) input_.append(bytes, static_cast<std::size_t>(got));
  ended_ = ended_ || got == 0;
  return got > 0;
}

std::string test_request(std::string_view method, std::string_view target, std::string_view body,
                         std::string_view headers) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n");
  text.append(headers);
  if (!body.empty() || method == "POST")
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

Result<int> test_post(const HttpUrl& url, std::string_view body, HttpCall call) {
  call.body = body;
  ASSIGN_OR_RETURN(const HttpAnswer answer, http_call(url, call));
  return answer.status;
}

}  // namespace slipway::net
