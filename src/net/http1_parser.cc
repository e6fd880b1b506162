// SPDX-License-Identifier: Apache-2.0
#include "net/http1_parser.h"

// Beast asserts that "0\r\n" never comes without at least two bytes behind it, which one slow
// client disproves; its code copes. Only this file includes Beast.
#define BOOST_DISABLE_ASSERTS
#include <fmt/format.h>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "net/http1_head.h"

namespace slipway::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using View = boost::beast::string_view;

constexpr std::size_t kChunkExtensionBytesMax = 4096;  // nobody uses them; RFC 9112 says ignore

std::string_view view(View text) { return {text.data(), text.size()}; }

bool all_digits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

// Everything between a field's colon and its value is blank, and the value is in the buffer: else
// the field was folded over several lines, which proxies read in different ways.
bool is_folded(std::string_view name, std::string_view value, std::string_view bytes) {
  const char* at = name.data() + name.size() + 1;
  if (value.data() < at || value.data() > bytes.data() + bytes.size()) return true;
  for (; at < value.data(); ++at) {
    if (*at != ' ' && *at != '\t') return true;
  }
  return false;
}

class Sink final : public http::basic_parser<true> {
 public:
  Sink(const Limits& limits, Http1Message* message, Http1Parser::Problem* problem)
      : limits_(limits), message_(*message), problem_(*problem) {
    body_limit(boost::none);  // ours counts what is decoded
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  }

  // Where the callbacks' text lies, and where decoded body goes.
  void look_at(char* bytes, std::size_t size) {
    bytes_ = bytes;
    size_ = size;
  }
  bool has_problem() const { return refused_; }

 private:
  std::uint32_t place(const char* at) const { return static_cast<std::uint32_t>(at - bytes_); }

  void refuse(error_code& ec, Http1Parser::Problem problem) {
    refused_ = true;
    problem_ = std::move(problem);
    ec = http::error::bad_field;  // any error ends the parse
  }

  void on_request_impl(http::verb, View method, View target, int version, error_code& ec) override {
    message_.method = method_named(view(method));
    message_.http11 = version == 11;
    message_.target_at = place(target.data());
    message_.target_size = static_cast<std::uint32_t>(target.size());
    const bool whole_server = target == "*" && message_.method == Method::kOptions;
    if (target.size() > limits_.target_bytes_max) {
      refuse(ec, {414, "target_bytes",
                  fmt::format("the target has {} bytes, the limit is {}", target.size(),
                              limits_.target_bytes_max)});
    } else if (target.front() != '/' && !whole_server && !take_path(view(target))) {
      refuse(ec, {400, nullptr, "the target must be a path that begins with '/'"});
    }
  }

