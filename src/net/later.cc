// SPDX-License-Identifier: Apache-2.0
#include "net/later.h"

#include <utility>

#include "net/http.h"

namespace slipway::net {

Later::Later() = default;
Later::~Later() = default;

void Later::finish(HttpResponse answer) {
  MutexLock lock(mutex_);
  if (tell_) tell_(answer);
  answer_ = std::make_unique<HttpResponse>(std::move(answer));
  finished_.notify_all();
  // Under the lock, so that forget() is the end of it.
  if (wake_) wake_();
}

void Later::wake_with(std::function<void()> wake) {
  MutexLock lock(mutex_);
  wake_ = std::move(wake);
  if (answer_ != nullptr) wake_();
}

void Later::tell_with(std::function<void(const HttpResponse&)> tell) {
  MutexLock lock(mutex_);
  if (answer_ != nullptr) return tell(*answer_);
  tell_ = std::move(tell);
}

void Later::forget() {
  MutexLock lock(mutex_);
  wake_ = nullptr;
  is_forgotten_ = true;
}

bool Later::is_wanted() const {
  MutexLock lock(mutex_);
  return !is_forgotten_;
}

bool Later::ready() const {
  MutexLock lock(mutex_);
  return answer_ != nullptr;
}

HttpResponse Later::take() {
  MutexLock lock(mutex_);
  while (answer_ == nullptr) finished_.wait(mutex_);
  return std::move(*answer_);
}

}  // namespace slipway::net
