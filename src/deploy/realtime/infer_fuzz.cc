// Whatever the body: it is refused with a reason, or gives as many rows as it says, which the model
// scores. The same bytes go to both protocols and to models with and without categories.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/instances.h"
#include "deploy/realtime/plain_infer.h"
#include "deploy/realtime/ranking.h"
#include "deploy/realtime/reply.h"
#include "deploy/realtime/tabular.h"
#include "deploy/realtime/test_model.h"

namespace slipway::deploy::realtime {
namespace {

class Target {
 public:
  explicit Target(const Loaded& loaded)
      : endpoint_(std::make_shared<const Served>(Served{.loaded = loaded}),
                  loaded.plan->bind(loaded.plan->input_schema()).value(), {admission_, registry_}) {
  }

  // What is read without a document gives the same rows, to the bit.
  void check_plain(std::string_view text, JsonView root) {
    DecodeScratch scratch;
    const auto plain = read_plain_infer(text, &scratch);
    if (!plain) return;
    const auto rows = rows_of_tensors(endpoint_.target(), {}, &scratch);
    const auto infer = decode_infer({root, {}}, endpoint_.target(), &scratch_);
    if (rows.has_value() != infer.has_value()) std::abort();
    if (!rows) {
      if (rows.error().message() != infer.error().message()) std::abort();
    } else if (infer.value().id != plain->id || infer.value().is_binary ||
               !infer.value().outputs.empty() || !same(*rows.value(), infer.value().rows)) {
      std::abort();
    }
  }

  void check(JsonView root) {
    const auto infer = decode_infer({root, {}}, endpoint_.target(), &scratch_);
    infer ? score(infer.value().rows) : check_refusal(infer.error());
    const auto instances = decode_instances(root, endpoint_.inputs, &scratch_);
    instances ? score(*instances.value()) : check_refusal(instances.error());
    const auto ranking = decode_ranking(root, endpoint_, &scratch_);
    ranking ? score(*ranking.value().rows) : check_refusal(ranking.error());
    const auto table = decode_table(root, endpoint_.inputs, &scratch_);
    table ? score(*table.value()) : check_refusal(table.error());
  }

 private:
  static bool same(const frame::Frame& a, const frame::Frame& b) {
    if (a.rows() != b.rows() || a.columns().size() != b.columns().size()) return false;
    for (std::size_t i = 0; i < a.columns().size(); ++i) {
      if (!equal(a.column(i), b.column(i))) return false;
    }
    return true;
  }

  static void check_refusal(const Error& error) {
    if (error.message().empty()) std::abort();
  }

  void score(const frame::Frame& rows) {
    const auto scores = endpoint_.score(rows, {.raw = true});
    if (!scores || scores.value().rows() != rows.rows()) std::abort();
    std::string reply;
    (void)write_infer_reply(endpoint_, {.id = "i", .outputs = {}}, scores.value(), &reply)
        .has_value();
    if (!JsonDocument::parse(reply, {.nan_and_infinity = true})) std::abort();
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
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  slipway::JsonParser parser({.nan_and_infinity = true});
  const auto root = parser.parse(text);
  if (!root) {
    DecodeScratch scratch;
    if (read_plain_infer(text, &scratch)) std::abort();
    return 0;
  }
  numbers.check_plain(text, root.value());
  mixed.check_plain(text, root.value());
  numbers.check(root.value());
  mixed.check(root.value());
  return 0;
}
