// One request of an HTTP/2 connection, from its first header field to its answer's last byte; no
// framing. Reused from request to request: a warm one does not allocate.
//
//   stream.open(id, now_ms, arrived_ns);
//   stream.head.add(":path", "/v2", limits);  ...         // then stream.problem()
//   stream.append_body(bytes, limits, &buffers);
//   handler.handle(stream.request(reactor), response);
//   stream.answer(response);  send(stream.output(most));
//
// Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/buffer_pool.h"
#include "net/http.h"
#include "net/http2_head.h"
#include "net/options.h"

namespace slipway::net {

class Http2Stream {
 public:
  void open(std::uint32_t stream_id, std::int64_t now_ms, std::int64_t now_ns);
  // Gives everything back, for the next request.
  void close(BufferPool* buffers);

  // False if there is a problem now: its body would be too large, or there is no memory.
  bool append_body(std::string_view bytes, const Limits& limits, BufferPool* buffers);

  HttpRequest request(std::size_t reactor) const;  // without its body
  HttpRequest request_with_body(std::size_t reactor);
  bool is_grpc() const { return head.is_grpc(); }
  const Http2Head::Problem& problem() const { return head.problem(); }
  std::int64_t body_deadline_ms(const Limits& limits) const;

  // Output: all at once, or piece by piece.
  void answer(HttpResponse* response, bool with_body);
  void append_output(std::string_view bytes) { output_ += bytes; }
  void end_output(std::string_view with_trailers);
  std::size_t output_left() const { return output_.size() - output_at_; }
  bool output_ended() const { return output_ended_; }
  std::string* trailers() { return &trailers_; }
  // The next bytes, which then have been sent: at most `size`, and not more than are left.
  std::string_view output(std::size_t size) const {
    return std::string_view(output_).substr(output_at_, size);
  }
  void sent(std::size_t size);

  std::uint32_t id = 0;
  Http2Head head;
  bool answered = false;    // its head has been sent
  bool body_done = false;   // all of the request is here, or wanted no more
  bool peer_ended = false;  // it has sent all that it will
  bool end_sent = false;    // we have, too
  bool in_line = false;     // it may have something to send
  std::int64_t began_ms = 0;
  std::int64_t progress_ms = 0;     // output was taken
  std::int64_t send_window = 0;     // bytes that the peer will take
  std::int64_t receive_window = 0;  // that we will
  std::size_t unconsumed = 0;       // of which it has not got back so many
  std::uint64_t received = 0;       // bytes of the body
  std::size_t charged = 0;          // through StreamReply::charge
  std::unique_ptr<StreamHandler> handler;
  std::shared_ptr<Later> later;  // another thread works on its answer

 private:
  bool grow_body(std::size_t capacity, BufferPool* buffers);

  std::int64_t arrived_ns_ = 0;
  std::string body_;
  std::size_t body_charged_ = 0;
  std::string output_;
  std::size_t output_at_ = 0;
  bool output_ended_ = false;
  std::string trailers_;
};

}  // namespace slipway::net
