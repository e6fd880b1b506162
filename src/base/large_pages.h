// Memory for large arrays that are read at random: the kernel is asked for large pages, so that an
// access does not wait for the page table, too.
//
//   std::vector<Node, LargePages<Node>> nodes;      // grows as any vector does: reserve() first
//
// From kLargePagesFrom bytes on; smaller arrays come from the heap. All start with a cache line. A wish, not a promise: where
// transparent huge pages are off (`/sys/kernel/mm/transparent_hugepage/enabled`), pages are small.
// Safe from any thread; throws std::bad_alloc as every allocator does.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <new>

namespace slipway {

inline constexpr std::size_t kLargePagesFrom = std::size_t{1} << 20;

// For at least kLargePagesFrom bytes; freed with the same number.
void* allocate_large_pages(std::size_t bytes);
void free_large_pages(void* memory, std::size_t bytes);

template <typename T>
struct LargePages {
  using value_type = T;

  LargePages() = default;
  template <typename U>
  LargePages(const LargePages<U>&) {}  // NOLINT: an allocator converts

  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
    const std::size_t bytes = count * sizeof(T);
    return static_cast<T*>(bytes < kLargePagesFrom ? ::operator new(bytes, kLine)
                                                   : allocate_large_pages(bytes));
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kLargePagesFrom) return ::operator delete(memory, kLine);
    free_large_pages(memory, count * sizeof(T));
  }

  static constexpr std::align_val_t kLine{64};  // of the cache
  friend bool operator==(const LargePages&, const LargePages&) { return true; }
};

}  // namespace slipway
