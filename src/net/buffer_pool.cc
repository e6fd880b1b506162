// SPDX-License-Identifier: Apache-2.0
#include "net/buffer_pool.h"

#include <sys/mman.h>

#include <utility>

namespace slipway::net {
namespace {

// The address sanitizer watches the edges of what is on the heap.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLIPWAY_NET_HEAP_ONLY
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(SLIPWAY_NET_HEAP_ONLY)
constexpr bool kMaps = false;
#else
constexpr bool kMaps = true;
#endif

Buffer buffer_of(char* bytes, std::size_t capacity, std::size_t mapped) {
  return {std::unique_ptr<char[], BufferDeleter>(bytes, BufferDeleter{mapped}), capacity};
}

Buffer from_heap(std::size_t capacity) { return buffer_of(new char[capacity], capacity, 0); }

Buffer make_block() {
  constexpr std::size_t kSize = BufferPool::kBlockBytes;
  if (!kMaps) return from_heap(kSize);
  void* const made =
      mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) return from_heap(kSize);
  return buffer_of(static_cast<char*>(made), kSize, kSize);
}

}  // namespace

void BufferDeleter::operator()(char* bytes) const {
  if (mapped > 0) {
    munmap(bytes, mapped);
  } else {
    delete[] bytes;
  }
}

Buffer BufferPool::take(std::size_t capacity) {
  if (capacity <= kBlockBytes) {
    if (blocks_.empty()) return make_block();
    Buffer block = std::move(blocks_.back());
    blocks_.pop_back();
    return block;
  }
  if (capacity > large_bytes_max_ - large_bytes_) return {};
  large_bytes_ += capacity;
  return from_heap(capacity);
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