  // RFC 9112 3.2.2: of "http://host/path" the path. What it names as host is not looked at, as a Host field is not.
  bool take_path(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (target.size() <= scheme.size() ||
          !equal_ignoring_case(target.substr(0, scheme.size()), scheme))
        continue;
      const std::size_t authority_end = target.find_first_of("/?#", scheme.size());
      if (authority_end == scheme.size()) return false;
      // Without a path it is "/", of which the scheme has one.
      const bool is_bare = authority_end == target.npos;
      if (!is_bare && target[authority_end] != '/') return false;
      const std::size_t at = is_bare ? scheme.size() - 1 : authority_end;
      message_.target_at += static_cast<std::uint32_t>(at);
      message_.target_size = static_cast<std::uint32_t>(is_bare ? 1 : target.size() - at);
      return true;
    }
    return false;
  }

  void on_field_impl(http::field field, View name, View value, error_code& ec) override {
    if (++fields_ > limits_.header_fields_max) {
      return refuse(ec, {431, "header_fields",
                         fmt::format("more than {} header fields", limits_.header_fields_max)});
    }
    if (is_folded(view(name), view(value), {bytes_, size_})) {
      return refuse(ec, {400, nullptr, "a header field is folded over several lines"});
    }
    if (is_header_done()) return;  // trailers say nothing that we listen to
    message_.fields.push_back({place(name.data()), static_cast<std::uint32_t>(name.size()),
                               place(value.data()), static_cast<std::uint32_t>(value.size())});
    check_field(field, view(value), ec);
  }

  void check_field(http::field field, std::string_view value, error_code& ec) {
    switch (field) {
      case http::field::upgrade:
        message_.upgrades = true;
        break;
      case http::field::host:
        if (hosts_++ > 0) refuse(ec, {400, nullptr, "more than one Host"});
        break;
      case http::field::content_length:
        if (lengths_++ > 0 || !all_digits(value))
          refuse(ec, {400, nullptr, "Content-Length must be one number, given once"});
        break;
      case http::field::transfer_encoding:
        if (codings_++ > 0) {
          refuse(ec, {400, nullptr, "more than one Transfer-Encoding"});
        } else if (!equal_ignoring_case(value, "chunked")) {
          refuse(ec, {501, nullptr, "the only Transfer-Encoding known here is chunked"});
        }
        break;
      case http::field::expect:
        message_.expects_continue = equal_ignoring_case(value, "100-continue");
        if (!message_.expects_continue)
          refuse(ec, {417, nullptr, "the only expectation known here is 100-continue"});
        break;
      default:
        break;
    }
  }

  void on_header_impl(error_code& ec) override {
    if (message_.http11 && hosts_ == 0) {
      return refuse(ec, {400, nullptr, "HTTP/1.1 needs a Host header"});
    }
    if (codings_ > 0 && !message_.http11) {
      return refuse(ec, {400, nullptr, "HTTP/1.0 has no Transfer-Encoding"});
    }
    if (codings_ > 0 && lengths_ > 0) {
      return refuse(ec, {400, nullptr, "both Content-Length and Transfer-Encoding"});
    }
    message_.keep_alive = keep_alive();
    message_.chunked = chunked();
    message_.content_length = content_length().value_or(0);
    check_body_size(message_.content_length, ec);
    fields_ = 0;
  }

  void check_body_size(std::uint64_t size, error_code& ec) {
    if (size <= limits_.body_bytes_max) return;
    refuse(ec, {413, "body_bytes",
                fmt::format("the body has {}{} bytes, the limit is {}",
                            message_.chunked ? "at least " : "", size, limits_.body_bytes_max)});
  }

  void on_chunk_header_impl(std::uint64_t size, View extension, error_code& ec) override {
    extension_bytes_ += extension.size();
    if (extension_bytes_ > kChunkExtensionBytesMax) {
      return refuse(ec, {400, nullptr, "the chunk extensions are longer than anyone needs"});
    }
    if (size > limits_.body_bytes_max) return check_body_size(size, ec);
    check_body_size(message_.body_size + size, ec);
  }

  std::size_t on_chunk_body_impl(std::uint64_t, View body, error_code&) override {
    // The decoded body never catches up with the text that it comes from.
    std::memmove(bytes_ + message_.body_at + message_.body_size, body.data(), body.size());
    message_.body_size += body.size();
    return body.size();
  }

  std::size_t on_body_impl(View body, error_code&) override { return body.size(); }
  void on_response_impl(int, View, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  const Limits& limits_;
  Http1Message& message_;
  Http1Parser::Problem& problem_;
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t fields_ = 0, hosts_ = 0, lengths_ = 0, codings_ = 0, extension_bytes_ = 0;
  bool refused_ = false;
};

Http1Parser::Problem malformed(const error_code& ec) {
  if (ec == http::error::bad_version)
    return {505, nullptr, "only HTTP/1.0 and 1.1 are spoken here"};
  return {400, nullptr, "malformed request: " + ec.message()};
}

}  // namespace

struct Http1Parser::Impl {
  explicit Impl(const Limits& given) : limits(given) {}

  Step parse(char* bytes, std::size_t* size) {
    if (!header_done) return parse_header(bytes, *size);
    if (message.chunked) return parse_chunks(bytes, size);
    message.body_size = std::min<std::size_t>(*size - message.body_at, message.content_length);
    if (message.body_size < message.content_length) return Step::kNeedMore;
    message.end = message.body_at + message.body_size;
    return Step::kComplete;
  }

