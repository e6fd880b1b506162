// Requests that came together, scored together, where that is cheaper.
//
//   if (endpoint.batch_cost.pays(...)) batcher.add({...});        // its answer comes later
//   batcher.flush(score, answer);                                 // when the reactor's turn ends
//
// Nobody waits for company: a request joins others of its reactor's turn (net/turn.h), which are there already. A
// row's scores depend on that row alone, so each request gets the bits that it would have got alone; a batch that fails
// is scored request by request, so that each has its own error. Behind a slow one the rest waits for the next turn: what
// has come meanwhile and is only refused need not wait for all of them, and what has a higher priority goes first. Errors: those of scoring. Not thread-safe: one
// per reactor. Decision: docs/decisions/007.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/later_reply.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

struct Endpoint;

struct BatchOptions {
  std::int64_t worth_ns =
      10'000;  // of a request's scoring; what costs less is not worth putting off
  std::int64_t slow_ns = 100'000;  // what costs so much lets those go first that are only refused
  std::size_t together_min = 8;    // requests, however early the engines' table says that it pays
  std::int64_t request_rows_max = 64;  // larger ones are a batch of their own
  std::int64_t rows_max = 1024;        // of a batch
  std::uint32_t pause_requests =
      10'000;  // where it did not pay, so many go by before it is tried again
};

// Whether a model's requests are better scored together: what its engines' table says, held against what was
// seen. Times are the clock's, which costs no system call.
class BatchCost {
 public:
  // `rows_together`: Scorer's.
  BatchCost(const BatchOptions& options, std::size_t rows_together);

  bool is_worth() const { return alone_ns_ >= options_.worth_ns; }
  bool is_slow() const { return alone_ns_ >= options_.slow_ns; }
  // Requests of a turn from which on it may pay; none: no number of them.
  std::size_t together_min() const { return together_min_; }
  // `recent`: how many came together of late.
  bool pays(std::uint32_t recent) {
    if (recent < together_min_ || !is_worth()) return false;
    if (pause_ == 0) return true;
    --pause_;
    return false;
  }
  // Now and then a request is timed.
  bool wants_sample() { return seen_++ % kSampled == 0; }
  void scored_alone(std::int64_t ns) { follow(ns, &alone_ns_); }
  void scored_together(std::int64_t ns, std::size_t requests);

 private:
  static constexpr std::size_t kNever = static_cast<std::size_t>(-1);
  static constexpr std::uint32_t kSampled = 32;
  // One call that the machine interrupted says little: it counts for twice the mean at most.
  static void follow(std::int64_t ns, std::int64_t* mean) {
    *mean = *mean < 0 ? ns : *mean + (std::min(ns, 2 * *mean + 100) - *mean) / 4;
  }

  BatchOptions options_;
  std::size_t together_min_;
  std::int64_t alone_ns_ = -1;     // of a request
  std::int64_t together_ns_ = -1;  // of each
  std::uint32_t seen_ = 0, tries_ = 0;
  std::uint32_t pause_ = 0;  // requests until it is tried again
};

struct WaitingRequest {
  std::shared_ptr<const Endpoint> endpoint;
  frame::Frame rows;
  bool raw = false;  // margins, too
  std::string id;
  std::vector<RequestedOutput> outputs;  // names are the endpoint's
  std::string path;
  std::int64_t arrived_ns = 0, began_ns = 0, decoded_ns = 0;
  std::int64_t timeout_us = 0;   // its own; 0: none
  std::int64_t deadline_ns = 0;  // of its call; 0: none
  std::uint64_t priority = 0;    // Endpoint::priority_of(): lower ones go first
  std::unique_ptr<LaterReply> reply;
};

// How a request was scored.
struct BatchShare {
  std::int64_t ns = 0;    // its part of the time
  std::int64_t rows = 0;  // of all
  bool is_first = true;   // of its batch
};

class Batcher {
 public:
  explicit Batcher(const BatchOptions& options) : options_(options) {}

  bool empty() const { return waiting_.empty(); }
  void add(WaitingRequest request) { waiting_.push_back(std::move(request)); }
  // Takes those out that nobody waits for any more: they are late, or who asked has left.
  std::vector<WaitingRequest> take_useless(std::int64_t now_ns);

  // score(endpoint, rows, raw) -> Result<Frame>; answer(request, Result<Frame>, BatchShare); now() -> ns.
  template <typename Score, typename Answer, typename Now>
  void flush(Score score, Answer answer, Now now) {
    std::vector<WaitingRequest> all = in_order(std::exchange(waiting_, {}));
    bool is_time = true;
    for (const auto& group : grouped(all)) {
      if (!is_time) {
        for (WaitingRequest* each : group) add(std::move(*each));
        continue;
      }
      const std::int64_t began_ns = now();
      const auto scores = score(*group[0]->endpoint, rows_of(group), group[0]->raw);
      const std::int64_t ns = now() - began_ns;
      learn(group, ns);
      is_time = ns < options_.slow_ns;
      answer_group(group, scores, ns, score, answer, now);
    }
  }

 private:
  using Group = std::vector<WaitingRequest*>;
  // By priority, then as they came.
  static std::vector<WaitingRequest> in_order(std::vector<WaitingRequest> all);
  // Of one model version, with margins or without, of so many rows at most; each in the order of `all`.
  std::vector<Group> grouped(std::span<WaitingRequest> all) const;
  static frame::Frame rows_of(const Group& group);
  static std::int64_t rows_in(const Group& group);
  static void learn(const Group& group, std::int64_t ns);

  template <typename Score, typename Answer, typename Now>
  static void answer_group(const Group& group, const Result<frame::Frame>& scores, std::int64_t ns,
                           Score& score, Answer& answer, Now& now) {
    if (!scores && group.size() > 1) {
      for (const WaitingRequest* each : group) answer_alone(*each, score, answer, now);
      return;
    }
    BatchShare share{ns / static_cast<std::int64_t>(group.size()), rows_in(group)};
    std::int64_t row = 0;
    for (const WaitingRequest* each : group) {
      if (scores) {
        answer(*each, Result<frame::Frame>(scores.value().slice(row, each->rows.rows())), share);
      } else {
        answer(*each, Result<frame::Frame>(scores.error()), share);
      }
      row += each->rows.rows();
      share.is_first = false;
    }
  }

  template <typename Score, typename Answer, typename Now>
  static void answer_alone(const WaitingRequest& request, Score& score, Answer& answer, Now& now) {
    const std::int64_t began_ns = now();
    auto scores = score(*request.endpoint, request.rows, request.raw);
    answer(request, std::move(scores), BatchShare{now() - began_ns, request.rows.rows()});
  }

  const BatchOptions options_;
  std::vector<WaitingRequest> waiting_;
};

}  // namespace slipway::deploy::realtime
