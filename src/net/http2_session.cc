// SPDX-License-Identifier: Apache-2.0
#include "net/http2_session.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "net/grpc_status.h"
#include "net/h2c_upgrade.h"
#include "net/http2_stream.h"

namespace slipway::net {
namespace {

constexpr std::size_t kQueuedBytes = 256u << 10;
constexpr std::int32_t kStreamWindow = 1 << 20;
constexpr std::int32_t kConnectionWindow = 4 << 20;
constexpr std::size_t kKeptStreams = 32;
// A stream whose answers are not read is not listened to, either.
constexpr std::size_t kStreamQueuedBytes = 1u << 20;
constexpr std::int64_t kRatePeriodMs = 10'000;
constexpr std::int64_t kSweepMs = 1000;
constexpr std::int64_t kTickMs = 200;  // of streams that may have something to say without input

nghttp2_nv pair(std::string_view name, std::string_view value, std::uint8_t flags = 0) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), flags};
}

struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
using Option = std::unique_ptr<nghttp2_option, OptionDeleter>;

Option make_option(const Limits& limits) {
  nghttp2_option* made = nullptr;
  if (nghttp2_option_new(&made) != 0) return nullptr;
  // Windows are given back when bytes were used: a stream whose answers nobody reads gets none.
  nghttp2_option_set_no_auto_window_update(made, 1);
  // Ours is counted, so nghttp2's must not come first.
  nghttp2_option_set_stream_reset_rate_limit(made, limits.stream_resets_max * 2 + 2,
                                             limits.stream_resets_max);
  nghttp2_option_set_no_closed_streams(made, 1);
  return Option(made);
}

constexpr std::uint8_t kLiteral = NGHTTP2_NV_FLAG_NO_COPY_NAME;

// "Name: value\r\n"..., names to lower case where they lie: HTTP/2 knows no other.
void append_lines(std::string* lines, std::vector<nghttp2_nv>* pairs) {
  for (std::size_t at = 0; at < lines->size();) {
    const std::size_t end = lines->find("\r\n", at);
    const std::size_t colon = lines->find(": ", at);
    if (end == std::string::npos || colon > end) return;
    for (std::size_t i = at; i < colon; ++i) {
      char& c = (*lines)[i];
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    const std::string_view text(*lines);
    pairs->push_back(pair(text.substr(at, colon - at), text.substr(colon + 2, end - colon - 2)));
    at = end + 2;
  }
}

class Http2Session final : public Session {
 public:
  explicit Http2Session(SessionContext& context)
      : context_(context),
        began_ms_(context.now_ms),
        active_ms_(context.now_ms),
        progress_ms_(context.now_ms),
        sweep_ms_(context.now_ms),
        period_ms_(context.now_ms) {
    context_.askers += context_.limits.streams_max - 1;
  }
  ~Http2Session() override;

  bool start(std::string_view received);
  bool start_upgraded(const HttpRequest& request, std::string_view settings,
                      std::string_view received);

  std::span<char> room() override;
  void received(std::size_t bytes) override;
  bool advance() override;
  Output output() const override { return {std::string_view(out_).substr(out_sent_), {}}; }
  void sent(std::size_t bytes) override;
  bool finished() const override { return finished_ && out_sent_ == out_.size(); }
  bool idle() const override {
    return open_.empty() && out_sent_ == out_.size() && !in_headers_ && has_settings_;
  }
  void park() override;
  std::int64_t deadline_ms() const override;
  void expire() override;
  void drain() override;
  void set_wake(std::function<void()> wake) override { wake_ = std::move(wake); }
  void woken() override;

 private:
  // A stream's way out.
  class Reply final : public StreamReply {
   public:
    Reply(Http2Session& session, Http2Stream& stream) : session_(session), stream_(stream) {}
    void begin(HttpResponse& head) override { session_.begin_reply(stream_, &head); }
    void write(std::string_view bytes) override;
    void end(std::string_view trailers) override;
    bool charge(std::ptrdiff_t bytes) override;

   private:
    Http2Session& session_;
    Http2Stream& stream_;
  };

  static nghttp2_session_callbacks* callbacks();
  static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }
  Http2Stream* stream_of(std::int32_t id) const {
    return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session_, id));
  }

  int on_begin_headers(const nghttp2_frame& frame);
  int on_frame(const nghttp2_frame& frame);
  void on_data(Http2Stream& stream, std::string_view bytes);
  void on_stream_close(std::int32_t id);
  void on_end_sent(std::int32_t id);
  ssize_t read_output(Http2Stream& stream, std::uint8_t* to, std::size_t room,
                      std::uint32_t* flags);

  void feed(std::string_view bytes);
  void on_head(Http2Stream& stream, bool is_whole);
  void on_request(Http2Stream& stream);
  void refuse(Http2Stream& stream, int status, const char* limit, const std::string& error);
  void answer_reject(Http2Stream& stream, const Reject& reject);
  void submit(Http2Stream& stream);
  // True if it was ready.
  bool answer_later(Http2Stream& stream);
  void begin_reply(Http2Stream& stream, HttpResponse* head);
  bool submit_head(Http2Stream& stream, HttpResponse* response, bool with_body);
  void resume(Http2Stream& stream);
  void give_window_back(Http2Stream& stream);
  void count_control_frame() {
    count_rate(&control_frames_, context_.limits.control_frames_max, "control_frames");
  }
  void count_rate(std::size_t* count, std::size_t limit, const char* name);
  void go_away(std::uint32_t error);
  void sweep();
  void sweep(Http2Stream& stream);
  void end_streams();
  std::int64_t idle_deadline_ms() const;

  SessionContext& context_;
  nghttp2_session* session_ = nullptr;
  bool finished_ = false;
  bool has_settings_ = false;  // the peer's first
  bool in_headers_ = false;
  bool goes_away_ = false;
  bool pinged_ = false;
  std::int64_t began_ms_, active_ms_, progress_ms_, sweep_ms_, period_ms_;
  std::int64_t headers_ms_ = 0;                  // in_headers_: since
  std::int64_t arrived_ns_ = 0;                  // the input that is being worked on
  std::size_t resets_ = 0, control_frames_ = 0;  // in this period
  std::uint64_t requests_ = 0;
  std::size_t ticking_ = 0;  // streams that may have something to say without input

  Buffer buffer_;
  std::string out_;
  std::size_t out_sent_ = 0;
  std::vector<std::unique_ptr<Http2Stream>> open_, free_;
  std::vector<nghttp2_nv> pairs_;
  std::function<void()> wake_;
};

