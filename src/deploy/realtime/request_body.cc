// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/request_body.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "deploy/realtime/compression.h"

namespace slipway::deploy::realtime {
namespace {

// Below, packing costs more than the bytes that it saves.
constexpr std::size_t kPackedFrom = 1024;
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

// The headers that matter here, in one pass: there are few of either.
struct Wanted {
  std::optional<std::string_view> encoding, json_length;
};

Wanted wanted_of(const net::HttpHeaders& headers) {
  Wanted wanted;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::string_view name = headers.name(i);
    if (name.size() == 16 && net::equal_ignoring_case(name, "Content-Encoding"))
      wanted.encoding = headers.value(i);
    if (name.size() == 31 && net::equal_ignoring_case(name, "Inference-Header-Content-Length"))
      wanted.json_length = headers.value(i);
  }
  return wanted;
}

}  // namespace

Result<RequestBody> read_body(const net::HttpRequest& request, std::size_t max_bytes,
                              std::string* scratch) {
  if (scratch->capacity() > kKeptBytes) *scratch = std::string();
  const Wanted wanted = wanted_of(request.headers);
  RequestBody body{.json = request.body, .capacity = request.body_capacity};
  if (wanted.encoding) {
    ASSIGN_OR_RETURN(const auto encoding, encoding_named(*wanted.encoding));
    if (encoding) {
      RETURN_IF_ERROR(decompress(*encoding, request.body, max_bytes, scratch));
      body.json = *scratch;
      body.capacity = scratch->capacity();
    }
  }
  if (!wanted.json_length) return body;
  const auto length = parse_int64(*wanted.json_length);
  if (!length || *length < 0 || static_cast<std::uint64_t>(*length) > body.json.size()) {
    return Error(
        Code::kInvalidArgument, "realtime.header_length",
        fmt::format("Inference-Header-Content-Length: the bytes of JSON at the start of the body, "
                    "from 0 to {}, expected, found '{}'",
                    body.json.size(), *wanted.json_length));
  }
  const auto json_size = static_cast<std::size_t>(*length);
  body.is_raw = json_size == 0;
  body.binary = body.json.substr(json_size);
  body.json = body.json.substr(0, json_size);
  return body;
}

void pack_reply(const net::HttpRequest& request, net::HttpResponse* response) {
  if (response->body.size() < kPackedFrom) return;
  if (const auto accept = request.headers.find("Accept-Encoding")) pack_reply(*accept, response);
}

void pack_reply(std::string_view accept_encoding, net::HttpResponse* response) {
  if (response->body.size() < kPackedFrom || accept_encoding.empty()) return;
  const auto encoding = chosen_encoding(accept_encoding);
  std::string packed;
  if (!encoding || !compress(*encoding, response->body, &packed)) return;
  response->body = std::move(packed);
  response->add_header("Content-Encoding", name_of(*encoding));
  response->add_header("Vary", "Accept-Encoding");
}

}  // namespace slipway::deploy::realtime
