// SPDX-License-Identifier: Apache-2.0
#include "net/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

namespace slipway::net {
namespace {

constexpr std::size_t kKeptBytes = 32u << 10;

}  // namespace

struct TlsStream::Impl {
  // OpenSSL reads and writes here: no copy into memory of its own, and no system call.
  static BIO_METHOD* method();
  static Impl& of(BIO* bio) { return *static_cast<Impl*>(BIO_get_data(bio)); }
  static int read_some(BIO* bio, char* to, int room);
  static int write_all(BIO* bio, const char* from, int size);
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  SSL* ssl = nullptr;
  std::string_view in;
  std::string out;
  std::size_t out_sent = 0;
  bool broken = false;
};

BIO_METHOD* TlsStream::Impl::method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* set = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "slipway");
    BIO_meth_set_read(set, read_some);
    BIO_meth_set_write(set, write_all);
    BIO_meth_set_ctrl(set, control);
    return set;
  }();
  return made;
}

int TlsStream::Impl::read_some(BIO* bio, char* to, int room) {
  BIO_clear_retry_flags(bio);
  Impl& self = of(bio);
  if (self.in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t size = std::min(self.in.size(), static_cast<std::size_t>(room));
  std::memcpy(to, self.in.data(), size);
  self.in.remove_prefix(size);
  return static_cast<int>(size);
}

int TlsStream::Impl::write_all(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  of(bio).out.append(from, static_cast<std::size_t>(size));
  return size;
}

TlsStream::TlsStream(void* connection) : impl_(std::make_unique<Impl>()) {
  impl_->ssl = static_cast<SSL*>(connection);
  BIO* const bio = BIO_new(Impl::method());
  impl_->broken = bio == nullptr;
  if (bio == nullptr) return;
  BIO_set_data(bio, impl_.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(impl_->ssl, bio, bio);
  SSL_set_accept_state(impl_->ssl);
}

TlsStream::~TlsStream() { SSL_free(impl_->ssl); }

void TlsStream::feed(std::string_view bytes) { impl_->in = bytes; }

std::ptrdiff_t TlsStream::read(std::span<char> room) {
  if (impl_->broken) return kBroken;
  ERR_clear_error();
  const int size = SSL_read(impl_->ssl, room.data(), static_cast<int>(room.size()));
  if (size > 0) return size;
  switch (SSL_get_error(impl_->ssl, size)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return kMore;
    case SSL_ERROR_ZERO_RETURN:
      return kEnd;
    default:
      impl_->broken = true;
      return kBroken;
  }
}

bool TlsStream::write(std::string_view bytes) {
  if (impl_->broken) return false;
  ERR_clear_error();
  while (!bytes.empty()) {
    const auto part = static_cast<int>(std::min<std::size_t>(bytes.size(), 1u << 20));
    const int size = SSL_write(impl_->ssl, bytes.data(), part);
    if (size <= 0) {
      impl_->broken = true;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void TlsStream::close() {
  if (impl_->broken || !is_open()) return;
  ERR_clear_error();
  (void)SSL_shutdown(impl_->ssl);
}

std::string_view TlsStream::output() const {
  return std::string_view(impl_->out).substr(impl_->out_sent);
}

void TlsStream::sent(std::size_t bytes) {
  impl_->out_sent += bytes;
  if (impl_->out_sent < impl_->out.size()) return;
  impl_->out_sent = 0;
  if (impl_->out.capacity() > kKeptBytes) impl_->out = std::string();
  impl_->out.clear();
}

bool TlsStream::is_open() const { return SSL_is_init_finished(impl_->ssl) == 1; }

}  // namespace slipway::net
