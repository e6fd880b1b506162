// SPDX-License-Identifier: Apache-2.0
#include "net/http2_session.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "net/http_server.h"
#include "net/test_http2_client.h"

namespace slipway::net {
namespace {

constexpr std::uint32_t kProtocolError = 1, kRefusedStream = 7, kCalm = 11;

void pause_ms(std::int64_t ms) {
  Mutex mutex;
  Condition never;
  MutexLock lock(mutex);
  never.wait_for_ms(mutex, ms);
}

class Echo final : public Handler {
 public:
  void handle(const HttpRequest& request, HttpResponse& response) override {
    response.content_type = "text/plain";
    if (request.path == "/big") {
      response.body.assign(3u << 20, 'x');
    } else if (request.path == "/later") {
      response.later = later;
    } else if (request.path == "/trailers") {
      response.body = "body";
      response.add_header("X-Own", "1");
      response.trailers = "X-After: yes\r\n";
    } else if (request.path != "/empty") {
      response.body = std::string(name_of(request.method)) + " " + std::string(request.path) + " " +
                      std::string(request.query) + " " + std::string(request.body) + " " +
                      std::string(request.headers.find("Host").value_or("?"));
    }
  }
  std::optional<Reject> admit(const HttpRequest& head) override {
    if (head.path != "/full") return std::nullopt;
    return Reject{.status = 503, .body = "full", .retry_after_s = 7};
  }
  const std::shared_ptr<Later> later = std::make_shared<Later>();
};

class Http2SessionTest : public testing::Test {
 protected:
  void start(const Limits& limits = {}, const Clock& clock = system_clock()) {
    auto started =
        HttpServer::start({.port = 0, .reactors = 1, .limits = limits}, echo_, registry_, clock);
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(started).value();
    client_ = std::make_unique<TestHttp2Client>(server_->port());
  }
  bool counted(const std::string& limit) const {
    return registry_.render().find("slipway_http_limits_total{limit=\"" + limit + "\"}") !=
           std::string::npos;
  }

