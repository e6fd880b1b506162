// Any bytes as a CSV table: refused with a reason, or rows that the model scores.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/tabular.h"
#include "deploy/realtime/test_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway::deploy;
  static const Loaded loaded = realtime::load_test_model("mixed", realtime::mixed_model_text());
  static slipway::MetricRegistry registry;
  static const realtime::Admission admission({}, 1, registry);
  static realtime::Endpoint endpoint(std::make_shared<const Served>(Served{.loaded = loaded}),
                                     loaded.plan->bind(loaded.plan->input_schema()).value(),
                                     {admission, registry});
  static realtime::DecodeScratch scratch;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rows = realtime::decode_csv(text, endpoint.inputs, &scratch);
  if (!rows) {
    if (rows.error().message().empty()) std::abort();
    return 0;
  }
  const auto scores = endpoint.score(*rows.value(), {});
  if (!scores || scores.value().rows() != rows.value()->rows()) std::abort();
  return 0;
}
