// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>

#include "base/check.h"
#include "scoring/engine/engine.h"

namespace slipway::scoring {
namespace {

constexpr std::size_t kAlignment = 64;

}  // namespace

void Scratch::Free::operator()(std::byte* bytes) const { std::free(bytes); }

std::byte* Scratch::of(std::size_t bytes) {
  if (bytes > capacity_) {
    // By half at least, so that slowly growing requests do not allocate each time.
    const std::size_t wanted = std::max(bytes, capacity_ + capacity_ / 2);
    capacity_ = (wanted + kAlignment - 1) / kAlignment * kAlignment;
    memory_.reset();  // before the new one: only one of them is needed
    memory_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, capacity_)));
    CHECK(memory_ != nullptr);
  }
  return memory_.get();
}

}  // namespace slipway::scoring
