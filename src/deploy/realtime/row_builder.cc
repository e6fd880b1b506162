// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/row_builder.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace slipway::deploy::realtime {
namespace {

// What a slab keeps between requests: 512 KiB.
constexpr std::size_t kKeptValues = std::size_t{1} << 16;

}  // namespace

std::shared_ptr<double[]> Slab::take(std::size_t count) {
  const bool in_use = values_.use_count() > 1;
  if (in_use || count > capacity_ || capacity_ > std::max(count, kKeptValues)) {
    capacity_ = std::max<std::size_t>(count, 64);
    values_ = std::shared_ptr<double[]>(new double[capacity_]);
  }
  return values_;
}

RowBuilder::RowBuilder(const InputTable& inputs, std::size_t rows, Slab* slab)
    : inputs_(inputs), rows_(rows), slab_(slab->take(rows * inputs.size())) {
  if (inputs.all_numbers()) return;
  texts_.resize(inputs.size());
  bools_.resize(inputs.size());
}

frame::Frame RowBuilder::finish() && {
  std::vector<frame::Column> columns;
  columns.reserve(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    switch (inputs_.columns()[i].wire) {
      case Wire::kNumber:
      case Wire::kCategoryNumber:
        columns.emplace_back(frame::Column::Parts{
            .type = frame::Type::of(frame::TypeId::kFloat64),
            .length = static_cast<std::int64_t>(rows_),
            .values = frame::Buffer(slab_, slab_.get() + i * rows_, rows_ * sizeof(double))});
        break;
      case Wire::kCategoryText:
        columns.push_back(texts_[i].finish());
        break;
      case Wire::kCategoryBool:
        columns.push_back(bools_[i].finish());
        break;
    }
    DCHECK(columns.back().length() == static_cast<std::int64_t>(rows_));
  }
  return frame::Frame::trusted(inputs_.schema(), std::move(columns),
                               static_cast<std::int64_t>(rows_));
}

}  // namespace slipway::deploy::realtime
