// One request of an HTTP/2 connection, from its first header field to its answer's last byte; no
// framing. Reused from request to request: a warm one does not allocate.
//
//   stream.open(id, now_ms, arrived_ns);
//   stream.add_field(":path", "/v2", limits);  ...        // then stream.problem()
//   stream.append_body(bytes, limits, &buffers);
//   handler.handle(stream.request(reactor), response);
//   stream.answer(response);  stream.read_output(to, room);
//
// Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/buffer_pool.h"
#include "net/http.h"
#include "net/options.h"

namespace slipway::net {

class Http2Stream {
 public:
  struct Problem {
    int status = 0;  // 0: none
    const char* limit = nullptr;
    std::string text;
  };

  void open(std::int32_t stream_id, std::int64_t now_ms, std::int64_t now_ns);
  // Gives everything back, for the next request.
  void close(BufferPool* buffers);

  // In the order received, pseudo fields first (nghttp2 sees to that).
  void add_field(std::string_view name, std::string_view value, const Limits& limits);
  void end_fields(const Limits& limits);
  // False if there is a problem now: its body would be too large, or there is no memory.
  bool append_body(std::string_view bytes, const Limits& limits, BufferPool* buffers);

  HttpRequest request(std::size_t reactor);  // without its body
  HttpRequest request_with_body(std::size_t reactor);
  bool is_grpc() const { return is_grpc_; }
  std::uint64_t content_length() const { return content_length_; }  // 0 without one
  bool expects_continue() const { return expects_continue_; }
  const Problem& problem() const { return problem_; }
  std::int64_t body_deadline_ms(const Limits& limits) const;

  // Output: all at once, or piece by piece.
  void answer(HttpResponse* response, bool with_body);
  void append_output(std::string_view bytes) { output_ += bytes; }
  void end_output(std::string_view with_trailers);
  std::size_t output_left() const { return output_.size() - output_at_; }
  bool output_ended() const { return output_ended_; }
  std::string* trailers() { return &trailers_; }
  std::size_t read_output(char* to, std::size_t room);

  std::int32_t id = 0;
  bool answered = false;    // its head has been sent
  bool body_done = false;   // all of the request is here, or wanted no more
  bool peer_ended = false;  // it has sent all that it will
  bool waiting = false;     // for output, nghttp2 asks no more until it is told
  std::int64_t began_ms = 0;
  std::int64_t progress_ms = 0;  // output was taken
  std::size_t unconsumed = 0;    // bytes of the peer's window that it has not got back
  std::size_t charged = 0;       // through StreamReply::charge
  std::unique_ptr<StreamHandler> handler;
  std::shared_ptr<Later> later;  // another thread works on its answer

 private:
  void place(std::string_view name, std::string_view value);
  void note(std::string_view name, std::string_view value);
  void refuse(int status, const char* limit, std::string text);
  bool grow_body(std::size_t capacity, BufferPool* buffers);

  std::string head_;
  std::vector<FieldPlace> fields_;
  FieldPlace target_;
  Method method_ = Method::kOther;
  std::int64_t arrived_ns_ = 0;
  std::uint64_t content_length_ = 0;
  bool is_grpc_ = false, has_grpc_options_ = false, expects_continue_ = false;
  Problem problem_;
  std::string body_;
  std::size_t body_charged_ = 0;
  std::string output_;
  std::size_t output_at_ = 0;
  bool output_ended_ = false;
  std::string trailers_;
};

}  // namespace slipway::net
