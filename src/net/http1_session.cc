// SPDX-License-Identifier: Apache-2.0
#include "net/http1_session.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/json.h"
#include "net/h2c_upgrade.h"
#include "net/http2_session.h"
#include "net/response_head.h"

namespace slipway::net {
namespace {

// Answers to pipelined requests are gathered up to here.
constexpr std::size_t kQueuedBytes = 256u << 10;
// The body of a request that was refused is received and dropped up to here; beyond it is cheaper
// to close.
constexpr std::size_t kDroppedBytes = 64u << 10;
constexpr std::size_t kShortBytes = 2048;

}  // namespace

Http1Session::Http1Session(SessionContext& context)
    : context_(context), parser_(context.limits), phase_began_ms_(context.now_ms) {}

Http1Session::~Http1Session() {
  if (later_ != nullptr) later_->forget();
  context_.buffers.give_back(std::move(buffer_));
}

void Http1Session::enter(Phase phase) {
  phase_ = phase;
  phase_began_ms_ = context_.now_ms;
}

bool Http1Session::make_room(std::size_t capacity) {
  const std::size_t held = end_ - begin_;
  if (buffer_.capacity < capacity) {
    Buffer larger = context_.buffers.take(capacity);
    if (!larger) return false;
    if (held > 0) std::memcpy(larger.bytes.get(), buffer_.bytes.get() + begin_, held);
    context_.buffers.give_back(std::exchange(buffer_, std::move(larger)));
  } else if (begin_ > 0) {
    std::memmove(buffer_.bytes.get(), buffer_.bytes.get() + begin_, held);
  }
  begin_ = 0;
  end_ = held;
  return true;
}

std::span<char> Http1Session::room() {
  if (begin_ == end_) begin_ = end_ = 0;
  // A large body's buffer is not kept for the small requests behind it.
  if (phase_ == Phase::kIdle && begin_ == end_ && buffer_.capacity > BufferPool::kBlockBytes)
    park();
  const std::size_t least = BufferPool::kBlockBytes / 4;  // more than most requests have
  const bool is_full = buffer_.capacity < end_ + least + kJsonPadding;
  const bool is_placed = phase_ == Phase::kBody && !parser_.message().chunked;
  if (is_full && !is_placed) {
    const std::size_t held = end_ - begin_;
    // Doubled, so that a chunked body of unknown length is copied a few times only.
    const std::size_t wanted = held + std::max(held, least) + kJsonPadding;
    if (!make_room(std::max(wanted, BufferPool::kBlockBytes))) {
      refuse(503, "buffered_bytes", "too many large requests at a time: try again later");
      return {};
    }
  }
  return {buffer_.bytes.get() + end_, buffer_.capacity - end_ - kJsonPadding};
}

void Http1Session::received(std::size_t bytes) {
  end_ += bytes;
  if (bytes == 0) finished_ = true;  // the peer will say no more; what it asked has been answered
}

bool Http1Session::is_http2() {
  const std::string_view held(buffer_.bytes.get() + begin_, end_ - begin_);
  const std::string_view start = held.substr(0, kHttp2Preface.size());
  if (start.size() < 3 || !kHttp2Preface.starts_with(start)) return false;
  if (phase_ == Phase::kIdle) enter(Phase::kHeader);
  if (start.size() < kHttp2Preface.size()) return true;
  successor_ = make_http2_session(context_, held);
  begin_ = end_;
  return true;
}

bool Http1Session::advance() {
  if (requests_ == 0 && !finished_ && is_http2()) {
    finished_ = successor_ == nullptr && begin_ == end_;  // no memory for it
    return false;
  }
  while (!finished_ && queued_ < context_.limits.pipelined_max && out_.size() < kQueuedBytes) {
    if (later_ != nullptr) {
      if (!later_->ready()) return has_output();
      answer_later();
      if (direct_) return true;
      continue;
    }
    if (begin_ == end_) return has_output();
    if (phase_ == Phase::kIdle) enter(Phase::kHeader);
    std::size_t size = end_ - begin_;
    const auto step = parser_.parse(buffer_.bytes.get() + begin_, &size);
    end_ = begin_ + size;
    switch (step) {
      case Http1Parser::Step::kNeedMore:
        return has_output();
      case Http1Parser::Step::kHeader:
        on_header();
        break;
      case Http1Parser::Step::kComplete:
        on_request();
        if (successor_ != nullptr) return false;
        if (direct_) return true;
        break;
      case Http1Parser::Step::kRefused:
        refuse(parser_.problem().status, parser_.problem().limit, parser_.problem().text);
        break;
    }
  }
  if (queued_ >= context_.limits.pipelined_max) context_.metrics.count_limit("pipelined");
  return has_output();
}

HttpRequest Http1Session::request() const {
  const Http1Message& message = parser_.message();
  const char* bytes = buffer_.bytes.get() + begin_;
  HttpRequest request;
  request.method = message.method;
  const std::string_view target(bytes + message.target_at, message.target_size);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.headers = HttpHeaders(bytes, message.fields);
  request.reactor = context_.reactor;
  request.may_wait = true;
  request.turn = &context_.turn;
  return request;
}

void Http1Session::on_header() {
  enter(Phase::kBody);
  const Http1Message& message = parser_.message();
  const std::uint64_t held = end_ - begin_ - message.body_at;
  const bool is_here = !message.chunked && held >= message.content_length;
  HttpRequest head = request();
  if (!is_here) head.body_to_come = message.chunked ? 1 : message.content_length - held;
  reject_ = context_.handler.admit(head);
  if (is_here) return;
  if (reject_ &&
      (message.expects_continue || message.chunked || message.content_length > kDroppedBytes)) {
    return answer_reject(false);
  }
  const std::size_t whole = message.body_at + message.content_length + kJsonPadding;
  if (!message.chunked && begin_ + whole > buffer_.capacity && !make_room(whole)) {
    return refuse(503, "buffered_bytes", "too many large requests at a time: try again later");
  }
  if (message.expects_continue) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
}

void Http1Session::on_request() {
  const Http1Message& message = parser_.message();
  // What has arrived before we said that we are leaving is still answered.
  const bool has_more = begin_ + message.end < end_;
  const bool may_go_on = message.keep_alive && (!context_.draining || has_more);
  const bool is_last = ++requests_ >= context_.limits.requests_per_connection_max;
  if (is_last) context_.metrics.count_limit("requests_per_connection");
  const bool is_head = message.method == Method::kHead;
  const std::size_t end = message.end;
  if (reject_) {
    begin_ += end;
    return answer_reject(may_go_on && !is_last);
  }
  HttpRequest whole = request();
  whole.body = {buffer_.bytes.get() + begin_ + message.body_at, message.body_size};
  whole.body_capacity = buffer_.capacity - begin_ - message.body_at;
  if (requests_ == 1 && message.http11 && message.upgrades && upgrade(whole)) return;
  context_.response.reset();
  context_.handler.handle(whole, context_.response);
  begin_ += end;
  if (context_.response.later != nullptr) {
    later_ = std::move(context_.response.later);
    later_keeps_alive_ = may_go_on && !is_last;
    return;
  }
  respond(may_go_on && !is_last, !is_head);
}

bool Http1Session::upgrade(const HttpRequest& whole) {
  const auto settings = h2c_settings_of(whole);
  if (!settings) return false;
  const std::size_t next = begin_ + parser_.message().end;
  const std::string_view rest(buffer_.bytes.get() + next, end_ - next);
  successor_ = make_upgraded_session(context_, whole, *settings, rest);
  if (successor_ == nullptr) return false;
  begin_ = end_;
  return true;
}

void Http1Session::answer_later() {
  context_.response = later_->take();
  later_.reset();
  respond(later_keeps_alive_ && !context_.draining, parser_.message().method != Method::kHead);
}

void Http1Session::answer_reject(bool keep_alive) {
  context_.response.reset();
  context_.response.status = reject_->status;
  context_.response.content_type = std::move(reject_->content_type);
  context_.response.body = std::move(reject_->body);
  if (reject_->retry_after_s > 0)
    context_.response.add_header("Retry-After", std::to_string(reject_->retry_after_s));
  reject_.reset();
  respond(keep_alive, parser_.message().method != Method::kHead);
}

void Http1Session::refuse(int status, const char* limit, const std::string& error) {
  if (limit != nullptr) context_.metrics.count_limit(limit);
  context_.response.reset();
  context_.handler.refuse(status, error, context_.response);
  if (status == 503) context_.response.add_header("Retry-After", "1");
  respond(false, true);
}

void Http1Session::respond(bool keep_alive, bool with_body) {
  HttpResponse& response = context_.response;
  const bool http11 = parser_.message().http11;
  keep_alive = keep_alive && !response.close;
  context_.metrics.count_response(response.status);
  context_.head.clear();
  append_response_head(response,
                       {.keep_alive = keep_alive, .http11 = http11, .date = context_.date},
                       &context_.head);
  finished_ = !keep_alive;
  parser_.reset();
  enter(Phase::kIdle);
  if (out_.empty() && (begin_ == end_ || finished_)) {
    direct_ = true;
    // A short body is cheaper to copy than to be sent as a second piece.
    const bool is_short = response.body.size() <= kShortBytes;
    if (with_body && is_short) context_.head += response.body;
    direct_body_ = with_body && !is_short;
    return;
  }
  out_ += context_.head;
  if (with_body) out_ += response.body;
  ++queued_;
}

Session::Output Http1Session::output() const {
  if (!direct_) return {std::string_view(out_).substr(out_sent_), std::string_view()};
  return {context_.head, direct_body_ ? std::string_view(context_.response.body) : ""};
}

void Http1Session::sent(std::size_t bytes) {
  if (direct_) {
    const Output pieces = output();
    direct_ = false;
    if (bytes >= pieces[0].size() + pieces[1].size()) return;
    for (const std::string_view piece : pieces) {
      const std::size_t skip = std::min(bytes, piece.size());
      out_ += piece.substr(skip);
      bytes -= skip;
    }
    return;
  }
  out_sent_ += bytes;
  if (out_sent_ < out_.size()) return;
  out_sent_ = 0;
  queued_ = 0;
  if (out_.capacity() > kQueuedBytes) out_ = std::string();
  out_.clear();
}

void Http1Session::park() {
  context_.buffers.give_back(std::exchange(buffer_, Buffer()));
  begin_ = end_ = 0;
  out_ = std::string();
}

std::int64_t Http1Session::deadline_ms() const {
  const Limits& limits = context_.limits;
  switch (phase_) {
    case Phase::kIdle:
      if (!context_.draining) return phase_began_ms_ + limits.idle_timeout_ms;
      return std::max(phase_began_ms_, context_.drain_began_ms) + limits.drain_idle_ms;
    case Phase::kHeader:
      return phase_began_ms_ + limits.header_timeout_ms;
    case Phase::kBody:
      return phase_began_ms_ + limits.body_timeout_ms +
             static_cast<std::int64_t>((end_ - begin_) / limits.body_rate_min) * 1000;
  }
  return phase_began_ms_;
}

void Http1Session::expire() {
  switch (phase_) {
    case Phase::kIdle:
      if (!context_.draining) context_.metrics.count_limit("idle_timeout");
      finished_ = true;
      return;
    case Phase::kHeader:
      return refuse(408, "header_timeout", "the request's header did not arrive in time");
    case Phase::kBody:
      return refuse(408, "body_timeout", "the request's body did not arrive in time");
  }
}

}  // namespace slipway::net
