// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include <algorithm>

namespace slipway::net {

TimerEntry::~TimerEntry() { unlink(); }

void TimerEntry::link_before(TimerEntry* other) {
  next_ = other;
  previous_ = other->previous_;
  previous_->next_ = this;
  other->previous_ = this;
}

void TimerEntry::unlink() {
  if (next_ == nullptr) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  next_ = previous_ = nullptr;
}

TimerWheel::TimerWheel(std::int64_t now_ms) : tick_(now_ms / kTickMs) {
  for (Ring& ring : slots_) ring.next_ = ring.previous_ = &ring;
}

void TimerWheel::place(TimerEntry& entry) {
  entry.unlink();
  // Beyond the wheel's turn: looked at when the wheel has nearly come round, and put on again.
  entry.slot_tick_ = std::clamp(entry.due_tick_, tick_ + 1, tick_ + kSlots - 1);
  entry.link_before(&slots_[static_cast<std::size_t>(entry.slot_tick_ % kSlots)]);
}

void TimerWheel::advance(std::int64_t now_ms) {
  const std::int64_t now = now_ms / kTickMs;
  // After a long standstill one turn visits every slot.
  if (now - tick_ > kSlots) tick_ = now - kSlots;
  while (tick_ < now) fire(++tick_);
}

void TimerWheel::fire(std::int64_t tick) {
  Ring& ring = slots_[static_cast<std::size_t>(tick % kSlots)];
  // Moved aside first: what on_timer() puts into this slot waits for its next turn.
  Ring due;
  due.next_ = due.previous_ = &due;
  while (ring.next_ != &ring) {
    TimerEntry* entry = ring.next_;
    entry->unlink();
    entry->link_before(&due);
  }
  while (due.next_ != &due) {
    TimerEntry* entry = due.next_;
    entry->unlink();
    if (entry->due_tick_ > tick) {
      place(*entry);
    } else {
      entry->on_timer();
    }
  }
}

}  // namespace slipway::net