// ---- what nghttp2 calls

nghttp2_session_callbacks* Http2Session::callbacks() {
  static nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* set = nullptr;
    if (nghttp2_session_callbacks_new(&set) != 0) return set;
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        set, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          return self(user).on_begin_headers(*frame);
        });
    nghttp2_session_callbacks_set_on_header_callback(
        set, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                std::uint8_t, void* user) {
          Http2Stream* stream = self(user).stream_of(frame->hd.stream_id);
          // Trailers say nothing that we listen to.
          if (stream == nullptr || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
          stream->add_field({reinterpret_cast<const char*>(name), name_size},
                            {reinterpret_cast<const char*>(value), value_size},
                            self(user).context_.limits);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        set, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          return self(user).on_frame(*frame);
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        set, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                std::size_t size, void* user) {
          if (Http2Stream* stream = self(user).stream_of(id))
            self(user).on_data(*stream, {reinterpret_cast<const char*>(bytes), size});
          else
            nghttp2_session_consume(self(user).session_, id, size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        set, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
          self(user).on_stream_close(id);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_send_callback(
        set, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          const bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
          if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            self(user).on_end_sent(frame->hd.stream_id);
          return 0;
        });
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        set, [](nghttp2_session*, const nghttp2_frame* frame, int error, void* user) {
          self(user).in_headers_ = false;
          if (frame->hd.type == NGHTTP2_HEADERS && error == NGHTTP2_ERR_REFUSED_STREAM)
            self(user).context_.metrics.count_limit("streams");
          return 0;
        });
    return set;
  }();
  return made;
}

Http2Session::~Http2Session() {
  context_.askers -= context_.limits.streams_max - 1;
  if (session_ != nullptr) nghttp2_session_del(session_);
  for (const auto& stream : open_) stream->close(&context_.buffers);
  context_.buffers.give_back(std::move(buffer_));
}

bool Http2Session::start(std::string_view received) {
  const Limits& limits = context_.limits;
  const Option option = make_option(limits);
  if (callbacks() == nullptr || option == nullptr ||
      nghttp2_session_server_new2(&session_, callbacks(), this, option.get()) != 0)
    return false;
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<std::uint32_t>(limits.streams_max)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.header_bytes_max)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  if (nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) != 0)
    return false;
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  if (context_.draining) drain();
  if (!received.empty()) feed(received);
  return true;
}