  Step parse_header(char* bytes, std::size_t size) {
    if (parsed == 0 && read_plain_head({bytes, size}, limits, &message)) {
      header_done = true;
      return Step::kHeader;
    }
    if (!sink) sink.emplace(limits, &message, &problem);
    // RFC 9112 2.2: an empty line before a request line is ignored, one is enough.
    if (parsed == 0 && size >= 2 && bytes[0] == '\r' && bytes[1] == '\n') parsed = 2;
    if (parsed == 0 && size == 1 && bytes[0] == '\r') return Step::kNeedMore;
    error_code ec;
    sink->look_at(bytes, size);
    parsed += sink->put({bytes + parsed, size - parsed}, ec);
    if (sink->has_problem()) return Step::kRefused;
    const bool more = ec == http::error::need_more;
    if (ec == http::error::header_limit || parsed > limits.header_bytes_max ||
        (more && size > limits.header_bytes_max)) {
      return too_long(bytes, size);
    }
    if (more || (!ec && !sink->is_header_done())) return Step::kNeedMore;
    if (ec) return refuse(malformed(ec));
    header_done = true;
    message.body_at = parsed;
    return Step::kHeader;
  }

  Step too_long(const char* bytes, std::size_t size) {
    const bool in_line = std::string_view(bytes + std::min<std::size_t>(size, 2),
                                          size - std::min<std::size_t>(size, 2))
                             .find('\n') == std::string_view::npos;
    if (in_line) {
      return refuse(
          {414, "target_bytes",
           fmt::format("the request line is longer than {} bytes", limits.header_bytes_max)});
    }
    return refuse({431, "header_bytes",
                   fmt::format("the headers are longer than {} bytes", limits.header_bytes_max)});
  }

  Step parse_chunks(char* bytes, std::size_t* size) {
    sink->look_at(bytes, *size);
    error_code ec;
    while (!ec && !sink->is_done() && parsed < *size) {
      const std::size_t body_before = message.body_size;
      const std::size_t taken = sink->put({bytes + parsed, *size - parsed}, ec);
      parsed += taken;
      const bool is_framing = message.body_size == body_before;
      if (is_framing && taken > limits.header_bytes_max) return framing_too_long();
    }
    if (sink->has_problem()) return Step::kRefused;
    if (ec && ec != http::error::need_more) return refuse(malformed(ec));
    close_gap(bytes, size);
    if (sink->is_done()) {
      message.end = parsed;
      return Step::kComplete;
    }
    // What is left is the line of a chunk's size, or trailers.
    return *size - parsed > limits.header_bytes_max ? framing_too_long() : Step::kNeedMore;
  }

  // Whether it came in one piece or in several.
  Step framing_too_long() {
    return refuse({431, "header_bytes",
                   fmt::format("a chunk's header or the trailers are longer than {} bytes",
                               limits.header_bytes_max)});
  }

  // Takes out the framing that has been read, so that the buffer holds no more than the body.
  void close_gap(char* bytes, std::size_t* size) {
    const std::size_t body_end = message.body_at + message.body_size;
    std::memmove(bytes + body_end, bytes + parsed, *size - parsed);
    *size -= parsed - body_end;
    parsed = body_end;
  }

  Step refuse(Problem made) {
    problem = std::move(made);
    return Step::kRefused;
  }

  void reset() {
    std::vector<FieldPlace> fields = std::move(message.fields);
    fields.clear();
    message = {};
    message.fields = std::move(fields);
    header_done = false;
    parsed = 0;
    sink.reset();
  }

  const Limits& limits;
  Http1Message message;
  Problem problem;
  std::optional<Sink> sink;  // none where the head was plain, or has not begun
  bool header_done = false;
  std::size_t parsed = 0;  // bytes that Beast has taken
};

Http1Parser::Http1Parser(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {
  impl_->reset();
}
Http1Parser::~Http1Parser() = default;

void Http1Parser::reset() { impl_->reset(); }
Http1Parser::Step Http1Parser::parse(char* bytes, std::size_t* size) {
  return impl_->parse(bytes, size);
}
const Http1Message& Http1Parser::message() const { return impl_->message; }
const Http1Parser::Problem& Http1Parser::problem() const { return impl_->problem; }
bool Http1Parser::has_header() const { return impl_->header_done; }

}  // namespace slipway::net
