// SPDX-License-Identifier: Apache-2.0
#include "net/http2_session.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "net/grpc_status.h"
#include "net/h2c_upgrade.h"
#include "net/http2_session_parts.h"

namespace slipway::net {
namespace {

constexpr std::size_t kKeptStreams = 32;

}  // namespace

Http2Session::Http2Session(SessionContext& context)
    : context_(context),
      began_ms_(context.now_ms),
      active_ms_(context.now_ms),
      progress_ms_(context.now_ms),
      sweep_ms_(context.now_ms),
      period_ms_(context.now_ms) {
  context_.askers += context_.limits.streams_max - 1;
  closed_.fill(0xFFFFFFFF);  // no stream's
}

Http2Session::~Http2Session() {
  context_.askers -= context_.limits.streams_max - 1;
  for (const auto& stream : open_) stream->close(&context_.buffers);
  context_.buffers.give_back(std::move(buffer_));
}

bool Http2Session::start(std::string_view received) {
  if (!decoder_.is_there()) return false;
  const Limits& limits = context_.limits;
  const std::array<std::pair<std::uint16_t, std::size_t>, 4> settings{{
      {3, limits.streams_max},       // MAX_CONCURRENT_STREAMS
      {4, kStreamWindow},            // INITIAL_WINDOW_SIZE
      {6, limits.header_bytes_max},  // MAX_HEADER_LIST_SIZE
      {9, 1},                        // NO_RFC7540_PRIORITIES
  }};
  send({.size = 6 * settings.size(), .type = FrameType::kSettings});
  for (const auto& [name, value] : settings) {
    out_ += static_cast<char>(name >> 8);
    out_ += static_cast<char>(name & 0xFF);
    append_u32(static_cast<std::uint32_t>(value), &out_);
  }
  give_window_back(static_cast<std::size_t>(kConnectionWindow - kFirstWindow));
  if (context_.draining) drain();
  if (!received.empty()) feed(received);
  return true;
}

bool Http2Session::start_upgraded(const HttpRequest& request, std::string_view settings,
                                  std::string_view received) {
  if (!start("") || apply_settings(settings) != Http2Error::kNone) return false;
  out_.insert(0, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  arrived_ns_ = context_.clock.monotonic_ns();
  last_id_ = last_taken_ = 1;
  Http2Stream& stream = open_stream(1);
  stream.peer_ended = true;
  const Limits& limits = context_.limits;
  std::string target(request.path);
  if (!request.query.empty()) target.append("?").append(request.query);
  stream.head.add(":method", name_of(request.method), limits);
  stream.head.add(":scheme", "http", limits);
  stream.head.add(":path", target, limits);
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    if (is_of_connection(request.headers.name(i))) continue;
    std::string name(request.headers.name(i));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    stream.head.add(name, request.headers.value(i), limits);
  }
  stream.head.end(limits);
  if (stream.head.is_malformed()) {
    stream.head.refuse(400, nullptr, "a request of HTTP/1.1 that HTTP/2 has no place for");
  }
  const bool fits =
      stream.problem().status == 0 &&
      (request.body.empty() || stream.append_body(request.body, limits, &context_.buffers));
  if (fits) {
    ++requests_;
    on_request(stream);
  } else {
    refuse(stream);
  }
  if (!received.empty()) feed(received);
  return true;
}

// ---- streams

Http2Stream& Http2Session::open_stream(std::uint32_t id) {
  std::unique_ptr<Http2Stream> stream;
  if (free_.empty()) {
    stream = std::make_unique<Http2Stream>();
  } else {
    stream = std::move(free_.back());
    free_.pop_back();
  }
  stream->open(id, context_.now_ms, arrived_ns_);
  stream->send_window = peer_window_;
  stream->receive_window = kStreamWindow;
  open_.push_back(std::move(stream));
  ids_.push_back(id);
  return *open_.back();
}

void Http2Session::close_stream(Http2Stream& stream, bool by_us) {
  remember_closed(stream.id, by_us);
  if (stream.in_line) line_.erase(std::find(line_.begin(), line_.end(), &stream));
  if (stream.handler != nullptr || stream.later != nullptr) --ticking_;
  const auto at =
      static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), stream.id) - ids_.begin());
  std::unique_ptr<Http2Stream> taken = std::move(open_[at]);
  open_[at] = std::move(open_.back());
  ids_[at] = ids_.back();
  open_.pop_back();
  ids_.pop_back();
  taken->close(&context_.buffers);
  if (free_.size() < kKeptStreams) free_.push_back(std::move(taken));
  if (open_.empty()) active_ms_ = context_.now_ms;
}

// Clients' ids are odd.
void Http2Session::remember_closed(std::uint32_t id, bool by_us) {
  closed_[closed_at_++ % closed_.size()] = by_us ? id : id - 1;
}

Http2Session::Closed Http2Session::how_closed(std::uint32_t id) const {
  const auto has = [&](std::uint32_t mark) {
    return std::find(closed_.begin(), closed_.end(), mark) != closed_.end();
  };
  if (has(id)) return Closed::kByUs;
  return has(id - 1) ? Closed::kByPeer : Closed::kLongAgo;
}

void Http2Session::reset(Http2Stream& stream, Http2Error error) {
  const std::uint32_t id = stream.id;
  send_number(FrameType::kReset, id, static_cast<std::uint32_t>(error));
  close_stream(stream, true);
  // Who makes us do so again and again keeps us busy as well as who does it: CVE-2025-8671.
  if (error != Http2Error::kNone && error != Http2Error::kCancel) count_reset();
}

