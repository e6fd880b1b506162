// SPDX-License-Identifier: Apache-2.0
#include "net/http2_head.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace slipway::net {
namespace {

constexpr std::size_t kFieldOverhead = 32;  // RFC 9113 6.5.2
constexpr std::size_t kKeptBytes = 16u << 10;

template <typename Check>
bool passes(Check check, std::string_view text) {
  return check(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) != 0;
}

bool is_grpc_type(std::string_view type) {
  constexpr std::string_view kType = "application/grpc";
  if (!type.starts_with(kType)) return false;
  const std::string_view rest = type.substr(kType.size());
  return rest.empty() || rest == "+proto" || rest.front() == ';';
}

bool has_capital(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// RFC 9113 8.2.2: what concerns the connection has no place in HTTP/2.
bool is_of_the_connection(std::string_view name, std::string_view value) {
  if (name == "te") return !equal_ignoring_case(value, "trailers");
  constexpr std::array<std::string_view, 5> kNames{"connection", "keep-alive", "proxy-connection",
                                                   "transfer-encoding", "upgrade"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

bool is_scheme(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
         });
}

}  // namespace

void Http2Head::clear() {
  if (bytes_.capacity() > kKeptBytes) bytes_ = std::string();
  bytes_.clear();
  fields_.clear();
  target_ = {};
  method_ = Method::kOther;
  seen_ = 0;
  content_length_ = 0;
  is_connect_ = malformed_ = is_grpc_ = has_grpc_options_ = expects_continue_ = false;
  if (problem_.status != 0) problem_ = {};
}

void Http2Head::refuse(int status, const char* limit, std::string text) {
  if (problem_.status == 0) problem_ = {status, limit, std::move(text)};
}

bool Http2Head::first(Seen what) {
  const bool is_first = (seen_ & what) == 0;
  seen_ |= what;
  return is_first;
}

bool Http2Head::has_room(std::size_t bytes, const Limits& limits) {
  if (bytes_.size() + bytes + (fields_.size() + 1) * kFieldOverhead > limits.header_bytes_max) {
    refuse(431, "header_bytes",
           fmt::format("the headers are longer than {} bytes", limits.header_bytes_max));
  } else if (fields_.size() >= limits.header_fields_max) {
    refuse(431, "header_fields",
           fmt::format("more than {} header fields", limits.header_fields_max));
  }
  return problem_.status == 0;
}

void Http2Head::place(std::string_view name, std::string_view value, const Limits& limits) {
  if (!has_room(name.size() + value.size(), limits)) return;
  FieldPlace field;
  field.name_at = static_cast<std::uint32_t>(bytes_.size());
  field.name_size = static_cast<std::uint32_t>(name.size());
  bytes_ += name;
  field.value_at = static_cast<std::uint32_t>(bytes_.size());
  field.value_size = static_cast<std::uint32_t>(value.size());
  bytes_ += value;
  fields_.push_back(field);
}

bool Http2Head::add_pseudo(std::string_view name, std::string_view value, const Limits& limits) {
  if ((seen_ & kRegular) != 0 || value.empty()) return false;
  if (name == ":method") {
    method_ = method_named(value);
    is_connect_ = value == "CONNECT";
    return first(kMethod) && passes(nghttp2_check_method, value);
  }
  if (name == ":scheme") {
    if (value == "http" || value == "https") seen_ |= kWeb;
    return first(kScheme) && is_scheme(value);
  }
  if (name == ":path") {
    if (!first(kPath) || !passes(nghttp2_check_path, value)) return false;
    const std::size_t fields = fields_.size();
    place(name, value, limits);
    if (fields_.size() > fields) {
      target_ = fields_.back();
      fields_.pop_back();
    }
    return true;
  }
  if (name != ":authority" || !first(kAuthority) || !passes(nghttp2_check_authority, value))
    return false;
  place("host", value, limits);
  return true;
}

// What is asked of every request is seen as it passes.
bool Http2Head::note(std::string_view name, std::string_view value) {
  if (is_of_the_connection(name, value)) return false;
  if (name == "host")
    return first(kHost) && !value.empty() && passes(nghttp2_check_authority, value);
  if (name == "content-length") {
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, content_length_);
    return first(kLength) && read.ec == std::errc() && read.ptr == end;
  }
  if (name == "content-type") is_grpc_ = is_grpc_type(value);
  if (name == "expect") expects_continue_ = equal_ignoring_case(value, "100-continue");
  if (name.starts_with("grpc-") && name != "grpc-accept-encoding") has_grpc_options_ = true;
  return true;
}

void Http2Head::add(std::string_view name, std::string_view value, const Limits& limits) {
  // Of a request that is not served nothing is kept, however much it brings.
  if (malformed_ || problem_.status != 0) return;
  if (name.starts_with(':')) {
    malformed_ = !add_pseudo(name, value, limits);
    return;
  }
  seen_ |= kRegular;
  malformed_ = has_capital(name) || !passes(nghttp2_check_header_name, name) ||
               !passes(nghttp2_check_header_value_rfc9113, value) || !note(name, value);
  if (!malformed_) place(name, value, limits);
}

bool Http2Head::is_complete() const {
  if (is_connect_) return (seen_ & (kScheme | kPath)) == 0 && (seen_ & kAuthority) != 0;
  constexpr unsigned kAll = kMethod | kScheme | kPath;
  if ((seen_ & kAll) != kAll || (seen_ & (kAuthority | kHost)) == 0) return false;
  const std::string_view target = {bytes_.data() + target_.value_at, target_.value_size};
  return (seen_ & kWeb) == 0 || target.starts_with('/') ||
         (target == "*" && method_ == Method::kOptions);
}

void Http2Head::end(const Limits& limits) {
  if (problem_.status != 0 || malformed_) return;
  malformed_ = !is_complete();
  const std::string_view target = {bytes_.data() + target_.value_at, target_.value_size};
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

HttpRequest Http2Head::request() const {
  HttpRequest request;
  request.method = method_;
  const std::string_view target(bytes_.data() + target_.value_at, target_.value_size);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.headers = HttpHeaders(bytes_.data(), fields_);
  request.http2 = true;
  request.is_grpc = is_grpc_;
  request.has_grpc_options = has_grpc_options_;
  return request;
}

bool Http2Head::may_trail(std::string_view name) {
  return !name.starts_with(':') && !has_capital(name);
}

}  // namespace slipway::net
