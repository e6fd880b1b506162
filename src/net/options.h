// What a server takes in and how long it waits. Each limit has a counter (net_metrics.h) and, where
// HTTP has one, a status of its own.
//
//   ServerOptions options{.host = "127.0.0.1", .port = 0, .reactors = 2};
//   options.limits.body_bytes_max = 1 << 20;
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace slipway::net {

class TlsCertificates;

struct Limits {
  std::size_t connections_max = 10'000;      // then 503
  std::size_t header_bytes_max = 16u << 10;  // request line and fields; then 431
  std::size_t header_fields_max = 100;       // then 431
  std::size_t target_bytes_max = 8u << 10;   // then 414
  std::size_t body_bytes_max = 64u << 20;    // then 413
  std::size_t buffered_bytes_max = std::size_t{1}
                                   << 30;  // bodies on their way in, all together; then 503
  std::size_t requests_per_connection_max = 1'000'000;  // then `Connection: close`
  std::size_t pipelined_max = 32;  // answers made before the first of them is sent
  std::int64_t header_timeout_ms =
      10'000;  // from a request's first byte to its last header; then 408
  std::int64_t handshake_timeout_ms = 10'000;  // of TLS; then closed without a word
  std::int64_t idle_timeout_ms = 75'000;       // between requests; then closed without a word
  // A body has this long, and a second more for each body_rate_min bytes that have arrived; then 408.
  std::int64_t body_timeout_ms = 20'000;
  std::size_t body_rate_min = 4096;
  std::int64_t write_timeout_ms = 30'000;  // without progress; then closed
  // HTTP/2: of one connection.
  std::size_t streams_max = 128;            // requests at a time; then REFUSED_STREAM
  std::size_t stream_resets_max = 1000;     // by the peer, in 10 s; then GOAWAY
  std::size_t control_frames_max = 10'000;  // PING, SETTINGS, empty DATA, in 10 s; then GOAWAY
  std::int64_t linger_ms = 2'000;    // for the peer to read our last words before the socket goes
  std::int64_t drain_idle_ms = 250;  // while draining, for one more request on an idle connection
};

struct ServerOptions {
  std::string host = "127.0.0.1";  // an address, or a name that resolves to one
  std::uint16_t port = 8080;       // 0: any free one
  std::size_t reactors = 0;        // threads that serve; 0: one per usable core
  // A thread that has nothing to do looks for requests for so long before it sleeps. Waking it takes longer than most
  // answers; a thread that looks costs a core.
  std::chrono::microseconds busy_poll{};
  Limits limits;
  std::shared_ptr<const TlsCertificates> tls;  // null: plain text
};

}  // namespace slipway::net
