// SPDX-License-Identifier: Apache-2.0
#include "net/http2_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"

namespace slipway::net {
namespace {

constexpr std::size_t kKeptBytes = 16u << 10;
constexpr std::size_t kFirstBodyBytes = 1024;

void clear(std::string* text) {
  if (text->capacity() > kKeptBytes) *text = std::string();
  text->clear();
}

}  // namespace

void Http2Stream::open(std::uint32_t stream_id, std::int64_t now_ms, std::int64_t now_ns) {
  id = stream_id;
  began_ms = progress_ms = now_ms;
  arrived_ns_ = now_ns;
}

void Http2Stream::close(BufferPool* buffers) {
  handler.reset();
  if (later != nullptr) later->forget();
  later.reset();
  buffers->release(body_charged_ + charged);
  id = 0;
  head.clear();
  answered = body_done = peer_ended = end_sent = in_line = output_ended_ = false;
  unconsumed = charged = body_charged_ = output_at_ = 0;
  received = 0;
  for (std::string* text : {&body_, &output_, &trailers_}) clear(text);
}

bool Http2Stream::grow_body(std::size_t capacity, BufferPool* buffers) {
  if (capacity > body_charged_) {
    if (!buffers->reserve(capacity - body_charged_)) return false;
    body_charged_ = capacity;
  }
  body_.reserve(capacity);
  return true;
}

bool Http2Stream::append_body(std::string_view bytes, const Limits& limits, BufferPool* buffers) {
  const std::size_t size = body_.size() + bytes.size();
  if (size > limits.body_bytes_max) {
    head.refuse(413, "body_bytes",
                fmt::format("the body has at least {} bytes, the limit is {}", size,
                            limits.body_bytes_max));
    return false;
  }
  if (size + kJsonPadding > body_charged_) {
    // Doubled, so that a body of unknown length is copied a few times only.
    const std::size_t known = std::max<std::size_t>(size, head.content_length());
    const std::size_t doubled = std::max(body_.size() * 2, kFirstBodyBytes);
    if (!grow_body(std::max(known, doubled) + kJsonPadding, buffers)) {
      head.refuse(503, "buffered_bytes", "too many large requests at a time: try again later");
      return false;
    }
  }
  body_ += bytes;
  return true;
}

HttpRequest Http2Stream::request(std::size_t reactor) const {
  HttpRequest request = head.request();
  request.arrived_ns = arrived_ns_;
  request.reactor = reactor;
  return request;
}

HttpRequest Http2Stream::request_with_body(std::size_t reactor) {
  HttpRequest whole = request(reactor);
  if (body_.capacity() < body_.size() + kJsonPadding) body_.reserve(body_.size() + kJsonPadding);
  whole.body = body_;
  whole.body_capacity = body_.capacity();
  return whole;
}

std::int64_t Http2Stream::body_deadline_ms(const Limits& limits) const {
  return began_ms + limits.body_timeout_ms +
         static_cast<std::int64_t>(body_.size() / limits.body_rate_min) * 1000;
}

void Http2Stream::answer(HttpResponse* response, bool with_body) {
  // Swapped, so that memory goes round instead of being copied or made.
  if (with_body) output_.swap(response->body);
  trailers_.swap(response->trailers);
  output_ended_ = true;
}

void Http2Stream::end_output(std::string_view with_trailers) {
  trailers_ = with_trailers;
  output_ended_ = true;
}

void Http2Stream::sent(std::size_t size) {
  output_at_ += size;
  // What goes on for long must not keep what it has sent.
  if (output_at_ == output_.size() && !output_ended_) {
    output_.clear();
    output_at_ = 0;
  }
}

}  // namespace slipway::net
