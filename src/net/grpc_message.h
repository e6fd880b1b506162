// gRPC's messages in bytes: five bytes before each say whether it is compressed and how long it is.
//
//   std::string_view rest = body;
//   ASSIGN_OR_RETURN(auto message, next_message(&rest, limits));   // nothing: it is not all here
//   begin_message(&out); ...append... end_message(at, is_compressed, &out);
//
// Errors are those that a call ends with: kResourceExhausted "net.grpc_size", kUnimplemented
// "net.grpc_encoding", kInternal "net.grpc_frame". Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::net {

inline constexpr std::size_t kMessageHead = 5;

struct GrpcMessage {
  bool compressed = false;
  std::string_view bytes;
};

// Takes a message off the front of `rest`.
Result<std::optional<GrpcMessage>> next_message(std::string_view* rest, std::size_t bytes_max);

// Its bytes, decompressed into `scratch` if need be. `encoding` is the request's grpc-encoding.
Result<std::string_view> plain_bytes(const GrpcMessage& message, std::string_view encoding,
                                     std::size_t bytes_max, std::string* scratch);

// Appends room for the head of a message that is appended next.
void begin_message(std::string* out);
// The message's bytes begin at `at`, behind that room; compresses them if that helps.
void end_message(std::size_t at, bool compress, std::string* out);

}  // namespace slipway::net
