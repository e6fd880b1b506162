// SPDX-License-Identifier: Apache-2.0
#include "model/tensor.h"

#include <fmt/format.h>

namespace slipway::model {

std::vector<std::string> column_names_of(const Tensor& tensor) {
  const std::uint64_t columns = columns_of(tensor);
  if (columns == 1) return {tensor.name};
  std::vector<std::string> names;
  names.reserve(columns);
  for (std::uint64_t c = 0; c < columns; ++c) names.push_back(fmt::format("{}_{}", tensor.name, c));
  return names;
}

}  // namespace slipway::model
