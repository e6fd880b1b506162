// An answer is read to the same end however it is cut. The first byte says how large the pieces are.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http_answer.h"

namespace {

std::string read(std::string_view input, std::size_t step) {
  slipway::net::HttpAnswerReader reader(300);
  while (!reader.is_whole()) {
    const std::string_view piece = input.substr(0, step);
    if (!reader.take(piece)) return "error";
    if (piece.empty() && !reader.is_whole()) std::abort();  // the end is the end
    input.remove_prefix(piece.size());
  }
  const auto answer = reader.answer();
  if (answer.body.size() > 300) std::abort();
  return std::to_string(answer.status) + " " + answer.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 16'000) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (read(input, input.size() + 1) != read(input, 1u + data[0])) std::abort();
  return 0;
}
