// What the .cc files of the HTTP/2 session share, and nobody else includes: http2_input.cc reads frames, http2_output.cc
// writes them, http2_session.cc has the requests, http2_deadlines.cc the time.
//
// A stream lives in open_ until its request has come and its answer has left, or it is reset; nothing that is called while
// frames are read closes the stream that they are of, but reset(). The wire and its errors: RFC 9113 5 and 6.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/hpack.h"
#include "net/http2_frame.h"
#include "net/http2_session.h"
#include "net/http2_stream.h"

namespace slipway::net {

class Http2Session final : public Session {
 public:
  explicit Http2Session(SessionContext& context);
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
    return open_.empty() && out_sent_ == out_.size() && held_.empty() && !in_headers_ &&
           has_settings_;
  }
  void park() override;
  std::int64_t deadline_ms() const override;
  void expire() override;
  void drain() override;
  void set_wake(std::function<void()> wake) override;
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

  // Input.
  void feed(std::string_view bytes);
  bool take_preface(std::string_view* bytes);
  void take_frame(std::string_view* bytes);
  void hold(std::string_view* bytes);
  bool begin_frame(const FrameHead& head);
  void on_frame(const FrameHead& head, std::string_view payload);
  void begin_data(const FrameHead& head);
  void take_data(std::string_view* bytes);
  void on_padding(std::size_t bytes);
  void on_data(std::string_view bytes);
  void end_data();
  void on_headers(const FrameHead& head, std::string_view payload);
  void begin_block(std::uint32_t id, bool depends_on_itself);
  void on_continuation(const FrameHead& head, std::string_view payload);
  void take_block(std::string_view bytes, bool is_last);
  bool take_steady_block(std::string_view bytes, std::size_t places, Http2Head* head);
  void remember_block(std::string_view bytes, const Http2Head& head);
  bool decode_block(std::string_view bytes, bool is_last, Http2Head* head);
  void end_block();
  void on_settings(const FrameHead& head, std::string_view payload);
  Http2Error apply_settings(std::string_view payload);
  bool move_windows(std::int64_t by);
  void on_ping(const FrameHead& head, std::string_view payload);
  void on_reset(const FrameHead& head, std::string_view payload);
  void on_window_update(const FrameHead& head, std::string_view payload);
  void on_priority(const FrameHead& head, std::string_view payload);
  void on_go_away(const FrameHead& head, std::string_view payload);

  // Streams.
  Http2Stream* stream_of(std::uint32_t id) const {
    for (std::size_t i = ids_.size(); i-- > 0;) {
      if (ids_[i] == id) return open_[i].get();
    }
    return nullptr;
  }
  bool is_idle(std::uint32_t id) const { return id % 2 == 0 || id > last_id_; }
  Http2Stream& open_stream(std::uint32_t id);
  void close_stream(Http2Stream& stream, bool by_us);
  void remember_closed(std::uint32_t id, bool by_us);
  enum class Closed : std::uint8_t { kLongAgo, kByPeer, kByUs };
  Closed how_closed(std::uint32_t id) const;
  void end_input(Http2Stream& stream);
  // The peer has done what it may not, on that stream alone.
  void reset(Http2Stream& stream, Http2Error error);
  void reset(std::uint32_t id, Http2Error error);
  // The same on the connection: a last word, and nothing more is read.
  void end(Http2Error error);

  // Output.
  void send(const FrameHead& head) { append_frame_head(head, &out_); }
  void send_number(FrameType type, std::uint32_t stream, std::uint32_t number);
  void send_go_away(std::uint32_t last, Http2Error error);
  template <typename Write>
  void send_block(std::uint32_t id, std::uint8_t flags, Write write);
  void split_block(std::size_t at, std::uint32_t id, std::uint8_t flags);
  void write_lines(std::string* lines);
  void line_up(Http2Stream& stream);
  enum class Sent : std::uint8_t { kAll, kNothingThere, kMore, kNoWindow };
  Sent send_some(Http2Stream& stream);
  void send_lines_of_streams();
  void end_output(Http2Stream& stream);
  void give_window_back(std::size_t bytes);
  void give_window_back(Http2Stream& stream);

  // Requests and answers.
  void on_head(Http2Stream& stream, bool is_whole);
  void on_request(Http2Stream& stream);
  void refuse(Http2Stream& stream);  // with its problem
  void refuse(Http2Stream& stream, int status, const char* limit, const std::string& error);
  void answer_reject(Http2Stream& stream, const Reject& reject);
  void submit(Http2Stream& stream);
  void submit_head(Http2Stream& stream, HttpResponse* response, bool with_body);
  bool answer_later(Http2Stream& stream);  // true if it was ready
  void begin_reply(Http2Stream& stream, HttpResponse* head);

