// HTTP/1.1 on one connection: requests in, answers out in the same order; see session.h.
//
//   Http1Session session(context);
//
// Persistent connections, pipelining, HTTP/1.0, HEAD, chunked requests, Expect: 100-continue.
// Everything that the peer can make large or slow has a limit in net/options.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "net/http1_parser.h"
#include "net/session.h"

namespace slipway::net {

class Http1Session final : public Session {
 public:
  // `context` outlives the session.
  explicit Http1Session(SessionContext& context);
  ~Http1Session() override;

  std::span<char> room() override;
  void received(std::size_t bytes) override;
  bool advance() override;
  Output output() const override;
  void sent(std::size_t bytes) override;
  bool finished() const override { return finished_; }
  std::shared_ptr<Later> waits_for() const override { return later_; }
  bool idle() const override { return phase_ == Phase::kIdle && begin_ == end_; }
  void park() override;
  std::int64_t deadline_ms() const override;
  void expire() override;
  std::unique_ptr<Session> successor() override { return std::move(successor_); }

 private:
  enum class Phase : std::uint8_t { kIdle, kHeader, kBody };

  // HTTP/2 begins with bytes that HTTP/1.1 refuses (RFC 9113 3.4). True: nothing to do here now.
  bool is_http2();
  bool has_output() const { return direct_ || out_sent_ < out_.size(); }
  void enter(Phase phase);
  // `capacity` counts from the message's first byte. False if there is no memory.
  bool make_room(std::size_t capacity);
  HttpRequest request() const;
  void on_header();
  void on_request();
  // True if the connection goes on in HTTP/2, with this request as its first.
  bool upgrade(const HttpRequest& whole);
  void refuse(int status, const char* limit, const std::string& error);
  void respond(bool keep_alive, bool with_body);
  void answer_reject(bool keep_alive);
  void answer_later();

  SessionContext& context_;
  Http1Parser parser_;
  Phase phase_ = Phase::kIdle;
  bool finished_ = false;
  bool direct_ = false;  // context_.head and context_.response.body are the output
  bool direct_body_ = false;
  std::uint32_t queued_ = 0;  // answers in out_
  std::uint64_t requests_ = 0;
  std::int64_t phase_began_ms_;
  std::shared_ptr<Later> later_;  // the answer to the request that is complete
  bool later_keeps_alive_ = false;
  std::optional<Reject> reject_;  // to be sent when the body is in

  Buffer buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of the current message in buffer_, and of what was received
  std::string out_;
  std::size_t out_sent_ = 0;
  std::unique_ptr<Session> successor_;
};

}  // namespace slipway::net
