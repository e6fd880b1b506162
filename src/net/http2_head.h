// A request's header fields as HTTP/2 brings them, looked at as they pass: what every request is asked for is
// known at the end.
//
//   head.add(":path", "/v2", limits);  ...  head.end(limits);
//   if (head.is_malformed()) ...            // RFC 9113 8.1.1: its stream is reset
//   if (head.problem().status != 0) ...     // it is answered with that
//   HttpRequest request = head.request();   // looks into this object
//
// Copying one over another makes use of the memory that is there. Not thread-safe. What a field may hold: RFC 9113 8.2, 8.3;
// the characters are nghttp2's to judge.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "net/options.h"

namespace slipway::net {

class Http2Head {
 public:
  struct Problem {
    int status = 0;  // 0: none
    const char* limit = nullptr;
    std::string text;
  };

  void clear();
  // In the order received.
  void add(std::string_view name, std::string_view value, const Limits& limits);
  void end(const Limits& limits);
  void refuse(int status, const char* limit, std::string text);

  bool is_malformed() const { return malformed_; }
  const Problem& problem() const { return problem_; }
  bool is_fine() const { return !malformed_ && problem_.status == 0; }
  HttpRequest request() const;  // of what is known here
  Method method() const { return method_; }
  bool is_grpc() const { return is_grpc_; }
  bool expects_continue() const { return expects_continue_; }
  bool has_length() const { return (seen_ & kLength) != 0; }
  std::uint64_t content_length() const { return content_length_; }  // 0 without one

  // Of trailers: whether it may stand there.
  static bool may_trail(std::string_view name);

 private:
  enum Seen : unsigned {
    kMethod = 1,
    kScheme = 2,
    kPath = 4,
    kAuthority = 8,
    kHost = 16,
    kLength = 32,
    kRegular = 64,  // one without a colon
    kWeb = 128,     // the scheme is HTTP's
  };

  bool add_pseudo(std::string_view name, std::string_view value, const Limits& limits);
  bool first(Seen what);
  // False if no request may have it.
  bool note(std::string_view name, std::string_view value);
  bool has_room(std::size_t bytes, const Limits& limits);
  void place(std::string_view name, std::string_view value, const Limits& limits);
  bool is_complete() const;

  std::string bytes_;
  std::vector<FieldPlace> fields_;
  FieldPlace target_;
  Method method_ = Method::kOther;
  unsigned seen_ = 0;
  std::uint64_t content_length_ = 0;
  bool is_connect_ = false, malformed_ = false;
  bool is_grpc_ = false, has_grpc_options_ = false, expects_continue_ = false;
  Problem problem_;
};

}  // namespace slipway::net
