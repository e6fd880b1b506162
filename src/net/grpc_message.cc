// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_message.h"

#include <fmt/format.h>

#include <utility>

#include "net/gzip.h"

namespace slipway::net {
namespace {

constexpr std::size_t kWorthCompressing = 1024;

}  // namespace

Result<std::optional<GrpcMessage>> next_message(std::string_view* rest, std::size_t bytes_max) {
  if (rest->size() < kMessageHead) return std::optional<GrpcMessage>();
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>((*rest)[i]); };
  if (byte(0) > 1) {
    return Error(Code::kInternal, "net.grpc_frame",
                 fmt::format("a message begins with 0 or 1, found {}", byte(0)));
  }
  std::size_t size = 0;
  for (std::size_t i = 1; i < kMessageHead; ++i) size = size << 8 | byte(i);
  if (size > bytes_max) {
    return Error(Code::kResourceExhausted, "net.grpc_size",
                 fmt::format("the message has {} bytes, the limit is {}", size, bytes_max));
  }
  if (rest->size() - kMessageHead < size) return std::optional<GrpcMessage>();
  const GrpcMessage message{byte(0) == 1, rest->substr(kMessageHead, size)};
  rest->remove_prefix(kMessageHead + size);
  return std::optional(message);
}

Result<std::string_view> plain_bytes(const GrpcMessage& message, std::string_view encoding,
                                     std::size_t bytes_max, std::string* scratch) {
  if (!message.compressed) return message.bytes;
  if (encoding != "gzip") {
    return Error(
        Code::kUnimplemented, "net.grpc_encoding",
        fmt::format("messages may be compressed by gzip, found grpc-encoding '{}'", encoding));
  }
  scratch->clear();
  RETURN_IF_ERROR(gunzip(message.bytes, bytes_max, scratch));
  return std::string_view(*scratch);
}

void begin_message(std::string* out) { out->append(kMessageHead, '\0'); }

void end_message(std::size_t at, bool compress, std::string* out) {
  if (compress && out->size() - at >= kWorthCompressing) {
    const std::string plain = out->substr(at);
    out->resize(at);
    gzip(plain, out);
  } else {
    compress = false;
  }
  const std::size_t size = out->size() - at;
  (*out)[at - 5] = static_cast<char>(compress);
  for (std::size_t i = 0; i < 4; ++i)
    (*out)[at - 1 - i] = static_cast<char>(size >> (8 * i) & 0xFF);
}

}  // namespace slipway::net
