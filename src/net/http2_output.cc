// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/http2_session_parts.h"

namespace slipway::net {
namespace {

constexpr std::size_t kQueuedBytes = 256u << 10;
// A stream whose answers are not read is not listened to, either.
constexpr std::size_t kStreamQueuedBytes = 1u << 20;

}  // namespace

// ---- frames

void Http2Session::send_number(FrameType type, std::uint32_t stream, std::uint32_t number) {
  send({.size = 4, .type = type, .stream = stream});
  append_u32(number, &out_);
}

void Http2Session::send_go_away(std::uint32_t last, Http2Error error) {
  send({.size = 8, .type = FrameType::kGoAway});
  append_u32(last, &out_);
  append_u32(static_cast<std::uint32_t>(error), &out_);
}

// A block that is longer than a frame may be, from `at` on in out_.
void Http2Session::split_block(std::size_t at, std::uint32_t id, std::uint8_t flags) {
  const std::string block = out_.substr(at + kFrameHeadBytes);
  out_.resize(at);
  for (std::size_t i = 0; i < block.size(); i += kFrameBytesMax) {
    const std::string_view piece = std::string_view(block).substr(i, kFrameBytesMax);
    const bool is_last = i + piece.size() == block.size();
    send({.size = static_cast<std::uint32_t>(piece.size()),
          .type = i == 0 ? FrameType::kHeaders : FrameType::kContinuation,
          .flags = static_cast<std::uint8_t>((i == 0 ? flags : 0) | (is_last ? kEndHeaders : 0)),
          .stream = id});
    out_ += piece;
  }
}

// "Name: value\r\n"..., names to lower case where they lie: HTTP/2 knows no other.
void Http2Session::write_lines(std::string* lines) {
  for (std::size_t at = 0; at < lines->size();) {
    const std::size_t end = lines->find("\r\n", at);
    const std::size_t colon = lines->find(": ", at);
    if (end == std::string::npos || colon > end) return;
    for (std::size_t i = at; i < colon; ++i) {
      char& c = (*lines)[i];
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    const std::string_view text(*lines);
    encoder_.field(text.substr(at, colon - at), text.substr(colon + 2, end - colon - 2), &out_);
    at = end + 2;
  }
}

// ---- answers

void Http2Session::submit_head(Http2Stream& stream, HttpResponse* response, bool with_body) {
  context_.metrics.count_response(response->status);
  stream.answered = true;
  send_block(stream.id, with_body ? 0 : kEndStream, [&] {
    encoder_.status(response->status, &out_);
    if (!response->content_type.empty())
      encoder_.field("content-type", response->content_type, &out_);
    if (!stream.is_grpc()) {
      encoder_.field("date", context_.date, &out_);
      const fmt::format_int length(response->body.size());
      if (stream.handler == nullptr)
        encoder_.field("content-length", {length.data(), length.size()}, &out_);
    }
    write_lines(&response->headers);
  });
}

void Http2Session::submit(Http2Stream& stream) {
  HttpResponse& response = context_.response;
  stream.body_done = true;
  const bool is_head = stream.head.method() == Method::kHead;
  const bool with_body = !is_head && (!response.body.empty() || !response.trailers.empty());
  submit_head(stream, &response, with_body);
  stream.answer(&response, with_body);
  stream.end_sent = !with_body;
  line_up(stream);
}

void Http2Session::begin_reply(Http2Stream& stream, HttpResponse* head) {
  if (!stream.answered) submit_head(stream, head, true);
}

void Http2Session::Reply::write(std::string_view bytes) {
  stream_.append_output(bytes);
  session_.line_up(stream_);
}

void Http2Session::Reply::end(std::string_view trailers) {
  stream_.body_done = true;
  stream_.end_output(trailers);
  session_.line_up(stream_);
}

bool Http2Session::Reply::charge(std::ptrdiff_t bytes) {
  const auto size = static_cast<std::size_t>(bytes < 0 ? -bytes : bytes);
  if (bytes < 0) {
    session_.context_.buffers.release(size);
    stream_.charged -= size;
    return true;
  }
  if (!session_.context_.buffers.reserve(size)) return false;
  stream_.charged += size;
  return true;
}

// ---- streams in turns

void Http2Session::line_up(Http2Stream& stream) {
  if (!std::exchange(stream.in_line, true)) line_.push_back(&stream);
}

Http2Session::Sent Http2Session::send_some(Http2Stream& stream) {
  if (stream.end_sent) return Sent::kAll;
  if (!stream.answered) return Sent::kNothingThere;
  const std::size_t left = stream.output_left();
  const bool has_trailers = !stream.trailers()->empty();
  if (left > 0) {
    if (stream.send_window <= 0) return Sent::kNothingThere;  // until it is opened
    if (send_window_ <= 0) return Sent::kNoWindow;
    const auto window = static_cast<std::size_t>(std::min(stream.send_window, send_window_));
    const std::size_t size = std::min({left, kFrameBytesMax, window});
    const bool is_last = size == left && stream.output_ended() && !has_trailers;
    send({.size = static_cast<std::uint32_t>(size),
          .type = FrameType::kData,
          .flags = is_last ? kEndStream : std::uint8_t{0},
          .stream = stream.id});
    out_ += stream.output(size);
    stream.sent(size);
    stream.send_window -= static_cast<std::int64_t>(size);
    send_window_ -= static_cast<std::int64_t>(size);
    stream.progress_ms = context_.now_ms;
    if (is_last) return Sent::kAll;
    if (size < left) return Sent::kMore;
  }
  if (!stream.output_ended()) return Sent::kNothingThere;
  if (has_trailers) {
    send_block(stream.id, kEndStream, [&] { write_lines(stream.trailers()); });
  } else {
    send({.type = FrameType::kData, .flags = kEndStream, .stream = stream.id});
  }
  return Sent::kAll;
}

// A frame of each in turn, until all wait for the peer.
void Http2Session::send_lines_of_streams() {
  std::size_t stuck = 0;
  while (stuck < line_.size() && out_.size() < kQueuedBytes) {
    Http2Stream& stream = *line_.front();
    const Sent sent = send_some(stream);
    if (sent == Sent::kMore && line_.size() == 1) continue;
    line_.erase(line_.begin());
    if (sent == Sent::kMore || sent == Sent::kNoWindow) {
      line_.push_back(&stream);
      stuck = sent == Sent::kMore ? 0 : stuck + 1;
      continue;
    }
    stream.in_line = false;
    if (sent == Sent::kAll) end_output(stream);
  }
}

// RFC 9113 8.1: who has all of its answer need not send the rest of its request.
void Http2Session::end_output(Http2Stream& stream) {
  if (!stream.peer_ended) return reset(stream, Http2Error::kNone);
  close_stream(stream, false);
}

bool Http2Session::advance() {
  if (!ended_) send_lines_of_streams();
  if (ended_ || ((goes_away_ || peer_goes_away_) && open_.empty())) finished_ = true;
  return out_sent_ < out_.size();
}

void Http2Session::sent(std::size_t bytes) {
  if (bytes > 0) progress_ms_ = context_.now_ms;
  out_sent_ += bytes;
  if (out_sent_ < out_.size()) return;
  out_sent_ = 0;
  if (out_.capacity() > kQueuedBytes) out_ = std::string();
  out_.clear();
}

// ---- windows of ours: bytes that were used are given back, by halves

void Http2Session::give_window_back(std::size_t bytes) {
  unconsumed_ += bytes;
  if (unconsumed_ < kConnectionWindow / 2) return;
  send_number(FrameType::kWindowUpdate, 0, static_cast<std::uint32_t>(unconsumed_));
  receive_window_ += static_cast<std::int64_t>(std::exchange(unconsumed_, 0));
}

void Http2Session::give_window_back(Http2Stream& stream) {
  if (stream.unconsumed < kStreamWindow / 2 || stream.peer_ended) return;
  if (stream.output_left() > kStreamQueuedBytes) return;
  send_number(FrameType::kWindowUpdate, stream.id, static_cast<std::uint32_t>(stream.unconsumed));
  stream.receive_window += static_cast<std::int64_t>(std::exchange(stream.unconsumed, 0));
}

}  // namespace slipway::net
