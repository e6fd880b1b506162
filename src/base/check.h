// Assertions about our own code, never about input, files or the network (those get an Error).
//
//   CHECK(slot < slots_.size());      // always on: says where and what, then aborts
//   DCHECK(is_sorted(edges));         // debug and sanitizer builds only: may be expensive
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slipway {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace slipway

#define CHECK(condition)                                       \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::slipway::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)

#ifdef NDEBUG
#define DCHECK(condition)         \
  do {                            \
    if (false) (void)(condition); \
  } while (false)
#else
#define DCHECK(condition) CHECK(condition)
#endif
