// model.slip from anywhere. A fuzzer cannot guess checksums, so they are put right before the second reading: what lies
// behind them is as untrusted as the rest.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/hash.h"
#include "model/blob.h"

namespace {

// Sizes and the header's checksum as the writer would have set them.
std::string mended(std::string bytes) {
  if (bytes.size() < 32) return bytes;
  std::memcpy(bytes.data(), "SLIPWAY\n\1\0\0\0", 12);
  std::uint32_t header_size = 0;
  std::memcpy(&header_size, bytes.data() + 12, sizeof(header_size));
  header_size = static_cast<std::uint32_t>(header_size % (bytes.size() - 31));
  const std::uint64_t file_size = bytes.size();
  const std::uint64_t checksum = slipway::xxh3_64(std::string_view(bytes).substr(32, header_size));
  std::memcpy(bytes.data() + 12, &header_size, sizeof(header_size));
  std::memcpy(bytes.data() + 16, &file_size, sizeof(file_size));
  std::memcpy(bytes.data() + 24, &checksum, sizeof(checksum));
  return bytes;
}

void read(const std::string& bytes) {
  namespace m = slipway::model;
  const auto model = m::read_blob(bytes, nullptr);
  if (model && !m::check(model.value())) __builtin_trap();
  if (!model && model.error().message().empty()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  read(mended(bytes));
  return 0;
}
