// Any bytes as a config.pbtxt: read or refused, never more.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "deploy/core/inline_files.h"
#include "deploy/core/serving_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = slipway::deploy::ServingConfig::of_text(text, "");
  if (config) (void)config.value().overridden(text, "").has_value();
  (void)slipway::deploy::ServingConfig().overridden(text, "").has_value();
  (void)slipway::deploy::decode_base64(text).has_value();
  return 0;
}
