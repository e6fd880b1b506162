// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/http_error.h"

#include <string>

#include "base/json_writer.h"
#include "deploy/realtime/admission.h"

namespace slipway::deploy::realtime {

int http_status(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kAborted:
      return 409;
    case Code::kResourceExhausted:
      return 429;
    case Code::kCancelled:
      return 499;
    case Code::kUnimplemented:
      return 501;
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kUnknown:
    case Code::kInternal:
    case Code::kDataLoss:
      return 500;
  }
  return 500;
}

void write_error(const Error& error, net::HttpResponse* response) {
  // HTTP tells one exhaustion from another.
  const bool is_too_large = error.reason() == "realtime.too_large";
  response->status = is_too_large ? 413 : http_status(error.code());
  response->content_type = "application/json";
  response->body.clear();
  JsonWriter json(&response->body);
  json.begin_object().member("error", error.message()).end_object();
}

void write_refusal(const Error& error, net::HttpResponse* response) {
  write_error(error, response);
  response->add_header("Retry-After", std::to_string(kRetryAfterSeconds));
}

}  // namespace slipway::deploy::realtime
