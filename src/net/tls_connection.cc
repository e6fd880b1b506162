// SPDX-License-Identifier: Apache-2.0
#include "net/tls_connection.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace slipway::net {
namespace {

Error failed(std::string what) { return Error(Code::kUnavailable, "net.post", std::move(what)); }

}  // namespace

struct TlsConnection::Impl {
  // OpenSSL sends and receives by the socket, which knows deadlines and raises no signal.
  static BIO_METHOD* method();
  static Impl& of(BIO* bio) { return *static_cast<Impl*>(BIO_get_data(bio)); }
  static int read_some(BIO* bio, char* to, int room);
  static int write_all(BIO* bio, const char* from, int size);
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static int look_at_certificate(int is_good, X509_STORE_CTX* context);

  Impl(ClientSocket& to, CertificateAsked from) : socket(to), asked(std::move(from)) {}
  ~Impl() { SSL_free(ssl); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool begin(SSL_CTX* context);
  bool expect_host();
  // After a call of OpenSSL that did not go well.
  Error problem();

  ClientSocket& socket;
  const CertificateAsked asked;
  SSL* ssl = nullptr;
  std::optional<Error> socket_error;
  std::string certificate_error;
  bool ended = false, broken = false;
};

BIO_METHOD* TlsConnection::Impl::method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* set = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "slipway client");
    BIO_meth_set_read(set, read_some);
    BIO_meth_set_write(set, write_all);
    BIO_meth_set_ctrl(set, control);
    return set;
  }();
  return made;
}

int TlsConnection::Impl::read_some(BIO* bio, char* to, int room) {
  BIO_clear_retry_flags(bio);
  Impl& self = of(bio);
  auto got = self.socket.receive({to, static_cast<std::size_t>(room)});
  if (!got) {
    self.socket_error = std::move(got).error();
    return -1;
  }
  self.ended = got.value() == 0;
  return static_cast<int>(got.value());
}

int TlsConnection::Impl::write_all(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  Impl& self = of(bio);
  auto done = self.socket.send({from, static_cast<std::size_t>(size)});
  if (done) return size;
  self.socket_error = std::move(done).error();
  return -1;
}

int TlsConnection::Impl::look_at_certificate(int is_good, X509_STORE_CTX* context) {
  if (is_good == 1) return 1;
  const auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<Impl*>(SSL_get_app_data(ssl));
  self.certificate_error = certificate_problem(context, self.asked);
  return 0;
}

bool TlsConnection::Impl::expect_host() {
  std::string name = asked.host;
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();  // as no certificate has it
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1) return true;
  ERR_clear_error();
  // RFC 6066 has names alone in the server name, no addresses.
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

bool TlsConnection::Impl::begin(SSL_CTX* context) {
  ssl = SSL_new(context);
  if (ssl == nullptr) return false;
  BIO* const bio = BIO_new(method());
  if (bio == nullptr) return false;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, this);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, look_at_certificate);
  return expect_host();
}

Error TlsConnection::Impl::problem() {
  broken = true;
  const int reason = ERR_GET_REASON(ERR_peek_error());
  const std::string words = tls_reason();
  if (!certificate_error.empty())
    return Error(Code::kUnavailable, "net.tls_peer", certificate_error);
  // What the server said, not what we found.
  if (reason > SSL_AD_REASON_OFFSET)
    return Error(Code::kUnavailable, "net.tls_peer", fmt::format("the server refuses: {}", words));
  if (socket_error) return *socket_error;
  if (ended) return failed("the server ended the connection in the midst of TLS");
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG)
    return failed(fmt::format(
        "that port does not speak TLS ({}): ask it by http://, or at its port for TLS", words));
  return failed(fmt::format("TLS failed: {}", words));
}

Result<std::unique_ptr<TlsConnection>> TlsConnection::open(void* context, ClientSocket& socket,
                                                           CertificateAsked asked) {
  auto impl = std::make_unique<Impl>(socket, std::move(asked));
  ERR_clear_error();
  if (!impl->begin(static_cast<SSL_CTX*>(context)))
    return failed("TLS cannot be set up: " + tls_reason());
  if (SSL_connect(impl->ssl) != 1) return impl->problem();
  return std::unique_ptr<TlsConnection>(new TlsConnection(std::move(impl)));
}

TlsConnection::TlsConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

TlsConnection::~TlsConnection() {
  if (impl_->broken) return;
  ERR_clear_error();
  (void)SSL_shutdown(impl_->ssl);
  ERR_clear_error();
}

Result<void> TlsConnection::send(std::string_view bytes) {
  ERR_clear_error();
  while (!bytes.empty()) {
    const auto part = static_cast<int>(std::min<std::size_t>(bytes.size(), 1u << 20));
    const int size = SSL_write(impl_->ssl, bytes.data(), part);
    if (size <= 0) return impl_->problem();
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

Result<std::size_t> TlsConnection::receive(std::span<char> room) {
  ERR_clear_error();
  impl_->socket_error.reset();  // of what was to be sent
  const int size = SSL_read(impl_->ssl, room.data(), static_cast<int>(room.size()));
  if (size > 0) return static_cast<std::size_t>(size);
  if (SSL_get_error(impl_->ssl, size) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
  return impl_->problem();
}

}  // namespace slipway::net
