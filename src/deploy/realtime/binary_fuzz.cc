// A request of JSON and bytes behind it, whatever both are: it is refused with a reason, or its rows are scored and
// written back as bytes. The first two bytes of the input say how long the JSON is. The same bytes are also
// unpacked.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "deploy/realtime/compression.h"
#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/reply.h"
#include "deploy/realtime/test_model.h"

namespace slipway::deploy::realtime {
namespace {

class Target {
 public:
  explicit Target(const Loaded& loaded)
      : endpoint_(std::make_shared<const Served>(Served{.loaded = loaded}),
                  loaded.plan->bind(loaded.plan->input_schema()).value(), {admission_, registry_}) {
  }

  void check(const InferBody& body) {
    answer(decode_infer(body, endpoint_.target(), &scratch_));
    answer(decode_raw(body.binary, endpoint_.target(), &scratch_));
  }

 private:
  void answer(const Result<InferRequest>& request) {
    if (!request) {
      if (request.error().message().empty()) std::abort();
      return;
    }
    const auto scores =
        endpoint_.score(request.value().rows, {.raw = request.value().wants_margin()});
    if (!scores) std::abort();
    std::string reply;
    const auto json_size = write_infer_reply(
        endpoint_,
        {.id = "i", .outputs = request.value().outputs, .is_binary = request.value().is_binary},
        scores.value(), &reply);
    if (!json_size) return;
    const std::string_view json(reply.data(),
                                json_size.value() == 0 ? reply.size() : json_size.value());
    if (!JsonDocument::parse(json, {.nan_and_infinity = true})) std::abort();
  }

  MetricRegistry registry_;
  Admission admission_{{}, 1, registry_};
  Endpoint endpoint_;
  DecodeScratch scratch_;
};

}  // namespace
}  // namespace slipway::deploy::realtime

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway::deploy::realtime;
  static Target numbers(load_test_model("numbers", TestModel{}));
  static Target mixed(load_test_model("mixed", mixed_model_text()));
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  std::string unpacked;
  for (const Encoding encoding : {Encoding::kGzip, Encoding::kDeflate}) {
    const auto done = decompress(encoding, all, 1 << 16, &unpacked);
    if (done && unpacked.size() > 1 << 16) std::abort();
  }
  if (size < 2) return 0;
  const std::size_t length =
      static_cast<std::size_t>(data[0]) + 256 * static_cast<std::size_t>(data[1]);
  const std::string_view rest = all.substr(2);
  if (length > rest.size()) return 0;
  slipway::JsonParser parser({.nan_and_infinity = true});
  const auto root = parser.parse(rest.substr(0, length));
  if (!root) return 0;
  numbers.check({root.value(), rest.substr(length)});
  mixed.check({root.value(), rest.substr(length)});
  return 0;
}
