// SPDX-License-Identifier: Apache-2.0
#include "net/buffer_pool.h"

#include <utility>

namespace slipway::net {

Buffer BufferPool::take(std::size_t capacity) {
  if (capacity <= kBlockBytes) {
    if (blocks_.empty()) return {std::unique_ptr<char[]>(new char[kBlockBytes]), kBlockBytes};
    Buffer block = std::move(blocks_.back());
    blocks_.pop_back();
    return block;
  }
  if (capacity > large_bytes_max_ - large_bytes_) return {};
  large_bytes_ += capacity;
  return {std::unique_ptr<char[]>(new char[capacity]), capacity};
}

void BufferPool::give_back(Buffer buffer) {
  if (!buffer) return;
  if (buffer.capacity > kBlockBytes) {
    large_bytes_ -= buffer.capacity;
  } else if (blocks_.size() < kKeptBlocks) {
    blocks_.push_back(std::move(buffer));
  }
}

}  // namespace slipway::net