bool Http2Session::start_upgraded(const HttpRequest& request, std::string_view settings,
                                  std::string_view received) {
  if (!start("")) return false;
  auto made = std::make_unique<Http2Stream>();
  Http2Stream& stream = *made;
  if (nghttp2_session_upgrade2(session_, reinterpret_cast<const std::uint8_t*>(settings.data()),
                               settings.size(), request.method == Method::kHead ? 1 : 0,
                               &stream) != 0)
    return false;
  stream.open(1, context_.now_ms, context_.clock.monotonic_ns());
  open_.push_back(std::move(made));
  const Limits& limits = context_.limits;
  std::string target(request.path);
  if (!request.query.empty()) target.append("?").append(request.query);
  stream.add_field(":method", name_of(request.method), limits);
  stream.add_field(":path", target, limits);
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    if (is_of_connection(request.headers.name(i))) continue;
    std::string name(request.headers.name(i));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    stream.add_field(name, request.headers.value(i), limits);
  }
  stream.end_fields(limits);
  out_ = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
  const bool fits =
      stream.problem().status == 0 &&
      (request.body.empty() || stream.append_body(request.body, limits, &context_.buffers));
  if (fits) {
    ++requests_;
    on_request(stream);
  } else {
    stream.peer_ended = true;
    const auto problem = stream.problem();
    refuse(stream, problem.status, problem.limit, problem.text);
  }
  if (!received.empty()) feed(received);
  return true;
}

int Http2Session::on_begin_headers(const nghttp2_frame& frame) {
  in_headers_ = true;
  headers_ms_ = context_.now_ms;
  if (frame.hd.type != NGHTTP2_HEADERS || frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  std::unique_ptr<Http2Stream> stream;
  if (free_.empty()) {
    stream = std::make_unique<Http2Stream>();
  } else {
    stream = std::move(free_.back());
    free_.pop_back();
  }
  stream->open(frame.hd.stream_id, context_.now_ms, arrived_ns_);
  nghttp2_session_set_stream_user_data(session_, frame.hd.stream_id, stream.get());
  open_.push_back(std::move(stream));
  return 0;
}

int Http2Session::on_frame(const nghttp2_frame& frame) {
  const bool is_end = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS: {
      in_headers_ = false;
      Http2Stream* stream = stream_of(frame.hd.stream_id);
      if (stream == nullptr) return 0;
      if (frame.headers.cat == NGHTTP2_HCAT_REQUEST) on_head(*stream, is_end);
      if (is_end) on_request(*stream);
      return 0;
    }
    case NGHTTP2_DATA: {
      if (!is_end && frame.hd.length == frame.data.padlen) count_control_frame();
      Http2Stream* stream = stream_of(frame.hd.stream_id);
      if (stream != nullptr && is_end) on_request(*stream);
      return 0;
    }
    case NGHTTP2_RST_STREAM:
      count_rate(&resets_, context_.limits.stream_resets_max, "stream_resets");
      return 0;
    case NGHTTP2_SETTINGS:
      has_settings_ = true;
      [[fallthrough]];
    case NGHTTP2_PING:
      count_control_frame();
      return 0;
    default:
      return 0;
  }
}

void Http2Session::on_data(Http2Stream& stream, std::string_view bytes) {
  nghttp2_session_consume_connection(session_, bytes.size());
  stream.unconsumed += bytes.size();
  if (!stream.body_done && stream.handler != nullptr) {
    Reply reply(*this, stream);
    stream.handler->received(bytes, reply);
  } else if (!stream.body_done && !stream.append_body(bytes, context_.limits, &context_.buffers)) {
    const auto problem = stream.problem();
    refuse(stream, problem.status, problem.limit, problem.text);
  }
  give_window_back(stream);
}

void Http2Session::on_stream_close(std::int32_t id) {
  Http2Stream* const stream = stream_of(id);
  if (stream == nullptr) return;
  const auto at = std::find_if(open_.begin(), open_.end(),
                               [&](const auto& each) { return each.get() == stream; });
  std::unique_ptr<Http2Stream> taken = std::move(*at);
  if (taken->handler != nullptr || taken->later != nullptr) --ticking_;
  *at = std::move(open_.back());
  open_.pop_back();
  taken->close(&context_.buffers);
  if (free_.size() < kKeptStreams) free_.push_back(std::move(taken));
  if (open_.empty()) active_ms_ = context_.now_ms;
}

