// An HTTP/1 answer as it arrives, however its length is told.
//
//   HttpAnswerReader reader(1 << 20);
//   while (!reader.is_whole()) RETURN_IF_ERROR(reader.take(bytes));     // none: the server has ended
//   HttpAnswer answer = reader.answer();
//
// The grammar is Beast's. Errors: kUnavailable "net.post" for what is no HTTP, is cut off, or has a longer body than was
// said. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::net {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

class HttpAnswerReader {
 public:
  explicit HttpAnswerReader(std::size_t body_bytes_max);
  ~HttpAnswerReader();

  Result<void> take(std::string_view bytes);
  bool is_whole() const;
  // Once, when it is whole.
  HttpAnswer answer();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
