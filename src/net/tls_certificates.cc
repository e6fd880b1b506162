// SPDX-License-Identifier: Apache-2.0
#include "net/tls_certificates.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <iterator>
#include <utility>

#include "net/tls_stream.h"

namespace slipway::net {
namespace {

constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";  // ours, the better one first

Error problem(const std::string& what, const std::string& file) {
  std::array<char, 256> text{};
  const unsigned long code = ERR_peek_last_error();
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return Error(Code::kInvalidArgument, "net.tls",
               fmt::format("{} {}: {}", what, file,
                           code == 0 ? "it cannot be used" : std::string(text.data())));
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  const int done = SSL_select_next_proto(&found, size, kProtocols, sizeof(kProtocols) - 1, offered,
                                         offered_size);
  *chosen = found;
  return done == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

void set_rules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // RFC 9113 9.2.2 forbids the others for HTTP/2 over TLS 1.2.
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set1_groups_list(context, "X25519:P-256");
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Tickets keep sessions at the clients: nothing here is locked or filled by them.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  constexpr unsigned char kName[] = "slipway";
  SSL_CTX_set_session_id_context(context, kName, sizeof(kName) - 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

Result<void> use_files(SSL_CTX* context, const TlsFiles& files) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return problem("the TLS certificate", files.certificate);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return problem("the TLS key", files.key);
  if (SSL_CTX_check_private_key(context) != 1)
    return problem("the TLS key is not that of the certificate:", files.key);
  if (files.client_ca.empty()) return {};
  if (SSL_CTX_load_verify_locations(context, files.client_ca.c_str(), nullptr) != 1)
    return problem("the certificates for --tls-client-ca", files.client_ca);
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(files.client_ca.c_str()));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

}  // namespace

struct TlsCertificates::Context {
  Context() : ssl(SSL_CTX_new(TLS_server_method())) {}
  ~Context() { SSL_CTX_free(ssl); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  SSL_CTX* const ssl;
};

TlsCertificates::~TlsCertificates() = default;

Result<std::shared_ptr<TlsCertificates>> TlsCertificates::load(TlsFiles files) {
  std::shared_ptr<TlsCertificates> made(new TlsCertificates(std::move(files)));
  RETURN_IF_ERROR(made->reload());
  return made;
}

std::string TlsCertificates::stamp() const {
  std::string text;
  for (const std::string* file : {&files_.certificate, &files_.key, &files_.client_ca}) {
    struct stat found {};
    if (file->empty() || stat(file->c_str(), &found) != 0) continue;
    fmt::format_to(std::back_inserter(text), "{} {} {} {};", found.st_ino, found.st_size,
                   found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
  }
  return text;
}

Result<void> TlsCertificates::reload() {
  // Before they are read: what changes meanwhile is read again.
  std::string stamp_now = stamp();
  auto context = std::make_shared<const Context>();
  Result<void> done;
  if (context->ssl == nullptr) {
    done = problem("TLS", "cannot be set up");
  } else {
    set_rules(context->ssl);
    done = use_files(context->ssl, files_);
  }
  MutexLock lock(mutex_);
  stamp_ = std::move(stamp_now);
  if (done) context_ = std::move(context);
  return done;
}

bool TlsCertificates::changed() const {
  const std::string now = stamp();
  MutexLock lock(mutex_);
  return now != stamp_;
}

std::unique_ptr<TlsStream> TlsCertificates::open() const {
  std::shared_ptr<const Context> context;
  {
    MutexLock lock(mutex_);
    context = context_;
  }
  SSL* const connection = SSL_new(context->ssl);  // which keeps the context for itself
  if (connection == nullptr) return nullptr;
  return std::make_unique<TlsStream>(connection);
}

}  // namespace slipway::net
