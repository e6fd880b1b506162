// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/gentle_loader.h"

#include <optional>
#include <utility>

#include "base/mutex.h"
#include "deploy/core/catalogue.h"

namespace slipway::deploy {
namespace {

constexpr std::int64_t kLookMs = 20;
constexpr std::int64_t kPatienceNs = 500'000'000;  // before anybody asks whether it runs at all
constexpr std::int64_t kLeastShare = 5;            // of the time, one part in so many

}  // namespace

struct GentleLoader::Job {
  std::function<Loaded()> work;
  Mutex mutex;
  Condition changed;
  std::optional<ThreadClock> running GUARDED_BY(mutex);
  std::optional<Loaded> loaded GUARDED_BY(mutex);

  void run() {
    {
      MutexLock lock(mutex);
      running = ThreadClock::of_this_thread();
    }
    Loaded result = work();
    MutexLock lock(mutex);
    loaded = std::move(result);
    running.reset();
    changed.notify_all();
  }

  bool is_done() {
    MutexLock lock(mutex);
    return loaded.has_value();
  }

  std::int64_t used_ns() REQUIRES(mutex) { return running ? running->used_ns() : 0; }
};

GentleLoader::GentleLoader(const Clock& clock) : clock_(clock), thread_("gentle", 1) {
  thread_.submit([] { take_turns(Turns::kIdle); });
}

GentleLoader::~GentleLoader() = default;

GentleLoader::Loaded GentleLoader::run(std::function<Loaded()> work) {
  if (left_ != nullptr && !left_->is_done()) return work();
  auto job = std::make_shared<Job>();
  job->work = work;
  thread_.submit([job] { job->run(); });
  const std::int64_t begun_ns = clock_.monotonic_ns();
  {
    MutexLock lock(job->mutex);
    while (!job->loaded) {
      job->changed.wait_for_ms(job->mutex, kLookMs);
      const std::int64_t waited_ns = clock_.monotonic_ns() - begun_ns;
      const bool stands_still = job->used_ns() < waited_ns / kLeastShare;
      if (!job->loaded && waited_ns > kPatienceNs && stands_still) break;
    }
    if (job->loaded) return *std::move(job->loaded);
  }
  left_ = std::move(job);
  return work();
}

}  // namespace slipway::deploy