  // Time, and what may come only so often in it.
  void count_control_frame() {
    count_rate(&control_frames_, context_.limits.control_frames_max, "control_frames");
  }
  void count_reset() { count_rate(&resets_, context_.limits.stream_resets_max, "stream_resets"); }
  void count_rate(std::size_t* count, std::size_t limit, const char* name);
  void go_away();
  void sweep();
  void sweep(Http2Stream& stream);
  void end_streams();
  std::int64_t idle_deadline_ms() const;

  SessionContext& context_;
  bool finished_ = false;
  bool ended_ = false;         // by end()
  bool has_settings_ = false;  // the peer's first
  bool in_headers_ = false;    // between a block's first byte and its last
  bool goes_away_ = false, peer_goes_away_ = false;
  bool pinged_ = false;
  std::int64_t began_ms_, active_ms_, progress_ms_, sweep_ms_, period_ms_;
  std::int64_t headers_ms_ = 0;                  // in_headers_: since
  std::int64_t arrived_ns_ = 0;                  // the input that is being worked on
  std::size_t resets_ = 0, control_frames_ = 0;  // in this period
  std::uint64_t requests_ = 0;
  std::size_t ticking_ = 0;  // streams that may have something to say without input

  Buffer buffer_;
  std::size_t preface_left_ = kHttp2Preface.size();
  std::string held_;  // of a frame that has not come whole, DATA excepted
  struct {
    std::uint32_t stream = 0;
    std::size_t left = 0, padding = 0;
    bool wants_padding = false, ends = false, is_empty = true;
  } data_;  // the DATA frame that is being received
  enum class BlockOf : std::uint8_t { kRequest, kTrailers, kNothing };
  struct {
    bool is_open = false, ends = false, is_malformed = false;
    BlockOf what = BlockOf::kNothing;
    std::uint32_t stream = 0;
    Http2Error error = Http2Error::kNone;  // with which its stream is reset
    std::size_t pieces = 0;
  } block_;  // of header fields
  HpackDecoder decoder_;
  // Who calls a method again and again sends the same bytes, and means the same by them while HPACK's table is what it
  // was: of what the last requests began with that was nothing but places in that table, and of all of the last block.
  struct KnownBlock {
    void keep(std::string_view block, const Http2Head& read) {
      bytes = block;
      head = read;
      has_head = true;
    }
    void forget() { bytes.clear(), has_head = false; }
    std::string bytes;
    Http2Head head;
    bool has_head = false;
  } same_start_, same_block_;
  std::int64_t receive_window_ = kFirstWindow;
  std::size_t unconsumed_ = 0;  // of it

  std::string out_;
  std::size_t out_sent_ = 0;
  HpackEncoder encoder_;
  std::int64_t send_window_ = kFirstWindow;
  std::int64_t peer_window_ = kFirstWindow;  // of a new stream
  std::vector<Http2Stream*> line_;           // in turns

  std::vector<std::unique_ptr<Http2Stream>> open_, free_;
  std::vector<std::uint32_t> ids_;              // of open_
  std::uint32_t last_id_ = 0, last_taken_ = 0;  // seen; and not refused at once
  std::array<std::uint32_t, 64> closed_;  // of late: the id, without its lowest bit if by the peer
  std::size_t closed_at_ = 0;
  std::function<void()> wake_;
};

template <typename Write>
void Http2Session::send_block(std::uint32_t id, std::uint8_t flags, Write write) {
  const std::size_t at = out_.size();
  out_.append(kFrameHeadBytes, '\0');
  encoder_.begin(&out_);
  write();
  const std::size_t size = out_.size() - at - kFrameHeadBytes;
  if (size > kFrameBytesMax) return split_block(at, id, flags);
  write_frame_head({.size = static_cast<std::uint32_t>(size),
                    .type = FrameType::kHeaders,
                    .flags = static_cast<std::uint8_t>(flags | kEndHeaders),
                    .stream = id},
                   out_.data() + at);
}

// What a peer may send to us before it hears of it.
inline constexpr std::int64_t kStreamWindow = 1 << 20;
inline constexpr std::int64_t kConnectionWindow = 4 << 20;

}  // namespace slipway::net