// RFC 9113 8.1: who has all of its answer need not send the rest of its request.
void Http2Session::on_end_sent(std::int32_t id) {
  const Http2Stream* const stream = stream_of(id);
  if (stream != nullptr && !stream->peer_ended)
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

ssize_t Http2Session::read_output(Http2Stream& stream, std::uint8_t* to, std::size_t room,
                                  std::uint32_t* flags) {
  const std::size_t size = stream.read_output(reinterpret_cast<char*>(to), room);
  stream.progress_ms = context_.now_ms;
  if (stream.output_left() > 0) return static_cast<ssize_t>(size);
  if (stream.output_ended()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream.trailers()->empty()) return static_cast<ssize_t>(size);
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    pairs_.clear();
    append_lines(stream.trailers(), &pairs_);
    nghttp2_submit_trailer(session_, stream.id, pairs_.data(), pairs_.size());
    return static_cast<ssize_t>(size);
  }
  if (size > 0) return static_cast<ssize_t>(size);
  stream.waiting = true;
  return NGHTTP2_ERR_DEFERRED;
}

// ---- requests

void Http2Session::on_head(Http2Stream& stream, bool is_whole) {
  const Limits& limits = context_.limits;
  stream.end_fields(limits);
  if (++requests_ == limits.requests_per_connection_max) {
    context_.metrics.count_limit("requests_per_connection");
    go_away(NGHTTP2_NO_ERROR);
  }
  if (stream.problem().status != 0) {
    const auto problem = stream.problem();
    return refuse(stream, problem.status, problem.limit, problem.text);
  }
  HttpRequest request = stream.request(context_.reactor);
  request.turn = &context_.turn;
  if (!is_whole) request.body_to_come = std::max<std::uint64_t>(stream.content_length(), 1);
  if (const auto reject = context_.handler.admit(request)) return answer_reject(stream, *reject);
  stream.handler = context_.handler.open(request);
  if (stream.handler != nullptr) ++ticking_;
  if (stream.expects_continue() && !is_whole) {
    const nghttp2_nv status = pair(":status", "100");
    nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, &status, 1, nullptr);
  }
}

void Http2Session::on_request(Http2Stream& stream) {
  stream.peer_ended = true;
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
  stream.body_done = true;
  ++ticking_;
  if (wake_) stream.later->wake_with(wake_);
}

// Also of what was not received whole: the rest is dropped.
void Http2Session::refuse(Http2Stream& stream, int status, const char* limit,
                          const std::string& error) {
  if (limit != nullptr) context_.metrics.count_limit(limit);
  context_.response.reset();
  if (stream.is_grpc()) {
    write_trailers_only(grpc_status_of_http(status), error, &context_.response);
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
  } else {
    response.status = reject.status;
    response.content_type = reject.content_type;
    response.body = reject.body;
  }
  if (reject.retry_after_s > 0)
    response.add_header("Retry-After", std::to_string(reject.retry_after_s));
  submit(stream);
}

// ---- answers

// False if nghttp2 refuses it.
bool Http2Session::submit_head(Http2Stream& stream, HttpResponse* response, bool with_body) {
  context_.metrics.count_response(response->status);
  stream.answered = true;
  const fmt::format_int status(response->status);
  const fmt::format_int length(response->body.size());
  pairs_.clear();
  pairs_.push_back(pair(":status", {status.data(), status.size()}, kLiteral));
  if (!response->content_type.empty())
    pairs_.push_back(pair("content-type", response->content_type, kLiteral));
  if (!stream.is_grpc()) {
    pairs_.push_back(pair("date", context_.date, kLiteral));
    if (stream.handler == nullptr)
      pairs_.push_back(pair("content-length", {length.data(), length.size()}, kLiteral));
  }
  append_lines(&response->headers, &pairs_);
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                              std::uint32_t* flags, nghttp2_data_source* source, void* user) {
    return self(user).read_output(*static_cast<Http2Stream*>(source->ptr), to, room, flags);
  };
  const int done = nghttp2_submit_response(session_, stream.id, pairs_.data(), pairs_.size(),
                                           with_body ? &provider : nullptr);
  return done == 0;
}

void Http2Session::submit(Http2Stream& stream) {
  HttpResponse& response = context_.response;
  stream.body_done = true;
  const bool is_head = stream.request(context_.reactor).method == Method::kHead;
  const bool with_body = !is_head && (!response.body.empty() || !response.trailers.empty());
  const bool done = submit_head(stream, &response, with_body);
  stream.answer(&response, with_body);
  if (!done)
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_INTERNAL_ERROR);
}

void Http2Session::begin_reply(Http2Stream& stream, HttpResponse* head) {
  if (stream.answered) return;
  if (!submit_head(stream, head, true))
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_INTERNAL_ERROR);
}

