// Any bytes as a route's text and as its JSON: read or refused; what was read is written and read again the same.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "deploy/core/route.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using slipway::deploy::Route;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto route = Route::of_text(text)) (void)route.value().pick(text);
  const auto document = slipway::JsonDocument::parse(text);
  if (!document) return 0;
  const auto route = Route::of_json("name", document.value().root());
  if (!route) return 0;
  std::string written, again;
  slipway::JsonWriter json(&written);
  route.value().write(&json);
  const auto reread = slipway::JsonDocument::parse(written);
  CHECK(reread.has_value());
  const auto same = Route::of_json("name", reread.value().root());
  CHECK(same.has_value());
  slipway::JsonWriter more(&again);
  same.value().write(&more);
  CHECK(again == written);
  CHECK(same.value().pick(text) == route.value().pick(text));
  return 0;
}
