// SPDX-License-Identifier: Apache-2.0
#include "net/http2_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/json.h"

namespace slipway::net {
namespace {

constexpr std::size_t kFieldOverhead = 32;  // RFC 9113 6.5.2
constexpr std::size_t kKeptBytes = 16u << 10;
constexpr std::size_t kFirstBodyBytes = 1024;

bool is_grpc_type(std::string_view type) {
  constexpr std::string_view kType = "application/grpc";
  if (!type.starts_with(kType)) return false;
  const std::string_view rest = type.substr(kType.size());
  return rest.empty() || rest == "+proto" || rest.front() == ';';
}

void clear(std::string* text) {
  if (text->capacity() > kKeptBytes) *text = std::string();
  text->clear();
}

}  // namespace

void Http2Stream::open(std::int32_t stream_id, std::int64_t now_ms, std::int64_t now_ns) {
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
  answered = body_done = peer_ended = waiting = false;
  unconsumed = charged = body_charged_ = output_at_ = 0;
  fields_.clear();
  target_ = {};
  method_ = Method::kOther;
  content_length_ = 0;
  is_grpc_ = has_grpc_options_ = expects_continue_ = output_ended_ = false;
  if (problem_.status != 0) problem_ = {};
  for (std::string* text : {&head_, &body_, &output_, &trailers_}) clear(text);
}

void Http2Stream::refuse(int status, const char* limit, std::string text) {
  if (problem_.status == 0) problem_ = {status, limit, std::move(text)};
}

void Http2Stream::place(std::string_view name, std::string_view value) {
  FieldPlace field;
  field.name_at = static_cast<std::uint32_t>(head_.size());
  field.name_size = static_cast<std::uint32_t>(name.size());
  head_ += name;
  field.value_at = static_cast<std::uint32_t>(head_.size());
  field.value_size = static_cast<std::uint32_t>(value.size());
  head_ += value;
  fields_.push_back(field);
}

void Http2Stream::add_field(std::string_view name, std::string_view value, const Limits& limits) {
  if (head_.size() + name.size() + value.size() + (fields_.size() + 1) * kFieldOverhead >
      limits.header_bytes_max) {
    return refuse(431, "header_bytes",
                  fmt::format("the headers are longer than {} bytes", limits.header_bytes_max));
  }
  if (fields_.size() >= limits.header_fields_max) {
    return refuse(431, "header_fields",
                  fmt::format("more than {} header fields", limits.header_fields_max));
  }
  if (!name.starts_with(':')) {
    place(name, value);
    note(name, value);
  } else if (name == ":method") {
    method_ = method_named(value);
  } else if (name == ":path") {
    place(name, value);
    target_ = fields_.back();
    fields_.pop_back();
  } else if (name == ":authority") {
    place("host", value);
  }
}

// What is asked of every request is seen as it passes.
void Http2Stream::note(std::string_view name, std::string_view value) {
  if (name == "content-type") is_grpc_ = is_grpc_type(value);
  if (name == "expect") expects_continue_ = equal_ignoring_case(value, "100-continue");
  if (name == "content-length")
    std::from_chars(value.data(), value.data() + value.size(), content_length_);
  if (name.starts_with("grpc-") && name != "grpc-accept-encoding") has_grpc_options_ = true;
}

void Http2Stream::end_fields(const Limits& limits) {
  const std::string_view target = {head_.data() + target_.value_at, target_.value_size};
  if (target.size() > limits.target_bytes_max) {
    refuse(414, "target_bytes",
           fmt::format("the target has {} bytes, the limit is {}", target.size(),
                       limits.target_bytes_max));
  }
  const bool whole_server = target == "*" && method_ == Method::kOptions;
  if (!target.starts_with('/') && !whole_server)
    refuse(400, nullptr, "the target must be a path that begins with '/'");
  if (content_length_ > limits.body_bytes_max) {
    refuse(413, "body_bytes",
           fmt::format("the body has {} bytes, the limit is {}", content_length_,
                       limits.body_bytes_max));
  }
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
    refuse(413, "body_bytes",
           fmt::format("the body has at least {} bytes, the limit is {}", size,
                       limits.body_bytes_max));
    return false;
  }
  if (size + kJsonPadding > body_charged_) {
    // Doubled, so that a body of unknown length is copied a few times only.
    const std::size_t known = std::max<std::size_t>(size, content_length_);
    const std::size_t doubled = std::max(body_.size() * 2, kFirstBodyBytes);
    if (!grow_body(std::max(known, doubled) + kJsonPadding, buffers)) {
      refuse(503, "buffered_bytes", "too many large requests at a time: try again later");
      return false;
    }
  }
  body_ += bytes;
  return true;
}

HttpRequest Http2Stream::request(std::size_t reactor) {
  HttpRequest request;
  request.method = method_;
  const std::string_view target(head_.data() + target_.value_at, target_.value_size);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.headers = HttpHeaders(head_.data(), fields_);
  request.http2 = true;
  request.is_grpc = is_grpc_;
  request.has_grpc_options = has_grpc_options_;
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

std::size_t Http2Stream::read_output(char* to, std::size_t room) {
  const std::size_t size = std::min(room, output_left());
  std::memcpy(to, output_.data() + output_at_, size);
  output_at_ += size;
  // What goes on for long must not keep what it has sent.
  if (output_at_ == output_.size() && !output_ended_) {
    output_.clear();
    output_at_ = 0;
  }
  return size;
}

}  // namespace slipway::net
