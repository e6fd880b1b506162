// Memory that requests are received into: blocks of one size, kept and lent again, and larger ones
// for bodies, within a budget.
//
//   BufferPool pool(limits.buffered_bytes_max);
//   Buffer buffer = pool.take(BufferPool::kBlockBytes);       // empty if the budget is used up
//   pool.give_back(std::move(buffer));
//
// Blocks are mapped, not from the heap: thousands of connections that come at once take as many for a moment, and
// between their other memory the heap could never give that back.
// One per reactor; not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace slipway::net {

struct BufferDeleter {
  std::size_t mapped = 0;  // bytes that are the system's; 0: the heap's
  void operator()(char* bytes) const;
};

struct Buffer {
  std::unique_ptr<char[], BufferDeleter> bytes;
  std::size_t capacity = 0;

  explicit operator bool() const { return bytes != nullptr; }
};

class BufferPool {
 public:
  // What a request without a large body fits in.
  static constexpr std::size_t kBlockBytes = 16u << 10;

  explicit BufferPool(std::size_t large_bytes_max) : large_bytes_max_(large_bytes_max) {}

  // At least `capacity` bytes, not set to anything.
  Buffer take(std::size_t capacity);
  void give_back(Buffer buffer);

  // Memory that others take for requests counts against the same budget. False if it is used up.
  bool reserve(std::size_t bytes) {
    if (bytes > large_bytes_max_ - large_bytes_) return false;
    large_bytes_ += bytes;
    return true;
  }
  void release(std::size_t bytes) { large_bytes_ -= bytes; }

  std::size_t large_bytes() const { return large_bytes_; }

 private:
  static constexpr std::size_t kKeptBlocks = 64;

  const std::size_t large_bytes_max_;
  std::size_t large_bytes_ = 0;
  std::vector<Buffer> blocks_;
};

}  // namespace slipway::net