void Http2Session::reset(std::uint32_t id, Http2Error error) {
  send_number(FrameType::kReset, id, static_cast<std::uint32_t>(error));
  remember_closed(id, true);
  count_control_frame();
}

void Http2Session::end(Http2Error error) {
  if (std::exchange(ended_, true)) return;
  in_headers_ = false;
  send_go_away(last_taken_, error);
}

// ---- requests

void Http2Session::on_head(Http2Stream& stream, bool is_whole) {
  const Limits& limits = context_.limits;
  if (++requests_ == limits.requests_per_connection_max) {
    context_.metrics.count_limit("requests_per_connection");
    go_away();
  }
  if (stream.problem().status != 0) return refuse(stream);
  HttpRequest request = stream.request(context_.reactor);
  request.turn = &context_.turn;
  if (!is_whole) request.body_to_come = std::max<std::uint64_t>(stream.head.content_length(), 1);
  if (const auto reject = context_.handler.admit(request)) return answer_reject(stream, *reject);
  stream.handler = context_.handler.open(request);
  if (stream.handler != nullptr) ++ticking_;
  if (stream.head.expects_continue() && !is_whole)
    send_block(stream.id, 0, [&] { encoder_.status(100, &out_); });
}

void Http2Session::on_request(Http2Stream& stream) {
  if (std::exchange(stream.body_done, true)) return;
  if (stream.handler != nullptr) {
    Reply reply(*this, stream);
    return stream.handler->ended(reply);
  }
  context_.response.reset();
  HttpRequest whole = stream.request_with_body(context_.reactor);
  whole.may_wait = true;
  whole.turn = &context_.turn;
  context_.handler.handle(whole, context_.response);
  if (context_.response.later == nullptr) return submit(stream);
  // Others are served meanwhile.
  stream.later = std::move(context_.response.later);
  ++ticking_;
  if (wake_) stream.later->wake_with(wake_);
}

void Http2Session::refuse(Http2Stream& stream) {
  const Http2Head::Problem problem = stream.problem();
  refuse(stream, problem.status, problem.limit, problem.text);
}

// Also of what was not received whole: the rest is dropped.
void Http2Session::refuse(Http2Stream& stream, int status, const char* limit,
                          const std::string& error) {
  if (limit != nullptr) context_.metrics.count_limit(limit);
  context_.response.reset();
  if (stream.is_grpc()) {
    write_trailers_only(grpc_status_of_http(status), error, &context_.response);
    if (status == 503) append_grpc_pushback(1, &context_.response.headers);
  } else {
    context_.handler.refuse(status, error, context_.response);
    if (status == 503) context_.response.add_header("Retry-After", "1");
  }
  submit(stream);
}

void Http2Session::answer_reject(Http2Stream& stream, const Reject& reject) {
  HttpResponse& response = context_.response;
  response.reset();
  if (stream.is_grpc()) {
    // Handlers reject in HTTP's words.
    const auto document = JsonDocument::parse(reject.body);
    const auto error = document ? document.value().root().find("error").as_string() : std::nullopt;
    write_trailers_only(grpc_status_of_http(reject.status), error.value_or(reject.body), &response);
    if (reject.retry_after_s > 0) append_grpc_pushback(reject.retry_after_s, &response.headers);
  } else {
    response.status = reject.status;
    response.content_type = reject.content_type;
    response.body = reject.body;
  }
  if (reject.retry_after_s > 0)
    response.add_header("Retry-After", std::to_string(reject.retry_after_s));
  submit(stream);
}

bool Http2Session::answer_later(Http2Stream& stream) {
  if (stream.later == nullptr || stream.answered || !stream.later->ready()) return false;
  context_.response = stream.later->take();
  submit(stream);
  return true;
}

void Http2Session::set_wake(std::function<void()> wake) {
  wake_ = std::move(wake);
  // Of requests that came with the preface.
  for (const auto& stream : open_) {
    if (stream->later != nullptr) stream->later->wake_with(wake_);
  }
}

void Http2Session::woken() {
  for (const auto& stream : open_) answer_later(*stream);
}

// ---- bytes

std::span<char> Http2Session::room() {
  if (!buffer_) buffer_ = context_.buffers.take(BufferPool::kBlockBytes);
  return {buffer_.bytes.get(), buffer_.capacity};
}

void Http2Session::received(std::size_t bytes) {
  if (bytes == 0) {
    finished_ = true;  // whoever has closed its side reads no answers that are still to be made
    return;
  }
  feed({buffer_.bytes.get(), bytes});
}

void Http2Session::park() {
  context_.buffers.give_back(std::exchange(buffer_, Buffer()));
  free_.clear();
  held_ = out_ = std::string();
  same_start_ = same_block_ = {};
}

std::unique_ptr<Session> make_http2_session(SessionContext& context, std::string_view received) {
  auto session = std::make_unique<Http2Session>(context);
  if (!session->start(received)) return nullptr;
  return session;
}

std::unique_ptr<Session> make_upgraded_session(SessionContext& context, const HttpRequest& request,
                                               std::string_view settings,
                                               std::string_view received) {
  auto session = std::make_unique<Http2Session>(context);
  if (!session->start_upgraded(request, settings, received)) return nullptr;
  return session;
}

}  // namespace slipway::net
