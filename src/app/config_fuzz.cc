// slipway.toml is written by hand and may come from anywhere: any bytes give a Config or an error.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "app/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config =
      slipway::app::parse_config({reinterpret_cast<const char*>(data), size}, "slipway.toml");
  if (!config && config.error().message().empty()) __builtin_trap();
  return 0;
}