void Http2Session::resume(Http2Stream& stream) {
  if (std::exchange(stream.waiting, false)) nghttp2_session_resume_data(session_, stream.id);
}

void Http2Session::Reply::write(std::string_view bytes) {
  stream_.append_output(bytes);
  session_.resume(stream_);
}

void Http2Session::Reply::end(std::string_view trailers) {
  stream_.body_done = true;
  stream_.end_output(trailers);
  session_.resume(stream_);
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

void Http2Session::give_window_back(Http2Stream& stream) {
  if (stream.unconsumed == 0 || stream.output_left() > kStreamQueuedBytes) return;
  nghttp2_session_consume_stream(session_, stream.id, std::exchange(stream.unconsumed, 0));
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

void Http2Session::feed(std::string_view bytes) {
  if (finished_) return;
  active_ms_ = context_.now_ms;
  pinged_ = false;
  arrived_ns_ = context_.turn_began_ns();
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return;
  // It was no HTTP/2, or nghttp2 is out of memory; a GOAWAY for what can be told is queued already.
  if (taken == NGHTTP2_ERR_FLOODED) context_.metrics.count_limit("control_frames");
  if (taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC) go_away(NGHTTP2_PROTOCOL_ERROR);
  (void)advance();
  finished_ = true;
}

bool Http2Session::advance() {
  while (out_.size() < kQueuedBytes) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) finished_ = true;
    if (size <= 0) break;
    out_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0)
    finished_ = true;
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

void Http2Session::park() {
  context_.buffers.give_back(std::exchange(buffer_, Buffer()));
  free_.clear();
  out_ = std::string();
}

// ---- time

void Http2Session::count_rate(std::size_t* count, std::size_t limit, const char* name) {
  if (context_.now_ms - period_ms_ >= kRatePeriodMs) {
    period_ms_ = context_.now_ms;
    resets_ = control_frames_ = 0;
  }
  if (++*count != limit + 1) return;
  context_.metrics.count_limit(name);
  nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

// What the peer has sent until now is answered, and nothing more is taken.
void Http2Session::go_away(std::uint32_t error) {
  goes_away_ = true;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), error, nullptr, 0);
}

void Http2Session::drain() {
  if (goes_away_ || finished_) return;
  // RFC 9113 6.8: a warning first, so that what is under way to us is not lost.
  nghttp2_submit_shutdown_notice(session_);
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
    nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
    (void)advance();
    finished_ = true;
    return;
  }
  if (context_.draining && !goes_away_ && now_ms > idle_deadline_ms()) {
    go_away(NGHTTP2_NO_ERROR);
    end_streams();
  }
  if (open_.empty() && out_sent_ == out_.size()) {
    if (now_ms <= idle_deadline_ms()) return;
    if (!context_.draining) context_.metrics.count_limit("idle_timeout");
    if (!goes_away_) go_away(NGHTTP2_NO_ERROR);
    (void)advance();
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
  for (const auto& stream : open_) sweep(*stream);
  // A stream may be silent for long; a peer that is gone must not hold it for ever.
  if (sweep_ms_ <= active_ms_ + limits.idle_timeout_ms) return;
  if (pinged_ && sweep_ms_ > active_ms_ + limits.idle_timeout_ms + limits.header_timeout_ms) {
    context_.metrics.count_limit("idle_timeout");
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
  } else if (!std::exchange(pinged_, true)) {
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  }
}

bool Http2Session::answer_later(Http2Stream& stream) {
  if (stream.later == nullptr || stream.answered || !stream.later->ready()) return false;
  context_.response = stream.later->take();
  submit(stream);
  return true;
}

void Http2Session::woken() {
  for (const auto& stream : open_) answer_later(*stream);
}

void Http2Session::sweep(Http2Stream& stream) {
  const Limits& limits = context_.limits;
  if (stream.output_left() == 0) stream.progress_ms = sweep_ms_;
  if (answer_later(stream)) return;
  if (sweep_ms_ > stream.progress_ms + limits.write_timeout_ms) {
    context_.metrics.count_limit("write_timeout");
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
  } else if (stream.handler != nullptr) {
    Reply reply(*this, stream);
    if (!stream.output_ended()) stream.handler->tick(reply);
    give_window_back(stream);
  } else if (!stream.body_done && sweep_ms_ > stream.body_deadline_ms(limits)) {
    refuse(stream, 408, "body_timeout", "the request's body did not arrive in time");
  }
}

}  // namespace

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
