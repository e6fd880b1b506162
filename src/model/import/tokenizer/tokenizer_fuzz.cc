// Any bytes as a tokenizer.json or a vocab.txt: an error, or an operator that passes its own check.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/import/tokenizer/tokenizer.h"
#include "model/operator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway::model;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto op = bytes.starts_with('{') ? read_tokenizer_json(bytes, {.length = 64})
                                         : read_vocab_txt(bytes, {.length = 64});
  const std::array<std::uint32_t, 1> inputs{1};
  if (op) CHECK(width_of(op.value(), inputs).has_value());
  return 0;
}
