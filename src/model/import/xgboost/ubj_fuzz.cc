// Any bytes give a document whose every value can be asked everything, or an error with a message.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/import/xgboost/ubjson.h"

namespace {

using slipway::model::xgboost::UbjKind;
using slipway::model::xgboost::UbjView;

// Recurses no deeper than the parser allows containers to nest.
void ask(UbjView value) {
  std::vector<double> numbers(value.size());
  if (value.kind() == UbjKind::kNumbers && !value.read_numbers(numbers)) __builtin_trap();
  value.read_numbers(numbers);
  value.as_integer();
  value.as_string();
  value.find("learner");
  if (value.kind() != UbjKind::kArray && value.kind() != UbjKind::kObject) return;
  UbjView item = value.first();
  for (std::size_t i = 0; i < value.size(); ++i, item = item.next()) ask(item);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace x = slipway::model::xgboost;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  x::looks_like_ubjson(bytes);
  const auto document = x::UbjDocument::parse(bytes);
  if (document) {
    ask(document.value().root());
  } else if (document.error().message().empty()) {
    __builtin_trap();
  }
  return 0;
}
