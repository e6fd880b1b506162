// For tests: HTTP/2 frames made by hand and read as they are.
//
//   TestHttp2Client client(server->port());                    // sends the preface and SETTINGS
//   client.send_headers(1, test_head("GET", "/"), kEndStream);
//   TestResponse response = client.receive(1);                  // trailers are among the headers
//   client.ask(3, "POST", "/path", "body")                      // all of that
//
// Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/test_client.h"

namespace slipway::net {

using TestFields = std::vector<std::pair<std::string, std::string>>;

// :method, :scheme, :path, :authority, then `more`.
TestFields test_head(std::string method, std::string path, const TestFields& more = {});
// As HPACK literals that nobody has to remember.
std::string test_hpack(const TestFields& fields);

struct TestFrame {
  std::uint8_t type = 0xFF;  // 0xFF: the connection has ended
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload;

  std::uint32_t number(std::size_t at) const;  // of 32 bits
};

std::string test_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                       std::string_view payload = "");

class TestHttp2Client {
 public:
  enum : std::uint8_t { kData, kHeaders, kPriority, kReset, kSettings, kPush, kPing, kGoAway };
  static constexpr std::uint8_t kEndStream = 1, kEndHeaders = 4, kAck = 1;

  explicit TestHttp2Client(std::uint16_t port);
  ~TestHttp2Client();

  TestClient& raw() { return client_; }
  bool send(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
            std::string_view payload = "");
  bool send_headers(std::uint32_t stream, const TestFields& fields, std::uint8_t flags = 0);
  TestFrame receive_frame();
  // The next frame of that type; others of its kind are looked at and forgotten.
  TestFrame await(std::uint8_t type);

  TestResponse receive(std::uint32_t stream);
  TestResponse ask(std::uint32_t stream, const std::string& method, const std::string& path,
                   std::string_view body = "", const TestFields& more = {});
  // Data of a stream, as far as it has been seen.
  std::string& body_of(std::uint32_t stream) { return seen_[stream].response.body; }
  bool has_ended(std::uint32_t stream) { return seen_[stream].ended; }
  std::uint32_t reset_of(std::uint32_t stream) { return seen_[stream].reset; }

 private:
  struct Seen {
    TestResponse response;
    bool ended = false;
    std::uint32_t reset = 0xFFFFFFFF;  // the error, if it was reset
  };
  struct Hpack;
  void look_at(const TestFrame& frame);

  TestClient client_;
  std::unique_ptr<Hpack> hpack_;
  std::map<std::uint32_t, Seen> seen_;
};

}  // namespace slipway::net
