// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "net/http2_session_parts.h"

namespace slipway::net {
namespace {

constexpr std::int64_t kRatePeriodMs = 10'000;
constexpr std::int64_t kSweepMs = 1000;
constexpr std::int64_t kTickMs = 200;  // of streams that may have something to say without input

}  // namespace

void Http2Session::count_rate(std::size_t* count, std::size_t limit, const char* name) {
  if (context_.now_ms - period_ms_ >= kRatePeriodMs) {
    period_ms_ = context_.now_ms;
    resets_ = control_frames_ = 0;
  }
  if (++*count != limit + 1) return;
  context_.metrics.count_limit(name);
  end(Http2Error::kEnhanceYourCalm);
}

// What the peer has sent until now is answered, and nothing more is taken.
void Http2Session::go_away() {
  goes_away_ = true;
  send_go_away(last_taken_, Http2Error::kNone);
}

void Http2Session::drain() {
  if (goes_away_ || finished_ || ended_) return;
  // RFC 9113 6.8: a warning first, so that what is under way to us is not lost.
  send_go_away(0x7FFFFFFF, Http2Error::kNone);
}

std::int64_t Http2Session::idle_deadline_ms() const {
  if (!context_.draining) return active_ms_ + context_.limits.idle_timeout_ms;
  return std::max(began_ms_, context_.drain_began_ms) + context_.limits.drain_idle_ms;
}

std::int64_t Http2Session::deadline_ms() const {
  const Limits& limits = context_.limits;
  if (!has_settings_ || in_headers_) {
    const std::int64_t late_ms =
        (has_settings_ ? headers_ms_ : began_ms_) + limits.header_timeout_ms;
    return context_.draining ? std::min(late_ms, idle_deadline_ms()) : late_ms;
  }
  if (!open_.empty() || out_sent_ < out_.size()) {
    const std::int64_t next = sweep_ms_ + (ticking_ > 0 ? kTickMs : kSweepMs);
    return context_.draining && !goes_away_ ? std::min(next, idle_deadline_ms()) : next;
  }
  return idle_deadline_ms();
}

void Http2Session::expire() {
  const Limits& limits = context_.limits;
  const std::int64_t now_ms = context_.now_ms;
  const bool in_time = has_settings_ || now_ms <= began_ms_ + limits.header_timeout_ms;
  if (!in_time || (in_headers_ && now_ms > headers_ms_ + limits.header_timeout_ms)) {
    context_.metrics.count_limit("header_timeout");
    end(Http2Error::kProtocol);
    finished_ = true;
    return;
  }
  if (context_.draining && !goes_away_ && now_ms > idle_deadline_ms()) {
    go_away();
    end_streams();
  }
  if (open_.empty() && out_sent_ == out_.size()) {
    if (now_ms <= idle_deadline_ms()) return;
    if (!context_.draining) context_.metrics.count_limit("idle_timeout");
    if (!goes_away_) go_away();
    finished_ = true;
    return;
  }
  sweep();
}

// Streams that would go on for ever.
void Http2Session::end_streams() {
  for (const auto& stream : open_) {
    if (stream->handler == nullptr || stream->output_ended()) continue;
    Reply reply(*this, *stream);
    stream->handler->drain(reply);
  }
}

void Http2Session::sweep() {
  const Limits& limits = context_.limits;
  sweep_ms_ = context_.now_ms;
  if (out_sent_ < out_.size() && sweep_ms_ > progress_ms_ + limits.write_timeout_ms) {
    context_.metrics.count_limit("write_timeout");
    finished_ = true;
    out_sent_ = out_.size();
    return;
  }
  // From the last on: what is reset makes its place the last one's.
  for (std::size_t i = open_.size(); i-- > 0;) sweep(*open_[i]);
  // A stream may be silent for long; a peer that is gone must not hold it for ever.
  if (sweep_ms_ <= active_ms_ + limits.idle_timeout_ms) return;
  if (pinged_ && sweep_ms_ > active_ms_ + limits.idle_timeout_ms + limits.header_timeout_ms) {
    context_.metrics.count_limit("idle_timeout");
    end(Http2Error::kNone);
  } else if (!std::exchange(pinged_, true)) {
    send({.size = 8, .type = FrameType::kPing});
    out_.append(8, '\0');
  }
}

void Http2Session::sweep(Http2Stream& stream) {
  const Limits& limits = context_.limits;
  if (stream.output_left() == 0) stream.progress_ms = sweep_ms_;
  if (answer_later(stream)) return;
  if (sweep_ms_ > stream.progress_ms + limits.write_timeout_ms) {
    context_.metrics.count_limit("write_timeout");
    reset(stream, Http2Error::kCancel);
  } else if (stream.handler != nullptr) {
    Reply reply(*this, stream);
    if (!stream.output_ended()) stream.handler->tick(reply);
    give_window_back(stream);
  } else if (!stream.body_done && sweep_ms_ > stream.body_deadline_ms(limits)) {
    refuse(stream, 408, "body_timeout", "the request's body did not arrive in time");
  }
}

}  // namespace slipway::net
