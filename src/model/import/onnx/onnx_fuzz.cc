// Any bytes give a Model that passes check(), or an error with a message; what was read survives
// the blob. Nothing of it runs: ONNX Runtime is not asked.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>

#include "model/blob.h"
#include "model/import/onnx/onnx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace m = slipway::model;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  m::is_onnx(bytes);
  const auto model = m::read_onnx(bytes);
  if (!model) {
    if (model.error().message().empty()) __builtin_trap();
    return 0;
  }
  if (!m::check(model.value())) __builtin_trap();
  const std::string blob = m::write_blob(model.value());
  const auto again = m::read_blob(blob, nullptr);
  if (!again || m::write_blob(again.value()) != blob) __builtin_trap();
  return 0;
}
