// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/file.h"
#include "net/http_server.h"
#include "net/test_certificate.h"
#include "net/test_client.h"
#include "net/tls_certificates.h"

namespace slipway::net {
namespace {

class Peer {
 public:
  struct Options {
    std::string protocols;  // for ALPN, as on the wire
    int version_max = TLS1_3_VERSION;
    std::string certificate;  // name.pem and name.key without their ends
    SSL_SESSION* session = nullptr;
  };
  Peer(std::uint16_t port, const Options& options)
      : socket_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_max_proto_version(context_, options.version_max);
    if (!options.certificate.empty()) {
      SSL_CTX_use_certificate_chain_file(context_, (options.certificate + ".pem").c_str());
      SSL_CTX_use_PrivateKey_file(context_, (options.certificate + ".key").c_str(),
                                  SSL_FILETYPE_PEM);
    }
    ssl_ = SSL_new(context_);
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(options.protocols.data()),
                        static_cast<unsigned>(options.protocols.size()));
    if (options.session != nullptr) SSL_set_session(ssl_, options.session);
    SSL_set_fd(ssl_, socket_.descriptor());
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~Peer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool connected() const { return connected_; }
  SSL* ssl() const { return ssl_; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  std::string server() const {
    X509* const certificate = SSL_get1_peer_certificate(ssl_);
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof(name));
    X509_free(certificate);
    return name;
  }
  // The answer's bytes once they end in `end`; what there was if the server ended before.
  std::string ask(const std::string& request, const std::string& end) {
    std::size_t at = 0;
    while (at < request.size()) {
      const int sent = SSL_write(ssl_, request.data() + at, static_cast<int>(request.size() - at));
      if (sent <= 0) return "";
      at += static_cast<std::size_t>(sent);
    }
    std::string answer;
    while (!answer.ends_with(end)) {
      char bytes[1 << 14];
      const int got = SSL_read(ssl_, bytes, sizeof(bytes));
      if (got <= 0) return answer;
      answer.append(bytes, static_cast<std::size_t>(got));
    }
    return answer;
  }

 private:
  TestClient socket_;
  SSL_CTX* const context_;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

class Echo final : public Handler {
 public:
  void handle(const HttpRequest& request, HttpResponse& response) override {
    response.body = std::string(request.path) + std::string(request.body) + ".";
  }
};

class TlsTest : public testing::Test {
 protected:
  void start(const std::string& client_ca = "", const Limits& limits = {}) {
    make_certificate(folder_.path(), "server");
    make_certificate(folder_.path(), "client");
    auto loaded = TlsCertificates::load(
        {file("server.pem"), file("server.key"), client_ca.empty() ? "" : file(client_ca)});
    ASSERT_TRUE(loaded) << loaded.error().message();
    certificates_ = std::move(loaded).value();
    auto started = HttpServer::start(
        {.port = 0, .reactors = 1, .limits = limits, .tls = certificates_}, echo_, registry_);
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(started).value();
  }
  std::string file(const std::string& name) const { return folder_ / name; }
  std::unique_ptr<Peer> connect(const Peer::Options& options = {}) const {
    return std::make_unique<Peer>(server_->port(), options);
  }
  bool counted(const std::string& limit) const {
    return registry_.render().find("slipway_http_limits_total{limit=\"" + limit + "\"}") !=
           std::string::npos;
  }

