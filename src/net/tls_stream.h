// One connection's TLS, without the connection: what was received goes in, plain bytes come out, and the other
// way. The handshake happens by itself, as bytes come.
//
//   stream->feed({buffer, received});
//   std::ptrdiff_t n = stream->read(room);             // > 0, kEnd, kMore or kBroken
//   send(stream->output()); stream->sent(n);           // whatever read() and write() had to say to the peer
//   stream->write(bytes);                              // all of it, into output()
//
// What was fed must stay where it is until read() says kMore. Not thread-safe. The protocol is OpenSSL's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace slipway::net {

class TlsStream {
 public:
  static constexpr std::ptrdiff_t kEnd = 0;      // the peer has said that it ends
  static constexpr std::ptrdiff_t kMore = -1;    // all that was fed is used
  static constexpr std::ptrdiff_t kBroken = -2;  // it is no TLS, or not from whom it should be

  // `connection` is an SSL* that nobody else has; this frees it.
  explicit TlsStream(void* connection);
  ~TlsStream();

  void feed(std::string_view bytes);
  std::ptrdiff_t read(std::span<char> room);
  // False if the connection cannot carry it.
  bool write(std::string_view bytes);
  // Says that we end.
  void close();

  std::string_view output() const;
  void sent(std::size_t bytes);
  // The handshake is done.
  bool is_open() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