  Echo echo_;
  MetricRegistry registry_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<TestHttp2Client> client_;
};

TEST_F(Http2SessionTest, AnswersOnThePortOfHttp1) {
  start();
  TestClient old(server_->port());
  EXPECT_EQ(old.ask(test_request("GET", "/a")).status, 200);
  for (std::uint32_t id = 1; id < 9; id += 2) {
    const TestResponse response = client_->ask(id, "POST", "/a?b=c", "hello");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "POST /a b=c hello test");
    EXPECT_EQ(response.headers.at("content-type"), "text/plain");
    EXPECT_EQ(response.headers.at("content-length"), "22");
    EXPECT_EQ(response.headers.at("date").size(), 29u);
  }
  EXPECT_EQ(client_->ask(9, "GET", "/empty").status, 200);
  EXPECT_EQ(client_->ask(11, "HEAD", "/h").headers.at("content-length"), "14");
  EXPECT_EQ(client_->body_of(11), "");
}

TEST_F(Http2SessionTest, ThePrefaceMayComeInPieces) {
  start();
  TestClient raw(server_->port());
  const std::string bytes = std::string(kHttp2Preface) + test_frame(4, 0, 0) +
                            test_frame(1, 5, 1, test_hpack(test_head("GET", "/p")));
  for (const char c : bytes) ASSERT_TRUE(raw.send(std::string(1, c)));
  std::string received;
  while (received.find("GET /p") == std::string::npos) {
    const std::string more = raw.receive_bytes(1);
    ASSERT_FALSE(more.empty()) << received;
    received += more;
  }
}

TEST_F(Http2SessionTest, OtherPrefacesAreRefused) {
  start();
  TestClient raw(server_->port());
  EXPECT_EQ(raw.ask("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n").status, 505);
  TestClient frame(server_->port());
  frame.send(std::string(kHttp2Preface) + test_frame(6, 0, 0, "12345678"));  // not SETTINGS first
  TestHttp2Client other(server_->port());
  other.raw().send(test_frame(0, 0, 0, "data of no stream"));
  EXPECT_EQ(other.await(TestHttp2Client::kGoAway).number(4), kProtocolError);
}

// No deadline passes here, and nothing comes in that it could go with.
TEST_F(Http2SessionTest, AnAnswerThatComesLaterGoesOnWhenThereIsRoom) {
  const FakeClock clock(1'000'000);
  start({}, clock);
  constexpr std::string_view kWindow("\0\x4\x7F\xFF\xFF\xFF", 6), kMore("\x7F\0\0\0", 4);
  client_->send(TestHttp2Client::kSettings, 0, 0, kWindow);
  client_->send(8, 0, 0, kMore);
  client_->send_headers(1, test_head("GET", "/later"), TestHttp2Client::kEndStream);
  // All of it has been read then, maybe at once.
  EXPECT_EQ(client_->ask(3, "GET", "/empty").status, 200);
  HttpResponse large;
  large.body.assign(32u << 20, 'x');
  echo_.later->finish(std::move(large));
  const std::size_t received = client_->receive(1).body.size();
  EXPECT_EQ(received, 32u << 20) << client_->body_of(1).size();
}

TEST_F(Http2SessionTest, TrailersFollowTheBody) {
  start();
  const TestResponse response = client_->ask(1, "GET", "/trailers");
  EXPECT_EQ(response.body, "body");
  EXPECT_EQ(response.headers.at("x-own"), "1");
  EXPECT_EQ(response.headers.at("x-after"), "yes");
}

TEST_F(Http2SessionTest, BodiesMayBeLargerThanAnyWindow) {
  start();
  client_->send_headers(1, test_head("POST", "/"), 0);
  // Our window is a mebibyte: what goes beyond is sent once the server has made room.
  std::string body;
  std::size_t window = 65'535;
  while (body.size() < (3u << 20)) {
    const std::string piece(16'000, static_cast<char>('a' + body.size() % 26));
    while (window < piece.size()) {
      const TestFrame frame = client_->receive_frame();
      ASSERT_NE(frame.type, 0xFF);
      if (frame.type == 8 && frame.stream == 0) window += frame.number(0);
    }
    window -= piece.size();
    ASSERT_TRUE(client_->send(TestHttp2Client::kData, 0, 1, piece));
    body += piece;
  }
  client_->send(TestHttp2Client::kData, TestHttp2Client::kEndStream, 1);
  // And the answer waits for ours.
  const std::string more{0x01, 0, 0, 0};
  client_->send(8, 0, 0, more);
  client_->send(8, 0, 1, more);
  EXPECT_EQ(client_->receive(1).body, "POST /  " + body + " test");
}

TEST_F(Http2SessionTest, ManyRequestsAreUnderWayAtATime) {
  start();
  for (std::uint32_t id = 1; id < 200; id += 2)
    client_->send_headers(id, test_head("POST", "/" + std::to_string(id)));
  for (std::uint32_t id = 199; id >= 1 && id < 200; id -= 2)
    client_->send(TestHttp2Client::kData, TestHttp2Client::kEndStream, id, "b");
  for (std::uint32_t id = 1; id < 200; id += 2)
    ASSERT_EQ(client_->receive(id).body, "POST /" + std::to_string(id) + "  b test");
}

TEST_F(Http2SessionTest, MoreStreamsThanAllowedAreRefused) {
  start({.streams_max = 2});
  for (std::uint32_t id = 1; id <= 5; id += 2) client_->send_headers(id, test_head("POST", "/"));
  client_->receive(5);
  EXPECT_EQ(client_->reset_of(5), kRefusedStream);
  EXPECT_TRUE(counted("streams"));
}

TEST_F(Http2SessionTest, WhatIsRefusedGetsHttp1sStatus) {
  start({.header_bytes_max = 4000,
         .header_fields_max = 20,
         .target_bytes_max = 100,
         .body_bytes_max = 1000});
  EXPECT_EQ(client_->ask(1, "GET", "/", "", {{"x", std::string(5000, 'y')}}).status, 431);
  EXPECT_TRUE(counted("header_bytes"));
  TestFields many;
  for (int i = 0; i < 30; ++i) many.emplace_back("x" + std::to_string(i), "y");
  EXPECT_EQ(client_->ask(3, "GET", "/", "", many).status, 431);
  EXPECT_EQ(client_->ask(5, "GET", "/" + std::string(200, 'a')).status, 414);
  EXPECT_EQ(client_->ask(7, "POST", "/", std::string(1001, 'b')).status, 413);
  client_->send_headers(9, test_head("POST", "/", {{"content-length", "1001"}}));
  EXPECT_EQ(client_->receive(9).status, 413);
  EXPECT_EQ(client_->await(TestHttp2Client::kReset).number(0), 0u) << "the rest is not wanted";
  EXPECT_EQ(client_->ask(11, "GET", "path").status, 0) << "it is malformed, and reset";
  const TestResponse full = client_->ask(13, "POST", "/full", "b");
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(full.headers.at("retry-after"), "7");
  EXPECT_EQ(client_->ask(15, "POST", "/", std::string(1000, 'b')).status, 200);
  const TestResponse call =
      client_->ask(17, "POST", "/full", "b", {{"content-type", "application/grpc"}});
  EXPECT_EQ(call.headers.at("grpc-status"), "14");
  EXPECT_EQ(call.headers.at("grpc-retry-pushback-ms"), "7000");
}

TEST_F(Http2SessionTest, AnAnswerThatIsNotThereYetHoldsUpNoOther) {
  start();
  client_->send_headers(1, test_head("GET", "/later"), 1);
  EXPECT_EQ(client_->ask(3, "GET", "/now").status, 200);
  EXPECT_FALSE(client_->has_ended(1));
  HttpResponse answer;
  answer.body = "at last";
  echo_.later->finish(std::move(answer));
  EXPECT_EQ(client_->receive(1).body, "at last");
}

TEST_F(Http2SessionTest, AnExpectationIsAnswered) {
  start();
  client_->send_headers(1, test_head("POST", "/", {{"expect", "100-continue"}}));
  while (client_->receive_frame().type != TestHttp2Client::kHeaders) continue;
  client_->send(TestHttp2Client::kData, TestHttp2Client::kEndStream, 1, "b");
  EXPECT_EQ(client_->receive(1).body, "POST /  b test");
}

TEST_F(Http2SessionTest, ARapidResetIsNotServedForLong) {
  start({.stream_resets_max = 50});
  std::string bytes;
  for (std::uint32_t id = 1; id < 400; id += 2) {
    bytes += test_frame(1, 4, id, test_hpack(test_head("POST", "/")));
    bytes += test_frame(3, 0, id, std::string("\0\0\0\x8", 4));
  }
  client_->raw().send(bytes);
  EXPECT_EQ(client_->await(TestHttp2Client::kGoAway).number(4), kCalm);
  EXPECT_TRUE(counted("stream_resets"));
}

// PRIORITY and unknown types are not among them: skipping them costs what reading them does.
TEST_F(Http2SessionTest, AFloodOfCheapFramesIsNotServedForLong) {
  const std::string open = test_frame(1, 4, 1, test_hpack(test_head("POST", "/")));
  for (const std::string& frame :
       {test_frame(6, 0, 0, "12345678"), test_frame(4, 0, 0), test_frame(0, 0, 1)}) {
    start({.control_frames_max = 100});
    std::string bytes = open;
    for (int i = 0; i < 200; ++i) bytes += frame;
    client_->raw().send(bytes);
    EXPECT_EQ(client_->await(TestHttp2Client::kGoAway).number(4), kCalm);
    EXPECT_TRUE(counted("control_frames"));
  }
}

TEST_F(Http2SessionTest, SlowRequestsEnd) {
  start({.header_timeout_ms = 300, .body_timeout_ms = 300});
  client_->send_headers(1, test_head("POST", "/"));
  EXPECT_EQ(client_->receive(1).status, 408);
  EXPECT_TRUE(counted("body_timeout"));
  client_->send(TestHttp2Client::kHeaders, 0, 3, test_hpack(test_head("POST", "/")));  // goes on?
  EXPECT_EQ(client_->await(TestHttp2Client::kGoAway).number(4), kProtocolError);
  EXPECT_TRUE(counted("header_timeout"));
}

TEST_F(Http2SessionTest, AHeaderMayNotDripIn) {
  start({.header_timeout_ms = 500});
  const std::string bytes = test_frame(TestHttp2Client::kHeaders, TestHttp2Client::kEndHeaders, 1,
                                       test_hpack(test_head("GET", "/" + std::string(4000, 'a'))));
  std::size_t at = 0;
  // Bytes keep coming, and the time is up all the same.
  while (client_->raw().send(bytes.substr(at++, 1)) && !counted("header_timeout")) {
    ASSERT_LT(at, bytes.size()) << "the header was complete before its time was up";
    pause_ms(5);
  }
  EXPECT_EQ(client_->await(TestHttp2Client::kGoAway).number(4), kProtocolError);
}

TEST_F(Http2SessionTest, DrainingDoesNotWaitForWhoHasNotBegun) {
  start({.header_timeout_ms = 60'000});
  TestClient raw(server_->port());
  raw.send(kHttp2Preface);
  raw.receive_bytes(9);
  EXPECT_TRUE(server_->drain(20'000));
}

TEST_F(Http2SessionTest, WhoSaysNothingIsLeft) {
  start({.header_timeout_ms = 300, .idle_timeout_ms = 300});
  EXPECT_EQ(client_->ask(1, "GET", "/").status, 200);
  EXPECT_EQ(client_->await(TestHttp2Client::kGoAway).number(4), 0u);
  EXPECT_TRUE(counted("idle_timeout"));
  TestClient raw(server_->port());
  raw.send(kHttp2Preface);
  EXPECT_NE(raw.receive_bytes(9).size(), 0u);
  EXPECT_TRUE(raw.receive_bytes(1 << 20).size() < 1000);
}

TEST_F(Http2SessionTest, WhoDoesNotReadIsLeft) {
  start({.write_timeout_ms = 500});
  client_->send_headers(1, test_head("GET", "/big"), 1);
  // 64 KiB fit the window that we have given; then nothing.
  while (!client_->has_ended(1)) ASSERT_NE(client_->receive_frame().type, 0xFF);
  EXPECT_EQ(client_->reset_of(1), 8u);
  EXPECT_TRUE(counted("write_timeout"));
}

TEST_F(Http2SessionTest, DrainingWarnsThenTakesNoMoreAndAnswersTheRest) {
  start();
  EXPECT_EQ(client_->ask(1, "GET", "/").status, 200);
  client_->send_headers(3, test_head("POST", "/slow"));
  EXPECT_EQ(client_->ask(5, "GET", "/").status, 200);  // so the stream before has arrived
  OwnedThread drainer("drain", [&] { EXPECT_TRUE(server_->drain(10'000)); });
  EXPECT_EQ(client_->await(TestHttp2Client::kGoAway).number(0), 0x7FFFFFFFu);
  EXPECT_EQ(client_->ask(7, "GET", "/late").status, 200);
  EXPECT_EQ(client_->await(TestHttp2Client::kGoAway).number(0), 7u);
  client_->send(TestHttp2Client::kData, 1, 3, "end");
  EXPECT_EQ(client_->receive(3).body, "POST /slow  end test");
  EXPECT_EQ(client_->receive_frame().type, 0xFF);
}

// HPACK's table has these fields after the first request, which the others name in a byte each.
TEST_F(Http2SessionTest, ABlockThatComesAgainMeansTheSame) {
  start();
  const auto literal = [](const std::string& name, const std::string& value) {
    return '\x40' + std::string(1, static_cast<char>(name.size())) + name +
           std::string(1, static_cast<char>(value.size())) + value;
  };
  const std::string first = literal(":method", "GET") + literal(":scheme", "http") +
                            literal(":path", "/one") + literal(":authority", "test");
  const auto ask = [&](std::uint32_t id, const std::string& block) {
    client_->send(TestHttp2Client::kHeaders, 5, id, block);
    return client_->receive(id).body;
  };
  EXPECT_EQ(ask(1, first), "GET /one   test");
  EXPECT_EQ(ask(3, "\xc1\xc0\xbf\xbe"), "GET /one   test");
  EXPECT_EQ(ask(5, "\xc1\xc0\xbf\xbe"), "GET /one   test");
  // Another path takes the first place: the same bytes are other fields from here on.
  EXPECT_EQ(ask(7, "\xc1\xc0" + literal(":path", "/two") + "\xbf"), "GET /two   test");
  EXPECT_EQ(ask(9, "\xc2\xc1\xbe\xbf"), "GET /two   test");
  EXPECT_EQ(ask(11, "\xc2\xc1\xc0\xbf"), "GET /one   test");
  client_->send(TestHttp2Client::kHeaders, 5, 13,
                "\xc1\xc0\xbf\xbe");  // :scheme, :path, :authority, :path
  client_->receive(13);
  EXPECT_EQ(client_->reset_of(13), kProtocolError);
  EXPECT_EQ(ask(15, "\xc2\xc1\xc0\xbf"), "GET /one   test");
  // What is not put into the table may follow the same beginning.
  const std::string path("\x04\x06/three", 8);
  for (std::uint32_t id = 17; id < 23; id += 2)
    EXPECT_EQ(ask(id, "\xc2\xc1\xbf" + path), "GET /three   test");
  EXPECT_EQ(ask(23, "\xc2\xc1\xc0\xbf"), "GET /one   test");
  for (std::uint32_t id = 25; id < 31; id += 2)
    EXPECT_EQ(ask(id, "\xc2\xc1\xbf" + path), "GET /three   test");
  EXPECT_EQ(ask(31, "\xc2\xc1\xbf" + literal(":path", "/four")), "GET /four   test");
  // All of it is as before, and means :scheme, :path, :path, :path now.
  client_->send(TestHttp2Client::kHeaders, 5, 33, "\xc2\xc1\xbf" + path);
  client_->receive(33);
  EXPECT_EQ(client_->reset_of(33), kProtocolError);
  for (std::uint32_t id = 35; id < 41; id += 2)
    EXPECT_EQ(ask(id, "\xc3\xc2\xc0" + path), "GET /three   test");
  // The table's size is told first in a block, or not at all.
  client_->send(TestHttp2Client::kHeaders, 5, 41, "\xc2\xc1\xc0\x20\xbf");
  EXPECT_EQ(client_->await(TestHttp2Client::kGoAway).number(4), 9u);
}

TEST_F(Http2SessionTest, LateWordsOfAStreamThatWeHaveResetAreNoError) {
  start({.body_bytes_max = 10});
  client_->send_headers(1, test_head("POST", "/", {{"content-length", "5000"}}));
  EXPECT_EQ(client_->receive(1).status, 413);
  EXPECT_EQ(client_->await(TestHttp2Client::kReset).number(0), 0u);
  client_->send(TestHttp2Client::kData, 0, 1, std::string(2500, 'x'));
  client_->send_headers(1, {{"x-trailer", "late"}}, TestHttp2Client::kEndStream);
  EXPECT_EQ(client_->ask(3, "GET", "/").status, 200);
}

TEST_F(Http2SessionTest, PaddingIsNoBodyAndIsGivenBack) {
  start();
  client_->send_headers(1, test_head("POST", "/"));
  // More padding than the window of the stream has room for at a time.
  const std::string padded = '\xff' + std::string("ab") + std::string(255, '\0');
  std::size_t room = 65'535;
  for (int i = 0; i < 6000; ++i) {
    while (room < padded.size()) {
      const TestFrame frame = client_->receive_frame();
      ASSERT_NE(frame.type, 0xFF);
      if (frame.type == 8 && frame.stream == 0) room += frame.number(0);
    }
    room -= padded.size();
    ASSERT_TRUE(client_->send(TestHttp2Client::kData, 8, 1, padded));
  }
  client_->send(TestHttp2Client::kData, TestHttp2Client::kEndStream, 1);
  EXPECT_EQ(client_->receive(1).body.size(), std::string("POST /   test").size() + 12'000);
}

// Memory goes back to the pool a second after the last byte; what was received of a frame does not.
TEST_F(Http2SessionTest, AFrameMayComeInTwoHalvesLongApart) {
  start();
  EXPECT_EQ(client_->ask(1, "GET", "/").status, 200);
  const std::string ping = test_frame(TestHttp2Client::kPing, 0, 0, "12345678");
  client_->raw().send(ping.substr(0, 12));
  pause_ms(1400);
  client_->raw().send(ping.substr(12));
  EXPECT_EQ(client_->await(TestHttp2Client::kPing).payload, "12345678");
}

// Both have more to send than a window holds: their frames alternate.
TEST_F(Http2SessionTest, LargeAnswersShareTheConnection) {
  start();
  for (const std::uint32_t id : {1u, 3u}) {
    client_->send_headers(id, test_head("GET", "/big"), 1);
    client_->send(8, 0, id, std::string("\x01\0\0\0", 4));
  }
  // The connection's window last: until then there is room for 64 KiB, so that neither is done before the other is asked for.
  client_->send(8, 0, 0, std::string("\x01\0\0\0", 4));
  client_->receive(1);
  EXPECT_GT(client_->body_of(3).size(), (3u << 20) / 2) << "the second had its turns";
  EXPECT_EQ(client_->receive(3).body.size(), 3u << 20);
}

}  // namespace
}  // namespace slipway::net
