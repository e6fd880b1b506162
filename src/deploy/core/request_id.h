// Ids for requests and runs that bring none: 26 characters, unique across processes and machines,
// sorting by time.
//
//   RequestIds ids(system_clock());
//   std::string id = ids.next();           // "06AV3X2K9F8R0M5T1C7ZQ4W8YB"
//
// 48 bits of milliseconds, 40 random bits per process, 40 bits counted up; Crockford's base 32.
// Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace slipway::deploy {

class RequestIds {
 public:
  explicit RequestIds(const Clock& clock);
  std::string next();

 private:
  const Clock& clock_;
  const std::uint64_t process_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace slipway::deploy
