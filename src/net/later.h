// An answer that another thread is still working on, for what would make a reactor wait.
//
//   auto later = std::make_shared<Later>();
//   control.load(name, [later](...) { later->finish(std::move(response)); });
//   response.later = later;                        // in Handler::handle()
//
// A connection that can (HttpRequest::may_wait) is woken then, and its reactor serves others meanwhile; for any other,
// Router waits. finish() once, from any thread; the rest is the server's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "base/mutex.h"

namespace slipway::net {

struct HttpResponse;

class Later {
 public:
  Later();
  ~Later();
  void finish(HttpResponse answer);

  bool ready() const;
  // Waits until it is ready. Once.
  HttpResponse take();
  // Calls `wake` when it is ready, maybe at once, from whatever thread; `wake` only hands over. After forget()
  // it is not called any more: nobody wants the answer.
  void wake_with(std::function<void()> wake);
  void forget();
  bool is_wanted() const;
  // Shows the answer to whoever keeps account of answers, from whatever thread.
  void tell_with(std::function<void(const HttpResponse&)> tell);

 private:
  mutable Mutex mutex_;
  mutable Condition finished_;
  std::unique_ptr<HttpResponse> answer_ GUARDED_BY(mutex_);
  std::function<void()> wake_ GUARDED_BY(mutex_);
  std::function<void(const HttpResponse&)> tell_ GUARDED_BY(mutex_);
  bool is_forgotten_ GUARDED_BY(mutex_) = false;
};

}  // namespace slipway::net
