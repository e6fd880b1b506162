// Immutable bytes with shared ownership: several columns and slices look at the same ones.
//
//   MutableBuffer made(n * sizeof(double));            // 64-byte aligned, zeroed to the end of its
//   last 64 bytes made.as<double>()[0] = 1; Buffer shared = std::move(made).freeze();
//
// A Buffer is safe to read from any thread. It may instead wrap memory that somebody else owns (an
// Arrow producer, a mapped file): `owner` keeps that alive.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace slipway::frame {

class Buffer {
 public:
  Buffer() = default;
  Buffer(std::shared_ptr<const void> owner, const void* data, std::size_t size)
      : owner_(std::move(owner)), data_(static_cast<const std::byte*>(data)), size_(size) {}

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return data_ == nullptr; }

 private:
  std::shared_ptr<const void> owner_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

class MutableBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  MutableBuffer() = default;
  explicit MutableBuffer(std::size_t size) { reserve(size), size_ = size; }

  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(bytes_.get());
  }
  std::size_t size() const { return size_; }

  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    const std::size_t rounded = (capacity + kAlignment - 1) / kAlignment * kAlignment;
    std::unique_ptr<std::byte[], Free> bytes(allocate(rounded));
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    std::memset(bytes.get() + size_, 0, rounded - size_);
    bytes_ = std::move(bytes);
    capacity_ = rounded;
  }

  // New bytes are zero.
  void resize(std::size_t size) {
    if (size > capacity_) reserve(size > 2 * capacity_ ? size : 2 * capacity_);
    size_ = size;
  }

  void append(const void* bytes, std::size_t size) {
    const std::size_t at = size_;
    resize(size_ + size);
    if (size > 0) std::memcpy(bytes_.get() + at, bytes, size);
  }

  Buffer freeze() && {
    const std::size_t size = std::exchange(size_, 0);
    capacity_ = 0;
    if (bytes_ == nullptr) reserve(1);  // an Arrow buffer of no bytes still has an address
    std::shared_ptr<const std::byte> owner(bytes_.release(), Free());
    const std::byte* data = owner.get();
    capacity_ = 0;
    return Buffer(std::move(owner), data, size);
  }

 private:
  // Aligned within a larger piece, how far is told by the byte before: the heap takes ten times as
  // long to give a small piece that is aligned.
  static std::byte* allocate(std::size_t size) {
    auto* const piece = static_cast<std::byte*>(::operator new(size + kAlignment));
    const std::size_t past = reinterpret_cast<std::uintptr_t>(piece) % kAlignment;
    const std::size_t skip = kAlignment - past;
    piece[skip - 1] = static_cast<std::byte>(skip);
    return piece + skip;
  }
  struct Free {
    void operator()(const std::byte* bytes) const {
      auto* const at = const_cast<std::byte*>(bytes);
      ::operator delete(at - std::to_integer<std::size_t>(at[-1]));
    }
  };
  std::unique_ptr<std::byte[], Free> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace slipway::frame
