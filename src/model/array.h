// A read-only run of numbers that is either owned or lies in somebody else's memory (a mapped
// model.slip).
//
//   Array<double> made(std::vector<double>{1, 2});
//   Array<double> mapped(owner, pointer, count);       // owner keeps the memory alive
//
// Cheap to copy; safe to share between threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace slipway::model {

template <typename T>
class Array {
 public:
  Array() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a vector is what builders end with
  Array(std::vector<T> values) : Array(std::make_shared<const std::vector<T>>(std::move(values))) {}
  Array(std::shared_ptr<const void> owner, const T* data, std::size_t size)
      : owner_(std::move(owner)), view_(data, size) {}

  const T& operator[](std::size_t i) const { return view_[i]; }
  std::size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  const T* data() const { return view_.data(); }
  auto begin() const { return view_.begin(); }
  auto end() const { return view_.end(); }
  std::span<const T> span() const { return view_; }

 private:
  explicit Array(std::shared_ptr<const std::vector<T>> values) : owner_(values), view_(*values) {}
  std::shared_ptr<const void> owner_;
  std::span<const T> view_;
};

}  // namespace slipway::model
