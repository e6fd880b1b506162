// Errors as HTTP says them: a status for each Code, and the Open Inference Protocol's body.
//
//   write_error(error, &response);           // 400 {"error": "..."}
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "net/http.h"

namespace slipway::deploy::realtime {

int http_status(Code code);
void write_error(const Error& error, net::HttpResponse* response);

// To one that may come again.
void write_refusal(const Error& error, net::HttpResponse* response);

}  // namespace slipway::deploy::realtime
