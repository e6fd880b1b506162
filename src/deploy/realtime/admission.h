// How many predictions may be in flight, over all and per model, and who is told to come again.
//
//   Admission admission({.in_flight_max = 1024}, reactors, registry);
//   AdmissionGuard guard(router, admission);                        // refuses when the header is in
//   if (admission.take(...) != Room::kYes) return admission.refusal(...);  // when the model is known
//
// A prediction is made where its request arrives, on the reactor's thread: in flight are those that the
// reactor found when it last looked at its sockets, from the first to the one that it works on, and those put
// off earlier (batching.h). Of those it answers the first ones, as many as its share of the limit says, and
// tells the others 503 (429 where it is the model's limit) with Retry-After; see net/turn.h. Bodies that are
// still arriving are not in flight: whoever sends slowly holds nobody up. Each reactor has its share: they
// count without knowing of each other.
// Errors: kUnavailable "realtime.in_flight", kResourceExhausted "realtime.model_in_flight".
// Safe from all reactors at once; an InFlight belongs to one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "deploy/realtime/model_name.h"
#include "net/forwarding_handler.h"
#include "net/http.h"
#include "net/turn.h"

namespace slipway::deploy::realtime {

struct AdmissionLimits {
  std::size_t in_flight_max = 1024;  // of a server; 0: any number
  std::size_t model_in_flight_max =
      0;  // of each model whose own configuration names none; 0: any number
};

// Predictions of the turn that a reactor is in, and those of turns before that are still to be made.
class InFlight {
 public:
  // False if there are `most` already (0: any number).
  bool take(std::uint64_t turn, std::uint32_t most) {
    if (turn != turn_) {
      turn_ = turn;
      recent_ = std::max(count_, recent_ - recent_ / 8);
      count_ = waiting_;
    }
    if (most != 0 && count_ >= most) return false;
    ++count_;
    return true;
  }
  bool is_full(std::uint64_t turn, std::uint32_t most) const {
    return most != 0 && (turn == turn_ ? count_ : waiting_) >= most;
  }
  void give_back() { --count_; }
  // One of those taken is put off, maybe beyond its turn; then it has been made.
  void put_off() { ++waiting_; }
  void made() { --waiting_; }
  // Of the turns before: the most of late, for between turns of many lie some of few.
  std::uint32_t recent() const { return recent_; }

 private:
  std::uint64_t turn_ = 0;
  std::uint32_t count_ = 0, recent_ = 0, waiting_ = 0;
};

class Admission {
 public:
  // `registry` outlives this.
  Admission(const AdmissionLimits& limits, std::size_t reactors, MetricRegistry& registry);

  // What a reactor may have of a model; `own`: the limit in its configuration, 0 if there is none.
  std::uint32_t model_share(std::int64_t own) const;

  std::uint32_t share() const { return share_; }  // of each reactor; 0: any number

  struct Model {
    const std::string& name;
    std::uint32_t share;
    InFlight& in_flight;
    Counter& refused;
  };
  enum class Room : std::uint8_t { kYes, kNone, kNoneOfModel };
  // One more prediction, if there is room.
  Room take(std::size_t reactor, std::uint64_t turn, std::uint32_t model_share,
            InFlight& of_model) {
    InFlight& all = in_flight_[reactor].all;
    if (!all.take(turn, share_)) return Room::kNone;
    if (of_model.take(turn, model_share)) return Room::kYes;
    all.give_back();
    return Room::kNoneOfModel;
  }
  // It is not made at once.
  void put_off(std::size_t reactor, InFlight& of_model) {
    in_flight_[reactor].all.put_off();
    of_model.put_off();
  }
  void made(std::size_t reactor, InFlight& of_model) {
    in_flight_[reactor].all.made();
    of_model.made();
  }
  // Why there was none; counts it.
  Error refusal(Room room, const Model& model) const {
    return room == Room::kNone ? full() : full(model);
  }

  // When the header is in: whether that reactor has room for one more.
  bool is_full(std::size_t reactor, const net::Turn& turn) const {
    return in_flight_[reactor].all.is_full(turn.number, share_);
  }
  net::Reject reject(const net::HttpRequest& head) const;
  net::Reject reject(const net::HttpRequest& head, const Model& model) const;

 private:
  struct alignas(64) Cell {
    InFlight all;
  };
  Error full() const;
  Error full(const Model& model) const;
  std::uint32_t share_of(std::size_t limit) const;

  const AdmissionLimits limits_;
  std::vector<Cell> in_flight_;  // per reactor
  const std::uint32_t share_;    // of each
  Counter& refused_;
};

inline constexpr std::int64_t kRetryAfterSeconds = 1;

// Whether a path asks for a prediction: what else is asked, health above all, is always answered.
bool asks_for_prediction(const net::HttpRequest& head);
// The model that such a path names, as it was sent; nothing if it names none.
std::optional<ModelName> model_of(std::string_view path);

// Asks when a header is in, and whom only if there may be a reason to refuse.
class AdmissionGuard final : public net::ForwardingHandler {
 public:
  class Gate {
   public:
    virtual ~Gate() = default;
    virtual std::optional<net::Reject> refusal(const net::HttpRequest& head) = 0;
  };
  // All outlive this.
  AdmissionGuard(net::Handler& next, Gate& gate, const Admission& admission)
      : ForwardingHandler(next), gate_(gate), admission_(admission) {}

  std::optional<net::Reject> admit(const net::HttpRequest& head) override {
    const bool is_in_doubt = head.body_to_come != 0 ||
                             (head.turn != nullptr && admission_.is_full(head.reactor, *head.turn));
    return is_in_doubt ? ask(head) : next_.admit(head);
  }

 private:
  std::optional<net::Reject> ask(const net::HttpRequest& head);

  Gate& gate_;
  const Admission& admission_;
};

}  // namespace slipway::deploy::realtime
