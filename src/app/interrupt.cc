// SPDX-License-Identifier: Apache-2.0
#include "app/interrupt.h"

#include <csignal>
#include <ctime>

namespace slipway::app {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool Interrupt::requested() {
  const sigset_t set = stop_signals();
  const timespec at_once{};
  seen_ = seen_ || sigtimedwait(&set, nullptr, &at_once) > 0;
  return seen_;
}

void Interrupt::wait() {
  const sigset_t set = stop_signals();
  int signal = 0;
  while (!seen_ && sigwait(&set, &signal) != 0) {
  }
  seen_ = true;
}

}  // namespace slipway::app
