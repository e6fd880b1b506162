// For tests: stands where a prediction's cost would, and does something while its reactor waits.
//
//   TestSink sink;                                     // one of ServerParts::sinks
//   sink.once([&] { other.send(request); });           // during the next prediction only
//
// Safe from any thread, but for `always`: to be set while nothing is asked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "frame/prediction.h"

namespace slipway::deploy::realtime {

class TestSink final : public frame::PredictionSink {
 public:
  void accept(const frame::PredictionBatch& batch) noexcept override {
    std::function<void()> work;
    {
      MutexLock lock(mutex_);
      work.swap(next_);
      ids_.emplace_back(batch.request_id);
    }
    if (work) work();
    if (always) always();
  }
  void once(std::function<void()> work) {
    MutexLock lock(mutex_);
    next_ = std::move(work);
  }
  // Of the last predictions, in their order.
  std::vector<std::string> last_ids(std::size_t count) const {
    MutexLock lock(mutex_);
    return {ids_.end() - static_cast<std::ptrdiff_t>(count), ids_.end()};
  }
  std::function<void()> always;

 private:
  mutable Mutex mutex_;
  std::vector<std::string> ids_ GUARDED_BY(mutex_);
  std::function<void()> next_ GUARDED_BY(mutex_);
};

}  // namespace slipway::deploy::realtime
