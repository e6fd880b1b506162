// Ctrl-C and SIGTERM, turned into something that can be asked and waited for.
//
//   Interrupt interrupt;                 // before any thread is made: its signals are blocked in all of them
//   ... while (!interrupt.requested()) ...
//   interrupt.wait();                    // returns when asked to stop
//
// One at a time in a process. requested() is safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slipway::app {

class Interrupt {
 public:
  Interrupt();
  // Does not block: takes a pending signal, if there is one.
  bool requested();
  void wait();

 private:
  bool seen_ = false;
};

}  // namespace slipway::app
