// Ids for requests and runs that bring none: 26 characters, unique across processes and machines,
// sorting by time.
//
//   RequestIds ids(system_clock());
//   const RequestId id = ids.next();       // "06AV3X2K9F8R0M5T1C7ZQ4W8YB"
//   use(view_of(id));
//
// 48 bits of milliseconds, 40 random bits per process, 40 bits counted up; Crockford's base 32.
// Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace slipway::deploy {

using RequestId = std::array<char, 26>;
inline std::string_view view_of(const RequestId& id) { return {id.data(), id.size()}; }

class RequestIds {
 public:
  explicit RequestIds(const Clock& clock);
  RequestId next();

 private:
  const Clock& clock_;
  std::array<char, 8> process_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace slipway::deploy