  TemporaryFolder folder_ = TemporaryFolder::create().value();
  Echo echo_;
  MetricRegistry registry_;
  std::shared_ptr<TlsCertificates> certificates_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(TlsTest, AnswersOverBothVersions) {
  start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto client = connect({.version_max = version});
    ASSERT_TRUE(client->connected());
    EXPECT_EQ(SSL_version(client->ssl()), version);
    for (int i = 0; i < 3; ++i) {
      const std::string answer = client->ask(test_request("POST", "/a", "hello"), "hello.");
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << answer;
    }
  }
  EXPECT_FALSE(connect({.version_max = TLS1_1_VERSION})->connected());
}

TEST_F(TlsTest, AlpnPrefersHttp2) {
  start();
  EXPECT_EQ(connect({.protocols = "\x08http/1.1\x02h2"})->protocol(), "h2");
  EXPECT_EQ(connect({.protocols = "\x08http/1.1"})->protocol(), "http/1.1");
  const auto other = connect({.protocols = "\x03"
                                           "abc"});
  EXPECT_TRUE(other->connected());
  EXPECT_EQ(other->protocol(), "");
}

TEST_F(TlsTest, LargeBodiesPassBothWays) {
  start();
  const auto client = connect();
  std::string body(5u << 20, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i % 26);
  for (int i = 0; i < 2; ++i) {
    const std::string answer = client->ask(test_request("POST", "/b", body), ".");
    ASSERT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, body.size() + 3);
    EXPECT_TRUE(answer.ends_with("/b" + body + "."));
  }
}

TEST_F(TlsTest, ASlowReaderGetsAllOfItsAnswer) {
  start();
  Peer client(server_->port(), {});
  const std::string body(8u << 20, 'y');
  // Sends all before it reads: the server's socket is full meanwhile.
  EXPECT_TRUE(
      client.ask(test_request("POST", "/1", body) + test_request("POST", "/2", "end"), "/2end.")
          .ends_with("/2end."));
}

TEST_F(TlsTest, WhoEndsIsTold) {
  start();
  const auto client = connect();
  const std::string answer =
      client->ask("GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "nothing");
  EXPECT_TRUE(answer.ends_with("/c.")) << answer;
  EXPECT_EQ(SSL_get_shutdown(client->ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsTest, ATicketSparesTheNextHandshake) {
  start();
  const auto first = connect();
  ASSERT_TRUE(first->ask(test_request("GET", "/"), ".").ends_with("."));
  SSL_SESSION* const session = SSL_get1_session(first->ssl());
  const auto second = connect({.session = session});
  EXPECT_EQ(SSL_session_reused(second->ssl()), 1);
  SSL_SESSION_free(session);
}

TEST_F(TlsTest, ClientsMayHaveToSayWhoTheyAre) {
  start("client.pem");
  const auto known = connect({.certificate = file("client")});
  EXPECT_TRUE(known->ask(test_request("GET", "/m"), "/m.").ends_with("/m."));
  EXPECT_EQ(connect()->ask(test_request("GET", "/m"), "/m."), "");
  EXPECT_EQ(connect({.certificate = file("server")})->ask(test_request("GET", "/m"), "/m."), "");
}

TEST_F(TlsTest, ChangedFilesAreReadAndOpenConnectionsGoOn) {
  start();
  const auto before = connect();
  EXPECT_EQ(before->server(), "server");
  EXPECT_FALSE(certificates_->changed());
  make_certificate(folder_.path(), "next");
  ASSERT_EQ(std::rename(file("next.pem").c_str(), file("server.pem").c_str()), 0);
  EXPECT_TRUE(certificates_->changed());
  // Half of a change is none.
  const auto half = certificates_->reload();
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().reason(), "net.tls");
  EXPECT_EQ(connect()->server(), "server");
  EXPECT_FALSE(certificates_->changed());
  ASSERT_EQ(std::rename(file("next.key").c_str(), file("server.key").c_str()), 0);
  EXPECT_TRUE(certificates_->changed());
  EXPECT_TRUE(certificates_->reload());
  EXPECT_EQ(connect()->server(), "next");
  EXPECT_TRUE(before->ask(test_request("GET", "/old"), "/old.").ends_with("/old."));
}

TEST_F(TlsTest, WhatIsNoTlsIsLeft) {
  start("", {.handshake_timeout_ms = 300});
  TestClient plain(server_->port());
  plain.send(test_request("GET", "/"));
  EXPECT_TRUE(plain.receive_bytes(1000).find("HTTP") == std::string::npos);
  TestClient silent(server_->port());
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(counted("handshake_timeout"));
}

TEST_F(TlsTest, DrainingDoesNotWaitForHandshakes) {
  start("", {.handshake_timeout_ms = 60'000});
  TestClient silent(server_->port());
  const auto open = connect();
  EXPECT_TRUE(open->ask(test_request("GET", "/"), ".").ends_with("."));
  EXPECT_TRUE(server_->drain(20'000));
}

TEST_F(TlsTest, WrongFilesAreNamed) {
  make_certificate(folder_.path(), "a");
  make_certificate(folder_.path(), "b");
  const auto missing = TlsCertificates::load({file("none.pem"), file("a.key"), ""});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("none.pem: "), std::string::npos);
  const auto mixed = TlsCertificates::load({file("a.pem"), file("b.key"), ""});
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message().find("b.key"), std::string::npos) << mixed.error().message();
}

}  // namespace
}  // namespace slipway::net
