// HTTP/1.1 requests out of bytes that arrive in any pieces. Copies nothing: a message is places in
// the caller's buffer, and a chunked body is put together where it lies.
//
//   Http1Parser parser(limits);
//   switch (parser.parse(bytes, &size)) {             // all bytes since the message's first
//     case kNeedMore: ...                             // receive more behind them, ask again
//     case kHeader:   admit(parser.message()); ...    // once per message, then ask again
//     case kComplete: handle(...); parser.reset(); bytes += parser.message().end; ...
//     case kRefused:  answer(parser.problem()); ...   // and close: what follows has no meaning
//   }
//
// Between calls the bytes may move (a larger buffer), not change. Strict where leniency lets two
// servers read one text as two requests: see http1_parser_test.cc for what is refused. Not
// thread-safe. The grammar is Boost.Beast's basic_parser (RFC 9112); framing rules that it is lax
// on are ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "net/options.h"

namespace slipway::net {

// Valid once the header is in. Places count from the message's first byte.
struct Http1Message {
  Method method = Method::kOther;
  bool http11 = true;
  bool keep_alive = true;
  bool chunked = false;
  bool expects_continue = false;
  bool upgrades = false;  // asks for another protocol
  std::uint32_t target_at = 0, target_size = 0;
  std::vector<FieldPlace> fields;
  std::uint64_t content_length = 0;  // 0 without one, and if chunked
  std::size_t body_at = 0;           // = bytes of the header
  std::size_t body_size = 0;         // of the body, as far as it is there
  std::size_t end = 0;               // kComplete: where the next message begins
};

class Http1Parser {
 public:
  enum class Step : std::uint8_t { kNeedMore, kHeader, kComplete, kRefused };

  struct Problem {
    int status = 400;
    const char* limit = nullptr;  // the limit that was hit, as net_metrics.h names it
    std::string text;
  };

  // `limits` outlives the parser.
  explicit Http1Parser(const Limits& limits);
  ~Http1Parser();

  void reset();
  // `size` shrinks where chunk framing is taken out; what follows the message moves up behind it.
  Step parse(char* bytes, std::size_t* size);

  const Http1Message& message() const;
  const Problem& problem() const;
  bool has_header() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
