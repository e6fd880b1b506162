// SPDX-License-Identifier: Apache-2.0
#include "net/tls_client.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/thread_pool.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/test_certificate.h"
#include "net/test_client.h"
#include "net/test_raw_server.h"
#include "net/tls_certificates.h"

namespace slipway::net {
namespace {

class Sink final : public Handler {
 public:
  void handle(const HttpRequest& request, HttpResponse& response) override {
    response.status = request.body.size() == 300'000 ? 200 : 202;
  }
};

class TlsClientTest : public testing::Test {
 protected:
  void start(const TestCertificate& what, bool wants_clients = false) {
    make_certificate(folder_.path(), "server", what);
    auto loaded = TlsCertificates::load(
        {file("server.pem"), file("server.key"), wants_clients ? file("server.pem") : ""});
    ASSERT_TRUE(loaded) << loaded.error().message();
    auto started = HttpServer::start({.port = 0, .reactors = 1, .tls = std::move(loaded).value()},
                                     sink_, registry_);
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(started).value();
    auto made = TlsClient::create({.ca_file = file("server.pem"), .ca_option = "--ca FILE"});
    ASSERT_TRUE(made) << made.error().message();
    trusting_ = std::move(made).value();
  }
  std::string file(const std::string& name) const { return folder_ / name; }
  HttpUrl url(const std::string& host) const {
    return {.is_tls = true, .host = host, .port = std::to_string(server_->port())};
  }
  Result<int> post(const std::string& host) const {
    return test_post(url(host), "{}", {.tls = trusting_.get()});
  }
  static void expect_error(const Result<int>& done, std::string_view reason,
                           std::string_view words) {
    ASSERT_FALSE(done) << done.value();
    EXPECT_EQ(done.error().reason(), reason) << done.error().message();
    EXPECT_NE(done.error().message().find(words), std::string::npos) << done.error().message();
  }

  TemporaryFolder folder_ = TemporaryFolder::create().value();
  Sink sink_;
  MetricRegistry registry_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<const TlsClient> trusting_;
};

TEST_F(TlsClientTest, PostsToNamesAndAddressesOfTheCertificate) {
  start({.hosts = {"localhost", "127.0.0.1"}});
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto done = post(host);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done.value(), 202) << host;
  }
  const auto large =
      test_post(url("localhost"), std::string(300'000, 'x'), {.tls = trusting_.get()});
  ASSERT_TRUE(large) << large.error().message();
  EXPECT_EQ(large.value(), 200);
}

TEST_F(TlsClientTest, WhoIsNotTrustedIsRefused) {
  start({.hosts = {"localhost"}});
  const auto strict = TlsClient::create({.ca_option = "--ca FILE"}).value();
  const auto done = test_post(url("localhost"), "{}", {.tls = strict.get()});
  expect_error(done, "net.tls_peer", "not trusted (self-signed certificate; issued by /CN=server)");
  expect_error(done, "net.tls_peer", "signed it by --ca FILE");
  expect_error(done, "net.tls_peer", "https://localhost:");
  // Without a client the system's list counts, too.
  expect_error(test_post(url("localhost"), "{}"), "net.tls_peer", "not trusted");
}

TEST_F(TlsClientTest, ACertificateForOthersIsRefused) {
  start({.hosts = {"collector.example", "10.0.0.1"}});
  expect_error(post("localhost"), "net.tls_peer",
               "is for collector.example, 10.0.0.1, not for localhost");
  expect_error(post("127.0.0.1"), "net.tls_peer", "not for 127.0.0.1");
}

TEST_F(TlsClientTest, ACertificateIsGoodForItsTimeAlone) {
  start({.hosts = {"localhost"}, .ends_in_s = -60});
  expect_error(post("localhost"), "net.tls_peer", "has expired (");
  start({.hosts = {"localhost"}, .begins_in_s = 600});
  expect_error(post("localhost"), "net.tls_peer", "is not valid before ");
}

TEST_F(TlsClientTest, AServerThatWantsACertificateIsHeard) {
  start({.hosts = {"localhost"}}, true);
  expect_error(post("localhost"), "net.tls_peer", "the server refuses: ");
  // Closed while more is on its way.
  const std::string large(4u << 20, 'x');
  expect_error(test_post(url("localhost"), large, {.tls = trusting_.get()}), "net.tls_peer",
               "the server refuses: ");
}

TEST_F(TlsClientTest, WhatIsNoTlsIsAnError) {
  MetricRegistry registry;
  const auto plain = HttpServer::start({.port = 0, .reactors = 1}, sink_, registry).value();
  const auto ask = [](const std::string& port) {
    return test_post({.is_tls = true, .host = "127.0.0.1", .port = port}, std::string(1 << 20, 'x'),
                     {.timeout_ms = 2000});
  };
  expect_error(ask(std::to_string(plain->port())), "net.post", "does not speak TLS");
  RawServer ends("", false);
  expect_error(ask(ends.port()), "net.post", "");
  RawServer babbles(std::string(70'000, 'b'), true);
  expect_error(ask(babbles.port()), "net.post", "TLS");
  // The head of a handshake message, and no more.
  RawServer breaks(std::string("\x16\x03\x03\x00\x04\x02\x00\x00\x20", 9), false);
  expect_error(ask(breaks.port()), "net.post", "");
}

TEST_F(TlsClientTest, AServerThatSaysNothingIsLeft) {
  RawServer silent("", true);
  const HttpUrl there{.is_tls = true, .host = "127.0.0.1", .port = silent.port()};
  expect_error(test_post(there, "{}", {.timeout_ms = 100}), "net.post",
               "nothing came of it in 100 ms");
}

TEST_F(TlsClientTest, FilesThatHoldNoCertificatesAreNamed) {
  const auto missing = TlsClient::create({.ca_file = file("none.pem")});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason(), "net.tls");
  EXPECT_NE(missing.error().message().find("none.pem: No such file"), std::string::npos)
      << missing.error().message();
  const auto other = TlsClient::create({.ca_file = "/dev/null"});
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message().find("/dev/null: no certificate"), std::string::npos)
      << other.error().message();
}

}  // namespace
}  // namespace slipway::net
