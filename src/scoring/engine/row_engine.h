// What the engines that take one row at a time share: conditions to bytes, sums to doubles. T is the
// type of inputs, S that of sums.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "scoring/engine/condition_tables.h"
#include "scoring/engine/engines.h"

namespace slipway::scoring {

inline std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

// Where leaves go. `tree_output` keeps the outputs of the trees for it.
template <typename S>
isa::LeafSums<S> leaf_sums(const model::TreeEnsemble& e, const std::vector<S>& leaves) {
  const bool one_sum = e.outputs == 1 && e.leaf_width == 1;
  return {leaves.data(), one_sum ? nullptr : e.tree_output.data(), e.leaf_width};
}

// What sums start at.
template <typename S>
std::vector<S> base_of(const model::TreeEnsemble& e) {
  std::vector<S> base(e.outputs);
  for (std::size_t j = 0; j < e.base.size(); ++j) base[j] = static_cast<S>(e.base[j]);
  return base;
}

// Calls make(T{}, S{}) with the types that the ensemble computes in; nothing for doubles summed as
// floats, which no library does.
template <typename Make>
std::unique_ptr<Engine> with_types(const model::TreeEnsemble& e, Make make) {
  if (!e.linear_constant.empty()) return nullptr;
  if (e.float32_inputs) return e.float32_sums ? make(float{}, float{}) : make(float{}, double{});
  return e.float32_sums ? nullptr : make(double{}, double{});
}

template <typename T, typename S>
class RowEngine : public Engine {
 public:
  RowEngine(SharedForest forest, isa::Isa isa)
      : forest_(std::move(forest)),
        kernels_(isa::kernels(isa)),
        tables_(forest_->conditions, forest_->ensemble.flush_below),
        base_(base_of<S>(forest_->ensemble)),
        looked_up_(forest_->conditions.looked_up.get()) {}

  std::size_t scratch_bytes() const override {
    return condition_bytes() + aligned(base_.size() * sizeof(S)) + words_bytes() +
           own_scratch_bytes();
  }

  void run(Rows in, double* out, std::byte* scratch) const override {
    auto* bytes = reinterpret_cast<std::uint8_t*>(scratch);
    auto* sums = reinterpret_cast<S*>(scratch + condition_bytes());
    std::byte* words = reinterpret_cast<std::byte*>(sums) + aligned(base_.size() * sizeof(S));
    std::byte* own = words + words_bytes();
    for (std::size_t r = 0; r < in.rows; ++r) {
      const double* row = in.values + r * in.width;
      read_conditions(row, bytes);
      if (looked_up_ != nullptr) look_up(row, reinterpret_cast<std::uint64_t*>(words), bytes);
      for (std::size_t j = 0; j < base_.size(); ++j) sums[j] = base_[j];
      add_trees(bytes, own, sums);
      for (std::size_t j = 0; j < base_.size(); ++j) *out++ = static_cast<double>(sums[j]);
    }
  }

 protected:
  virtual std::size_t own_scratch_bytes() const { return 0; }
  // Conditions as bytes; behind them are bytes_behind() more, for whatever add_trees wants.
  virtual void add_trees(std::uint8_t* bytes, std::byte* own, S* sums) const = 0;
  virtual std::size_t bytes_behind() const { return 0; }

  const Forest& forest() const { return *forest_; }
  const isa::Kernels& kernels() const { return kernels_; }

 private:
  std::size_t condition_bytes() const { return aligned(tables_.row_bytes() + bytes_behind()); }

  std::size_t words_bytes() const {
    return looked_up_ == nullptr ? 0 : aligned(looked_up_->words() * sizeof(std::uint64_t));
  }

  // Behind the last of them stand the two bytes that row_bytes wrote, again.
  void look_up(const double* row, std::uint64_t* words, std::uint8_t* bytes) const {
    looked_up_->answer(row, bytes, looked_up_->asks.data(), words);
    std::uint8_t* to = bytes + forest_->conditions.first_looked_up();
    for (std::size_t w = 0; w < looked_up_->words(); ++w) {
      for (std::uint32_t byte = 0; byte < 8; ++byte, to += 8) {
        const std::uint64_t eight = spread((words[w] >> (8 * byte)) & 0xFF);
        std::memcpy(to, &eight, sizeof(eight));
      }
    }
    bytes[forest_->conditions.count] = 0;
    bytes[forest_->conditions.count + 1] = 1;
  }

  // A byte, 0 or 1, per bit of a byte; the lowest bit's first.
  static std::uint64_t spread(std::uint64_t byte) {
    const std::uint64_t picked = (byte * 0x0101010101010101U) & 0x8040201008040201U;
    return ((picked + 0x7F7F7F7F7F7F7F7FU) >> 7) & 0x0101010101010101U;
  }

  void read_conditions(const double* row, std::uint8_t* bytes) const {
    if constexpr (sizeof(T) == 4) {
      kernels_.row_bytes_float(tables_.view(), row, bytes);
    } else {
      kernels_.row_bytes_double(tables_.view(), row, bytes);
    }
  }

  const SharedForest forest_;
  const isa::Kernels& kernels_;
  const ConditionTables<T> tables_;
  const std::vector<S> base_;
  const LookedUp* const looked_up_;  // null: nothing is
};

}  // namespace slipway::scoring
