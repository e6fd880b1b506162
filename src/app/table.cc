// SPDX-License-Identifier: Apache-2.0
#include "app/table.h"

#include <utility>

namespace slipway::app {

data::ReadOptions read_options_for(const plan::Plan& plan) {
  data::ReadOptions options;
  for (const auto& field : plan.input_schema().fields()) options.expected[field.name] = field.type;
  return options;
}

Result<frame::Frame> read_sample(const std::string& path, const data::ReadOptions& options) {
  constexpr std::int64_t kSampleRowsMax = 1'000'000;
  ASSIGN_OR_RETURN(const auto stream, data::read(path, options));
  auto frame = frame::collect(*stream, kSampleRowsMax);
  if (!frame) return std::move(frame).error().with_context(path);
  return frame;
}

std::uint64_t rows_if_known(const std::string& path) {
  const auto table = data::describe(path);
  return table && table.value().rows ? static_cast<std::uint64_t>(*table.value().rows) : 0;
}

}  // namespace slipway::app
