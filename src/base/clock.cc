// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <fmt/format.h>

#include <ctime>

#include <chrono>

namespace slipway {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t now_us() const override {
    return since_epoch<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  std::int64_t monotonic_ns() const override {
    return since_epoch<std::chrono::nanoseconds>(std::chrono::steady_clock::now());
  }

 private:
  template <typename Unit, typename TimePoint>
  static std::int64_t since_epoch(TimePoint now) {
    return std::chrono::duration_cast<Unit>(now.time_since_epoch()).count();
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

namespace {

std::int64_t now_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::int64_t thread_cpu_ns() { return now_ns(CLOCK_THREAD_CPUTIME_ID); }
std::int64_t process_cpu_ns() { return now_ns(CLOCK_PROCESS_CPUTIME_ID); }

std::string format_utc(std::int64_t us_since_epoch) {
  using namespace std::chrono;  // NOLINT(google-build-using-namespace): calendar names read better
                                // bare
  const sys_time<microseconds> at{microseconds(us_since_epoch)};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss<microseconds> time{at - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

}  // namespace slipway
