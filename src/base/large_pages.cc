// SPDX-License-Identifier: Apache-2.0
#include "base/large_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace slipway {
namespace {

// Of x86-64, and of aarch64 whose small ones have 4 KiB.
constexpr std::size_t kPage = std::size_t{2} << 20;

std::size_t whole_pages(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

void* allocate_large_pages(std::size_t bytes) {
  if (bytes > std::numeric_limits<std::size_t>::max() - 2 * kPage) throw std::bad_alloc();
  const std::size_t wanted = whole_pages(bytes);
  // One page more than is wanted holds an aligned start; what is around it goes back.
  void* mapped =
      mmap(nullptr, wanted + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* first = static_cast<std::byte*>(mapped);
  const std::size_t before = (kPage - reinterpret_cast<std::uintptr_t>(first) % kPage) % kPage;
  std::byte* memory = first + before;
  if (before > 0) munmap(first, before);
  munmap(memory + wanted, kPage - before);
  // A last page that would be less than half full stays in small ones, which cost no more than they hold.
  madvise(memory, (bytes + kPage / 2) / kPage * kPage, MADV_HUGEPAGE);
  return memory;
}

void free_large_pages(void* memory, std::size_t bytes) { munmap(memory, whole_pages(bytes)); }

}  // namespace slipway
