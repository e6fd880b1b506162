// gRPC calls on one HTTP/2 connection, one after the other, by the least of HTTP/2 that this takes:
// header fields as literals, frames read for their ends, SETTINGS and PING acknowledged.
//
//   GrpcCalls calls(body);                      // framed for gRPC
//   send(GrpcCalls::opening());                 // once
//   send(calls.next());                         // a call
//   const auto read = calls.read(bytes);        // send(read.reply); read.ended
//
// Not thread-safe. Benchmark only. Source: RFC 9113, RFC 7541.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

class GrpcCalls {
 public:
  struct Read {
    std::string reply;      // what the peer must be told
    bool ended = false;     // the call
    bool answered = false;  // with a message: an error of gRPC has none
  };

  explicit GrpcCalls(std::string_view body) : body_(body) {}

  static std::string opening() {
    const std::string window("\x3f\xff\x00\x00", 4);  // of the connection: never used up
    return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(kSettings, 0, 0, "") +
           frame(kWindowUpdate, 0, 0, window);
  }

  std::string next() {
    stream_ = stream_ == 0 ? 1 : stream_ + 2;
    answered_ = false;
    return frame(kHeaders, kEndHeaders, stream_, fields()) +
           frame(kData, kEndStream, stream_, body_);
  }

  Read read(std::string_view bytes) {
    Read read;
    unread_ += bytes;
    std::size_t at = 0;
    while (unread_.size() - at >= kHead) {
      const std::size_t size = number(at, 3);
      if (unread_.size() - at < kHead + size) break;
      take(at, size, &read);
      at += kHead + size;
    }
    unread_.erase(0, at);
    read.answered = answered_;
    return read;
  }

 private:
  static constexpr std::size_t kHead = 9;
  static constexpr int kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kGoAway = 7,
                       kWindowUpdate = 8;
  static constexpr int kAck = 1, kEndStream = 1, kEndHeaders = 4;

  static std::string frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
    const auto size = static_cast<std::uint32_t>(payload.size());
    std::string out;
    for (const int shift : {16, 8, 0}) out += static_cast<char>(size >> shift);
    out += static_cast<char>(type);
    out += static_cast<char>(flags);
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(stream >> shift);
    return out.append(payload);
  }

  // Literals that no table keeps; names by number in the static table where they are there.
  static std::string fields() {
    const auto text = [](std::string_view words) {
      return std::string(1, static_cast<char>(words.size())).append(words);
    };
    return "\x83\x86\x04" + text("/inference.GRPCInferenceService/ModelInfer") + "\x01" +
           text("127.0.0.1") + "\x0f\x10" + text("application/grpc") + std::string(1, '\0') +
           text("te") + text("trailers");
  }

  std::size_t number(std::size_t at, std::size_t bytes) const {
    std::size_t out = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      out = out << 8 | static_cast<unsigned char>(unread_[at + i]);
    return out;
  }

  void take(std::size_t at, std::size_t size, Read* read) {
    const int type = unread_[at + 3], flags = unread_[at + 4];
    const bool ours = number(at + 5, 4) == stream_;
    if (type == kSettings && (flags & kAck) == 0) read->reply += frame(kSettings, kAck, 0, "");
    if (type == kPing && (flags & kAck) == 0)
      read->reply += frame(kPing, kAck, 0, std::string_view(unread_).substr(at + kHead, size));
    if (type == kData && ours && size > 0) answered_ = true;
    const bool last = (type == kData || type == kHeaders) && (flags & kEndStream) != 0;
    if ((ours && (last || type == kReset)) || type == kGoAway) read->ended = true;
  }

  std::string body_, unread_;
  std::uint32_t stream_ = 0;
  bool answered_ = false;
};
