// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/row_builder.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace slipway::deploy::realtime {
namespace {

// What a store keeps between requests: 512 KiB.
constexpr std::size_t kKeptValues = std::size_t{1} << 16;

}  // namespace

bool RowStore::can_refill(const InputTable& inputs, std::size_t rows) const {
  if (!inputs.all_numbers() || frame_.shared_schema() != inputs.schema()) return false;
  // One owner is the store itself, one each column of the frame.
  const auto own = static_cast<long>(1 + frame_.columns().size());
  return frame_.rows() == static_cast<std::int64_t>(rows) && slab_.use_count() == own;
}

void RowStore::make_slab(std::size_t values) {
  frame_ = frame::Frame();
  const bool in_use = slab_.use_count() > 1;
  if (!in_use && values <= capacity_ && capacity_ <= std::max(values, kKeptValues)) return;
  capacity_ = std::max<std::size_t>(values, 64);
  slab_ = std::shared_ptr<double[]>(new double[capacity_]);
}

RowBuilder::RowBuilder(const InputTable& inputs, std::size_t rows, RowStore* store)
    : inputs_(inputs), rows_(rows), store_(*store), refill_(store->can_refill(inputs, rows)) {
  if (refill_) return;
  store_.make_slab(rows * inputs.size());
  if (inputs.all_numbers()) return;
  texts_.resize(inputs.size());
  bools_.resize(inputs.size());
}

const frame::Frame& RowBuilder::finish() {
  if (refill_) return store_.frame_;
  std::vector<frame::Column> columns;
  columns.reserve(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    switch (inputs_.columns()[i].wire) {
      case Wire::kNumber:
      case Wire::kCategoryNumber:
        columns.emplace_back(frame::Column::Parts{
            .type = frame::Type::of(frame::TypeId::kFloat64),
            .length = static_cast<std::int64_t>(rows_),
            .values = frame::Buffer(store_.slab_, numbers(i).data(), rows_ * sizeof(double))});
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
  store_.frame_ =
      frame::Frame::trusted(inputs_.schema(), std::move(columns), static_cast<std::int64_t>(rows_));
  return store_.frame_;
}

}  // namespace slipway::deploy::realtime
