// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/rest_bridge.h"

#include <fmt/format.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <utility>

#include "base/json.h"

namespace slipway::deploy::realtime::grpc {
namespace {

Code code_of_http(int status) {
  switch (status) {
    case 400:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kAborted;
    case 413:
    case 429:
      return Code::kResourceExhausted;
    case 405:
    case 501:
      return Code::kUnimplemented;
    case 503:
      return Code::kUnavailable;
    case 504:
      return Code::kDeadlineExceeded;
    default:
      return Code::kInternal;
  }
}

Error error_of(const net::HttpResponse& response) {
  std::string text = fmt::format("REST answers {}", response.status);
  const auto document = JsonDocument::parse(response.body);
  if (document) {
    if (const auto told = document.value().root().find("error").as_string()) text = *told;
  }
  return Error(code_of_http(response.status), "realtime.rest", std::move(text));
}

}  // namespace

Result<std::string> RestBridge::ask(std::size_t reactor, net::Method method, std::string_view path,
                                    std::string_view body) const {
  std::string padded(body);
  padded.append(kJsonPadding, '\0');
  net::HttpRequest request;
  request.method = method;
  request.path = path;
  request.body = std::string_view(padded).substr(0, body.size());
  request.body_capacity = padded.size();
  request.reactor = reactor;
  net::HttpResponse response;
  rest_.handle(request, response);
  if (response.status != 200) return error_of(response);
  return std::move(response.body);
}

Result<void> RestBridge::get(std::size_t reactor, std::string_view path,
                             google::protobuf::Message* reply) const {
  ASSIGN_OR_RETURN(const std::string json, ask(reactor, net::Method::kGet, path));
  return read_json(json, reply);
}

Result<void> read_json(const std::string& json, google::protobuf::Message* reply) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto done = google::protobuf::util::JsonStringToMessage(json, reply, options);
  if (done.ok()) return {};
  return Error(Code::kInternal, "realtime.rest",
               fmt::format("REST's answer does not fit gRPC's message: {}", done.ToString()));
}

std::string url_segment(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~';
    is_plain ? void(out += c) : void(out += fmt::format("%{:02X}", static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace slipway::deploy::realtime::grpc
