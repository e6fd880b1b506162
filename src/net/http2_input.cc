// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "net/http2_session_parts.h"

namespace slipway::net {
namespace {

constexpr std::size_t kPriorityBytes = 5, kSettingBytes = 6, kPingBytes = 8, kNumberBytes = 4;
constexpr std::size_t kContinuationsMax = 8;  // a block of more is made to cost, not to say much

enum Setting : unsigned {
  kHeaderTableSize = 1,
  kEnablePush = 2,
  kInitialWindowSize = 4,
  kMaxFrameSize = 5,
  kNoPriorities = 9,
};

std::uint32_t dependency_of(std::string_view priority) {
  return read_u32(priority.data()) & 0x7FFFFFFF;
}

}  // namespace

void Http2Session::feed(std::string_view bytes) {
  if (finished_ || ended_) return;
  active_ms_ = context_.now_ms;
  pinged_ = false;
  arrived_ns_ = context_.turn_began_ns();
  if (preface_left_ > 0 && !take_preface(&bytes)) return;
  while (!bytes.empty() && !ended_)
    data_.left + data_.padding > 0 ? take_data(&bytes) : take_frame(&bytes);
}

bool Http2Session::take_preface(std::string_view* bytes) {
  const std::string_view due = kHttp2Preface.substr(kHttp2Preface.size() - preface_left_);
  const std::size_t size = std::min(due.size(), bytes->size());
  if (bytes->substr(0, size) != due.substr(0, size)) return end(Http2Error::kProtocol), false;
  preface_left_ -= size;
  bytes->remove_prefix(size);
  return true;
}

void Http2Session::take_frame(std::string_view* bytes) {
  if (!held_.empty() || bytes->size() < kFrameHeadBytes) return hold(bytes);
  const FrameHead head = read_frame_head(bytes->data());
  const bool is_data = head.type == FrameType::kData;
  if (!is_data && bytes->size() - kFrameHeadBytes < head.size) return hold(bytes);
  if (!begin_frame(head)) return;
  bytes->remove_prefix(kFrameHeadBytes);
  if (is_data) return begin_data(head);
  const std::string_view payload = bytes->substr(0, head.size);
  bytes->remove_prefix(head.size);
  on_frame(head, payload);
}

// A frame that has come in part is gathered.
void Http2Session::hold(std::string_view* bytes) {
  const auto has = [&](std::size_t size) {
    const std::size_t more = std::min(size - held_.size(), bytes->size());
    held_ += bytes->substr(0, more);
    bytes->remove_prefix(more);
    return held_.size() == size;
  };
  const bool is_begun = held_.size() >= kFrameHeadBytes;
  if (!is_begun && !has(kFrameHeadBytes)) return;
  const FrameHead head = read_frame_head(held_.data());
  if (!is_begun && !begin_frame(head)) return;
  if (head.type == FrameType::kData) {
    held_.clear();
    return begin_data(head);
  }
  if (!has(kFrameHeadBytes + head.size)) return;
  on_frame(head, std::string_view(held_).substr(kFrameHeadBytes));
  held_.clear();
}

bool Http2Session::begin_frame(const FrameHead& head) {
  if (head.size > kFrameBytesMax) return end(Http2Error::kFrameSize), false;
  const bool is_first_settings = head.type == FrameType::kSettings && (head.flags & kAck) == 0;
  const bool is_next = head.type == FrameType::kContinuation && head.stream == block_.stream;
  if ((!has_settings_ && !is_first_settings) || (block_.is_open && !is_next))
    return end(Http2Error::kProtocol), false;
  if (head.type == FrameType::kHeaders && !in_headers_) {
    in_headers_ = true;
    headers_ms_ = context_.now_ms;
  }
  return true;
}

void Http2Session::on_frame(const FrameHead& head, std::string_view payload) {
  switch (head.type) {
    case FrameType::kHeaders:
      return on_headers(head, payload);
    case FrameType::kContinuation:
      return on_continuation(head, payload);
    case FrameType::kSettings:
      return on_settings(head, payload);
    case FrameType::kPing:
      return on_ping(head, payload);
    case FrameType::kReset:
      return on_reset(head, payload);
    case FrameType::kWindowUpdate:
      return on_window_update(head, payload);
    case FrameType::kPriority:
      return on_priority(head, payload);
    case FrameType::kGoAway:
      return on_go_away(head, payload);
    case FrameType::kPushPromise:
      return end(Http2Error::kProtocol);
    default:
      return;  // RFC 9113 4.1: of a kind that we do not know
  }
}

// ---- DATA, as it comes

void Http2Session::begin_data(const FrameHead& head) {
  if (head.stream == 0 || is_idle(head.stream)) return end(Http2Error::kProtocol);
  const bool is_padded = (head.flags & kPadded) != 0;
  if (is_padded && head.size == 0) return end(Http2Error::kFrameSize);
  receive_window_ -= head.size;
  if (receive_window_ < 0) return end(Http2Error::kFlowControl);
  Http2Stream* const stream = stream_of(head.stream);
  if (stream == nullptr) {
    // We may have reset it, and the peer not have heard of that.
    const Closed closed = how_closed(head.stream);
    if (closed == Closed::kByPeer) return end(Http2Error::kStreamClosed);
    if (closed == Closed::kLongAgo) reset(head.stream, Http2Error::kStreamClosed);
  } else if (stream->peer_ended) {
    reset(*stream, Http2Error::kStreamClosed);
  } else {
    stream->receive_window -= head.size;
    if (stream->receive_window < 0) reset(*stream, Http2Error::kFlowControl);
  }
  data_ = {.stream = head.stream,
           .left = head.size,
           .padding = 0,
           .wants_padding = is_padded,
           .ends = (head.flags & kEndStream) != 0,
           .is_empty = true};
  if (head.size == 0) end_data();
}

void Http2Session::take_data(std::string_view* bytes) {
  if (std::exchange(data_.wants_padding, false)) {
    const std::size_t padding = static_cast<unsigned char>(bytes->front());
    bytes->remove_prefix(1);
    if (padding >= data_.left) return end(Http2Error::kProtocol);
    data_.left -= 1 + padding;
    data_.padding = padding;
    on_padding(1 + padding);
  } else if (data_.left > 0) {
    const std::string_view piece = bytes->substr(0, data_.left);
    bytes->remove_prefix(piece.size());
    data_.left -= piece.size();
    data_.is_empty = false;
    on_data(piece);
  } else {
    const std::size_t size = std::min(data_.padding, bytes->size());
    bytes->remove_prefix(size);
    data_.padding -= size;
  }
  if (data_.left + data_.padding == 0 && !ended_) end_data();
}

// It fills the windows, and nobody has to use it.
void Http2Session::on_padding(std::size_t bytes) {
  give_window_back(bytes);
  Http2Stream* const stream = stream_of(data_.stream);
  if (stream == nullptr) return;
  stream->unconsumed += bytes;
  give_window_back(*stream);
}

void Http2Session::on_data(std::string_view bytes) {
  give_window_back(bytes.size());
  Http2Stream* const found = stream_of(data_.stream);
  if (found == nullptr) return;
  Http2Stream& stream = *found;
  stream.unconsumed += bytes.size();
  stream.received += bytes.size();
  if (stream.head.has_length() && stream.received > stream.head.content_length())
    return reset(stream, Http2Error::kProtocol);
  if (!stream.body_done && stream.handler != nullptr) {
    Reply reply(*this, stream);
    stream.handler->received(bytes, reply);
  } else if (!stream.body_done && !stream.append_body(bytes, context_.limits, &context_.buffers)) {
    refuse(stream);
  }
  give_window_back(stream);
}

void Http2Session::end_data() {
  if (!data_.ends && data_.is_empty) count_control_frame();
  if (!data_.ends || ended_) return;
  Http2Stream* const stream = stream_of(data_.stream);
  if (stream != nullptr) end_input(*stream);
}

void Http2Session::end_input(Http2Stream& stream) {
  stream.peer_ended = true;
  if (stream.head.has_length() && stream.received != stream.head.content_length())
    return reset(stream, Http2Error::kProtocol);
  on_request(stream);
}

// ---- header fields

void Http2Session::on_headers(const FrameHead& head, std::string_view payload) {
  std::size_t padding = 0;
  if ((head.flags & kPadded) != 0) {
    if (payload.empty()) return end(Http2Error::kFrameSize);
    padding = static_cast<unsigned char>(payload.front());
    payload.remove_prefix(1);
  }
  bool depends_on_itself = false;
  if ((head.flags & kWithPriority) != 0) {
    if (payload.size() < kPriorityBytes) return end(Http2Error::kFrameSize);
    depends_on_itself = dependency_of(payload) == head.stream;
    payload.remove_prefix(kPriorityBytes);
  }
  if (padding > payload.size() || head.stream % 2 == 0) return end(Http2Error::kProtocol);
  payload.remove_suffix(padding);
  block_ = {};
  block_.is_open = true;
  block_.ends = (head.flags & kEndStream) != 0;
  block_.stream = head.stream;
  begin_block(head.stream, depends_on_itself);
  if (!ended_) take_block(payload, (head.flags & kEndHeaders) != 0);
}

// Whose fields these are. They are decoded in any case, for HPACK's table.
void Http2Session::begin_block(std::uint32_t id, bool depends_on_itself) {
  if (const Http2Stream* const stream = stream_of(id)) {
    block_.what = BlockOf::kTrailers;
    if (stream->peer_ended) block_.error = Http2Error::kStreamClosed;
  } else if (id <= last_id_) {
    const Closed closed = how_closed(id);
    if (closed == Closed::kByUs) return;  // it has not heard of that yet
    return end(closed == Closed::kByPeer ? Http2Error::kStreamClosed : Http2Error::kProtocol);
  } else {
    last_id_ = id;
    if (goes_away_) return;  // as it has been told
    if (open_.size() >= context_.limits.streams_max) {
      context_.metrics.count_limit("streams");
      block_.error = Http2Error::kRefusedStream;
      return;
    }
    last_taken_ = id;
    block_.what = BlockOf::kRequest;
    open_stream(id);
  }
  if (depends_on_itself) block_.error = Http2Error::kProtocol;
}

void Http2Session::on_continuation(const FrameHead& head, std::string_view payload) {
  if (!block_.is_open) return end(Http2Error::kProtocol);
  if (++block_.pieces > kContinuationsMax) {
    context_.metrics.count_limit("control_frames");
    return end(Http2Error::kEnhanceYourCalm);
  }
  take_block(payload, (head.flags & kEndHeaders) != 0);
}

void Http2Session::take_block(std::string_view bytes, bool is_last) {
  Http2Stream* const into = block_.what == BlockOf::kRequest ? stream_of(block_.stream) : nullptr;
  Http2Head* const head = into == nullptr ? nullptr : &into->head;
  const bool is_whole = is_last && block_.pieces == 0;
  if (is_whole && head != nullptr && same_block_.has_head && bytes == same_block_.bytes) {
    *head = same_block_.head;
    return end_block();
  }
  const std::size_t places = leading_places(bytes);
  const bool is_steady = is_whole && keeps_table(bytes.substr(places));
  if (!is_steady) same_start_.forget(), same_block_.forget();
  const bool is_read = is_steady && head != nullptr ? take_steady_block(bytes, places, head)
                                                    : decode_block(bytes, is_last, head);
  if (!is_read) return end(Http2Error::kCompression);
  if (!is_last) return;
  if (head != nullptr) {
    head->end(context_.limits);
    if (is_steady) remember_block(bytes, *head);
  }
  end_block();
}

// What it begins with may have come before, and then means the same: the table is what it was.
bool Http2Session::take_steady_block(std::string_view bytes, std::size_t places, Http2Head* head) {
  const std::string_view same = bytes.substr(0, places);
  const std::string_view rest = bytes.substr(places);
  if (same_start_.has_head && same == same_start_.bytes) {
    *head = same_start_.head;
    return rest.empty() || decode_block(rest, true, head);
  }
  if (!decode_block(same, false, head)) return false;
  if (places > 0 && head->is_fine()) same_start_.keep(same, *head);
  return decode_block(rest, true, head);
}

// Its fields are kept when it has come twice: most that differ in something always will.
void Http2Session::remember_block(std::string_view bytes, const Http2Head& head) {
  if (bytes != same_block_.bytes) {
    same_block_.bytes = bytes;
    same_block_.has_head = false;
  } else if (head.is_fine()) {
    same_block_.keep(bytes, head);
  }
}

bool Http2Session::decode_block(std::string_view bytes, bool is_last, Http2Head* head) {
  HeaderField field;
  auto step = decoder_.next(&bytes, is_last, &field);
  for (; step == HpackDecoder::Step::kField; step = decoder_.next(&bytes, is_last, &field)) {
    if (head != nullptr) {
      head->add(field.name, field.value, context_.limits);
    } else if (block_.what == BlockOf::kTrailers && !Http2Head::may_trail(field.name)) {
      block_.is_malformed = true;  // else trailers say nothing that we listen to
    }
  }
  return step == HpackDecoder::Step::kEnd;
}

void Http2Session::end_block() {
  in_headers_ = false;
  block_.is_open = false;
  Http2Stream* const stream = stream_of(block_.stream);
  if (block_.error != Http2Error::kNone) {
    return stream != nullptr ? reset(*stream, block_.error) : reset(block_.stream, block_.error);
  }
  if (stream == nullptr) return;
  if (block_.what == BlockOf::kTrailers) {
    if (block_.is_malformed || !block_.ends) return reset(*stream, Http2Error::kProtocol);
    return end_input(*stream);
  }
  if (stream->head.is_malformed()) return reset(*stream, Http2Error::kProtocol);
  on_head(*stream, block_.ends);
  if (block_.ends && !ended_) end_input(*stream);
}

// ---- the others

void Http2Session::on_settings(const FrameHead& head, std::string_view payload) {
  if (head.stream != 0) return end(Http2Error::kProtocol);
  const bool is_ack = (head.flags & kAck) != 0;
  if (is_ack ? !payload.empty() : payload.size() % kSettingBytes != 0)
    return end(Http2Error::kFrameSize);
  has_settings_ = true;
  count_control_frame();
  if (is_ack || ended_) return;
  const Http2Error error = apply_settings(payload);
  if (error != Http2Error::kNone) return end(error);
  send({.type = FrameType::kSettings, .flags = kAck});
}

Http2Error Http2Session::apply_settings(std::string_view payload) {
  for (; !payload.empty(); payload.remove_prefix(kSettingBytes)) {
    const std::uint32_t value = read_u32(payload.data() + 2);
    switch (read_u32(payload.data()) >> 16) {
      case kHeaderTableSize:
        encoder_.set_table_bytes(value);
        break;
      case kEnablePush:
      case kNoPriorities:
        if (value > 1) return Http2Error::kProtocol;
        break;
      case kInitialWindowSize:
        if (value > kWindowMax || !move_windows(value - peer_window_))
          return Http2Error::kFlowControl;
        peer_window_ = value;
        break;
      case kMaxFrameSize:
        if (value < kFrameBytesMax || value > 0xFFFFFF) return Http2Error::kProtocol;
        break;
      default:
        break;
    }
  }
  return Http2Error::kNone;
}

bool Http2Session::move_windows(std::int64_t by) {
  for (const auto& stream : open_) {
    stream->send_window += by;
    if (stream->send_window > kWindowMax) return false;
    line_up(*stream);
  }
  return true;
}

void Http2Session::on_ping(const FrameHead& head, std::string_view payload) {
  if (head.stream != 0) return end(Http2Error::kProtocol);
  if (payload.size() != kPingBytes) return end(Http2Error::kFrameSize);
  count_control_frame();
  if ((head.flags & kAck) != 0 || ended_) return;
  send({.size = kPingBytes, .type = FrameType::kPing, .flags = kAck});
  out_ += payload;
}

void Http2Session::on_reset(const FrameHead& head, std::string_view payload) {
  if (is_idle(head.stream)) return end(Http2Error::kProtocol);
  if (payload.size() != kNumberBytes) return end(Http2Error::kFrameSize);
  if (Http2Stream* const stream = stream_of(head.stream)) close_stream(*stream, false);
  count_reset();
}

void Http2Session::on_window_update(const FrameHead& head, std::string_view payload) {
  if (payload.size() != kNumberBytes) return end(Http2Error::kFrameSize);
  const std::int64_t more = read_u32(payload.data()) & 0x7FFFFFFF;
  if (head.stream == 0) {
    if (more == 0) return end(Http2Error::kProtocol);
    send_window_ += more;
    if (send_window_ > kWindowMax) end(Http2Error::kFlowControl);
    return;
  }
  if (is_idle(head.stream)) return end(Http2Error::kProtocol);
  Http2Stream* const stream = stream_of(head.stream);
  if (stream == nullptr) return;
  if (more == 0) return reset(*stream, Http2Error::kProtocol);
  stream->send_window += more;
  if (stream->send_window > kWindowMax) return reset(*stream, Http2Error::kFlowControl);
  line_up(*stream);
}

// RFC 9113 5.3.2: what it asks for is not done. A stream that is not open cannot be reset for it.
void Http2Session::on_priority(const FrameHead& head, std::string_view payload) {
  Http2Error error = Http2Error::kNone;
  if (head.stream == 0) return end(Http2Error::kProtocol);
  if (payload.size() != kPriorityBytes) {
    error = Http2Error::kFrameSize;
  } else if (dependency_of(payload) == head.stream) {
    error = Http2Error::kProtocol;
  }
  if (error == Http2Error::kNone) return;
  Http2Stream* const stream = stream_of(head.stream);
  stream != nullptr ? reset(*stream, error) : end(error);
}

void Http2Session::on_go_away(const FrameHead& head, std::string_view payload) {
  if (head.stream != 0) return end(Http2Error::kProtocol);
  if (payload.size() < 2 * kNumberBytes) return end(Http2Error::kFrameSize);
  peer_goes_away_ = true;
}

}  // namespace slipway::net
