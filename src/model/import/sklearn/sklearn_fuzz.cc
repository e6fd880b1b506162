// Any bytes as a pickled estimator: an error or a model that passes its own check.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/import/pickle/pickle.h"
#include "model/import/sklearn/sklearn.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway::model;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto document =
      pickle::read_pickle(bytes, nullptr, {.max_values = 1 << 20, .max_unpacked_bytes = 1 << 24});
  if (!document) return 0;
  const auto model = read_sklearn(document.value());
  if (model) CHECK(check(model.value()).has_value());
  return 0;
}
