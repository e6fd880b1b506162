// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/walk_leaves.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "scoring/engine/question.h"

namespace slipway::scoring {
namespace {

constexpr std::size_t kRecent = 4096;

std::size_t place_of(const double* values, std::uint32_t width) {
  std::uint64_t hash = 0;
  for (std::uint32_t j = 0; j < width; ++j) {
    std::uint64_t bits;
    std::memcpy(&bits, values + j, sizeof(bits));
    hash = (hash ^ bits) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 32;
  }
  return static_cast<std::size_t>(hash % kRecent);
}

}  // namespace

WalkLeaves::WalkLeaves(const model::TreeEnsemble& ensemble) : e_(ensemble) {
  if (!is_linear()) recent_.resize(kRecent);
}

void WalkLeaves::begin_tree() { first_.push_back(static_cast<std::uint32_t>(entries_)); }

// A table that forgets: what was overwritten there gets a second entry, which costs memory alone. Entries
// of trees before are below this tree's first one.
std::uint32_t WalkLeaves::number_of(std::size_t leaf) {
  auto entry = static_cast<std::uint32_t>(entries_);
  if (is_linear()) {
    leaf_.push_back(static_cast<std::uint32_t>(leaf));
    ++entries_;
  } else {
    const std::uint32_t width = e_.leaf_width;
    const double* values = e_.leaf_value.data() + leaf * width;
    std::uint32_t& known = recent_[place_of(values, width)];
    const bool is_same = known >= first_.back() && known < entries_ &&
                         std::memcmp(values_.data() + std::size_t{known} * width, values,
                                     width * sizeof(double)) == 0;
    if (is_same) {
      entry = known;
    } else {
      known = entry;
      values_.insert(values_.end(), values, values + width);
      ++entries_;
    }
  }
  const std::uint32_t number = entry - first_.back();
  most_ = std::max(most_, number + 1);
  return number;
}

void WalkLeaves::finish() {
  values_.shrink_to_fit();
  leaf_.shrink_to_fit();
  recent_ = {};
}

std::size_t WalkLeaves::memory_bytes() const {
  return values_.size() * sizeof(double) + leaf_.size() * sizeof(std::uint32_t);
}

void WalkLeaves::add(std::size_t tree, const std::uint32_t* numbers, Rows in, double* sums) const {
  const bool is_plain = !is_linear() && !e_.float32_sums;
  if (!is_plain || e_.leaf_width > 2) {
    for (std::size_t r = 0; r < in.rows; ++r)
      add_one(tree, numbers[r], in.values + r * in.width, sums + r * e_.outputs);
    return;
  }
  const double* values = values_.data() + std::size_t{first_[tree]} * e_.leaf_width;
  double* to = sums + e_.tree_output[tree];
  if (e_.leaf_width == 1) {
    for (std::size_t r = 0; r < in.rows; ++r) to[r * e_.outputs] += values[numbers[r]];
    return;
  }
  for (std::size_t r = 0; r < in.rows; ++r) {
    const double* value = values + std::size_t{numbers[r]} * 2;
    to[r * e_.outputs] += value[0];
    to[r * e_.outputs + 1] += value[1];
  }
}

void WalkLeaves::add_one(std::size_t tree, std::uint32_t number, const double* row,
                         double* sums) const {
  const std::size_t entry = std::size_t{first_[tree]} + number;
  double* to = sums + e_.tree_output[tree];
  if (is_linear()) return add_to(linear_value(leaf_[entry], row), to);
  const double* values = values_.data() + entry * e_.leaf_width;
  for (std::uint32_t j = 0; j < e_.leaf_width; ++j) add_to(values[j], to + j);
}

// As the reference engine has it: each step rounds as the library's does.
double WalkLeaves::linear_value(std::size_t leaf, const double* row) const {
  double value = e_.linear_constant[leaf];
  for (std::uint32_t term = e_.linear_begin[leaf]; term < e_.linear_begin[leaf + 1]; ++term) {
    const double x = read_value(e_, row[e_.linear_feature[term]]);
    if (std::isnan(x)) return e_.leaf_value[leaf];
    const double product = e_.linear_coefficient[term] * x;
    value =
        e_.float32_sums ? static_cast<float>(value + static_cast<float>(product)) : value + product;
  }
  return value;
}

void WalkLeaves::add_to(double value, double* sum) const {
  *sum = e_.float32_sums ? static_cast<float>(*sum + value) : *sum + value;
}

}  // namespace slipway::scoring
