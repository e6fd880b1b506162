// SPDX-License-Identifier: Apache-2.0
#include "net/http_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace slipway::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kHeldMax = 64u << 10;  // of a head that has not come whole

Error not_http() { return Error(Code::kUnavailable, "net.post", "the answer is not HTTP"); }

}  // namespace

struct HttpAnswerReader::Impl {
  http::response_parser<http::string_body> parser;
  std::size_t body_bytes_max = 0;
  std::string held;  // what the parser wants more to
};

HttpAnswerReader::HttpAnswerReader(std::size_t body_bytes_max) : impl_(std::make_unique<Impl>()) {
  impl_->body_bytes_max = body_bytes_max;
  impl_->parser.body_limit(body_bytes_max);
}
HttpAnswerReader::~HttpAnswerReader() = default;

bool HttpAnswerReader::is_whole() const { return impl_->parser.is_done(); }

Result<void> HttpAnswerReader::take(std::string_view bytes) {
  auto& parser = impl_->parser;
  std::string& held = impl_->held;
  held += bytes;
  // Who speaks something else may wait for us to go on.
  constexpr std::string_view kBegin = "HTTP/";
  const auto begin = std::string_view(held).substr(0, kBegin.size());
  if (!parser.got_some() && !kBegin.starts_with(begin)) return not_http();
  boost::beast::error_code error;
  std::size_t used = 0;
  while (used < held.size() && !parser.is_done()) {
    // Beast takes the line of the last chunk for at least so long, and no answer ends with less.
    constexpr std::size_t kLastChunk = 5;
    if (parser.is_header_done() && parser.chunked() && held.size() - used < kLastChunk) break;
    const std::size_t taken =
        parser.put(boost::asio::const_buffer(held.data() + used, held.size() - used), error);
    used += taken;
    if (error || taken == 0) break;
  }
  held.erase(0, used);
  if (error == http::error::need_more) error = {};
  if (!error && bytes.empty() && !parser.is_done()) {
    if (!parser.got_some()) return not_http();
    parser.put_eof(error);
    if (!parser.is_done()) return not_http();
  }
  if (error == http::error::body_limit) {
    return Error(Code::kUnavailable, "net.post",
                 fmt::format("the answer is longer than {} bytes", impl_->body_bytes_max));
  }
  if (error || held.size() > kHeldMax) return not_http();
  return {};
}

HttpAnswer HttpAnswerReader::answer() {
  auto& message = impl_->parser.get();
  return {.status = static_cast<int>(message.result_int()), .body = std::move(message.body())};
}

}  // namespace slipway::net
