// For tests: a blocking client that sends any bytes and reads answers as they are.
//
//   TestClient client(server->port());
//   client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
//   TestResponse response = client.receive();             // status 0: closed without an answer
//
// Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_client.h"

namespace slipway::net {

struct TestResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class TestClient {
 public:
  // receive_buffer_bytes: 0 for the system's own size; small ones make the server's sends block.
  explicit TestClient(std::uint16_t port, int receive_buffer_bytes = 0);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return connected_; }
  int descriptor() const { return socket_; }

  bool send(std::string_view bytes);
  void end_output();
  // One answer; interim ones (100) too.
  TestResponse receive(bool has_body = true);
  TestResponse ask(std::string_view bytes);
  // Just so many bytes; fewer if no more came.
  std::string receive_bytes(std::size_t size);
  // Nothing more came, and the server has closed.
  bool is_closed();

 private:
  bool more();

  int socket_ = -1;
  bool connected_ = false;
  bool ended_ = false;
  std::string input_;
};

// A whole request; `headers` are lines that end in "\r\n".
std::string test_request(std::string_view method, std::string_view target,
                         std::string_view body = "", std::string_view headers = "");

// The status that a POST by http_client.h is answered with.
Result<int> test_post(const HttpUrl& url, std::string_view body, HttpCall call = {});

}  // namespace slipway::net
