// Whatever the body: it is refused with a reason, or gives as many rows as it says, which the model
// scores. The same bytes go to both protocols and to models with and without categories.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/instances.h"
#include "deploy/realtime/test_model.h"

namespace slipway::deploy::realtime {
namespace {

struct Target {
  explicit Target(const Loaded& loaded)
      : plan(loaded.plan), inputs(*plan), binding(plan->bind(plan->input_schema()).value()) {}

  void score(const Result<frame::Frame>& rows) {
    if (!rows) {
      if (rows.error().message().empty()) std::abort();
      return;
    }
    const auto scores = plan->run(rows.value(), binding, {.raw = true});
    if (!scores || scores.value().rows() != rows.value().rows()) std::abort();
  }

  void check(JsonView root) {
    auto infer = decode_infer(root, inputs, false, &scratch);
    score(infer ? Result<frame::Frame>(infer.value().rows) : infer.error());
    score(decode_instances(root, inputs, &scratch));
  }

  std::shared_ptr<const plan::Plan> plan;
  InputTable inputs;
  plan::Binding binding;
  DecodeScratch scratch;
};

}  // namespace
}  // namespace slipway::deploy::realtime

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway::deploy::realtime;
  static Target numbers(load_test_model("numbers", TestModel{}));
  static Target mixed(load_test_model("mixed", mixed_model_text()));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  slipway::JsonParser parser({.nan_and_infinity = true});
  const auto root = parser.parse(text);
  if (!root) return 0;
  numbers.check(root.value());
  mixed.check(root.value());
  return 0;
}
