// Deadlines of many connections for the price of a comparison each: they are met to the next tick
// (100 ms), and moving one into the future, which each request does, touches nothing but itself.
//
//   wheel.set(entry, now_ms + 5000);
//   wheel.advance(now_ms);                // once a tick: calls entry.on_timer() of what is due
//
// on_timer() may set or remove any entry, its own too. An entry removes itself when it dies.
// Not thread-safe. After Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace slipway::net {

class TimerWheel;

class TimerEntry {
 public:
  TimerEntry() = default;
  TimerEntry(const TimerEntry&) = delete;
  TimerEntry& operator=(const TimerEntry&) = delete;
  virtual ~TimerEntry();
  virtual void on_timer() = 0;

 private:
  friend class TimerWheel;
  void link_before(TimerEntry* other);
  void unlink();

  TimerEntry* previous_ = nullptr;
  TimerEntry* next_ = nullptr;
  std::int64_t due_tick_ = 0;
  std::int64_t slot_tick_ = 0;  // when the wheel will look at it: not later than due_tick_
};

class TimerWheel {
 public:
  static constexpr std::int64_t kTickMs = 100;

  explicit TimerWheel(std::int64_t now_ms);

  void set(TimerEntry& entry, std::int64_t deadline_ms) {
    entry.due_tick_ = deadline_ms / kTickMs + 1;
    if (entry.next_ == nullptr || entry.due_tick_ < entry.slot_tick_) place(entry);
  }
  void remove(TimerEntry& entry) { entry.unlink(); }
  void advance(std::int64_t now_ms);

 private:
  static constexpr std::int64_t kSlots = 512;

  // The head of a ring of entries; never due.
  class Ring final : public TimerEntry {
   public:
    void on_timer() override {}
  };

  void place(TimerEntry& entry);
  void fire(std::int64_t tick);

  std::int64_t tick_;
  std::array<Ring, kSlots> slots_;
};

}  // namespace slipway::net
