// Time, injected, so that everything that waits or stamps can be tested in virtual time.
//
//   const std::int64_t started_ns = clock.monotonic_ns();
//
// Thread-safe. Event times are microseconds since 1970-01-01 UTC.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace slipway {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_us() const = 0;        // wall clock, UTC
  virtual std::int64_t monotonic_ns() const = 0;  // never goes back; no relation to the wall clock
};

// The machine's clock; lives as long as the process.
Clock& system_clock();

// CPU time that the calling thread has used. Two readings cost some 500 ns: for work of 20 us and
// more.
std::int64_t thread_cpu_ns();
// Of all threads of the process, those that ended too.
std::int64_t process_cpu_ns();

// Stands still until told otherwise.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t now_us = 0) : now_us_(now_us) {}
  std::int64_t now_us() const override { return now_us_.load(); }
  std::int64_t monotonic_ns() const override { return now_us_.load() * 1000; }
  void advance_us(std::int64_t by) { now_us_.fetch_add(by); }

 private:
  std::atomic<std::int64_t> now_us_;
};

// "2013-07-01T05:15:00.000000Z"
std::string format_utc(std::int64_t us_since_epoch);

}  // namespace slipway
