// The routes of real-time deployment, each parse -> call -> render. What they answer:
// docs/reference/outputs.md and README.md beside this file.
//
//   Api api(parts);
//   net::Router router;
//   api.add_routes(&router);
//
// Safe from all reactors at once: what a request needs to write lies in its reactor's scratch.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/request_id.h"
#include "deploy/core/routes.h"
#include "deploy/realtime/admission.h"
#include "deploy/realtime/batching.h"
#include "deploy/realtime/control_api.h"
#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/infer_protocol.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/reply.h"
#include "frame/prediction.h"
#include "net/router.h"

namespace slipway::deploy::realtime {

class Tracing;

class Api final : public AdmissionGuard::Gate {
 public:
  // All of them outlive the Api.
  struct Parts {
    const Catalogue& catalogue;
    ModelControl* control = nullptr;  // null: nothing can be loaded over the network
    Routes* routes = nullptr;         // null: there are none
    Tracing* tracing = nullptr;       // null: requests are not traced
    std::vector<frame::PredictionSink*> sinks;
    MetricRegistry& registry;
    const Clock& clock;
    std::string server_name = "slipway";
    std::string server_version;
    std::string path_prefix;  // as callers see it
    bool is_tls = false;
    std::size_t reactors = 1;
    std::size_t holders =
        0;  // threads of HeldRequests and ShadowRequests: slots of their own, after the reactors'
    std::size_t body_bytes_max = 0;
    bool triton_metrics = false;  // by Triton's names, too
    AdmissionLimits admission;
    BatchOptions batching;
    std::size_t cache_bytes = 0;  // of all reactors; 0: no answers are kept
  };

  explicit Api(Parts parts);
  ~Api() override;

  void add_routes(net::Router* router);
  // A prediction over another protocol than REST: as POST .../infer in all but its bytes.
  Result<void> infer(const CallPlace& place, const ModelName& name, InferProtocol* protocol);
  std::optional<net::Reject> refusal(const net::HttpRequest& head) override;
  // The header fields of the next infer() on this reactor; they live until it returns.
  void set_caller(std::size_t reactor, const net::HttpHeaders& headers);
  // A target that is asked whatever a route would choose: the one that it has chosen before, or a shadow.
  struct Forced {
    std::string route;
    RouteTarget target;
    bool is_shadow = false;
  };
  struct Missing {
    std::string model;
    std::optional<Forced> forced;  // where a route has chosen it
  };
  // The model that the last request on this reactor could not have, because it is not in memory yet. Once.
  std::optional<Missing> take_missing(std::size_t reactor);
  // Begins to load that one, which stays in memory as long as the answer lives.
  struct Loading {
    std::atomic<bool> done{false};
    OnDemand::Hold hold;           // once done; null if it could not be loaded
    std::optional<Forced> forced;  // where a route has chosen it
  };
  std::shared_ptr<Loading> load_missing(std::size_t reactor);
  // Loads it without waiting. Precondition: take_missing() has told its name.
  void warm(const std::string& model);
  // The prediction that was made last on a reactor; no endpoint: none since forget_call().
  struct Call {
    const Endpoint* endpoint = nullptr;  // valid while its request is handled
    std::int64_t rows = 0;
    std::int64_t began_ns = 0, decoded_ns = 0, scored_ns = 0, ended_ns = 0;
  };
  const Call& last_call(std::size_t reactor) const;
  void forget_call(std::size_t reactor);
  // False if the last request is to be handled again, or was a shadow's.
  bool is_answered(std::size_t reactor) const;
  std::int64_t now_ns() const { return parts_.clock.monotonic_ns(); }
  // Of requests on that slot, until another call.
  void force(std::size_t slot, std::optional<Forced> target);
  // Who else is to get the last request of this reactor. take_shadows: if has_shadows(), once.
  bool has_shadows(std::size_t reactor) const;
  std::vector<Forced> take_shadows(std::size_t reactor);
  // From now on not ready: who balances load should look elsewhere.
  void set_draining() { draining_.store(true, std::memory_order_relaxed); }
  const Admission& admission() const { return admission_; }
  bool ready() const { return !draining_.load(std::memory_order_relaxed); }

 private:
  struct Scratch;
  // One request on its way to the sinks.
  struct Scored {
    const Endpoint& endpoint;
    std::string_view id;
    const frame::Frame& rows;
    const frame::Frame& outputs;
    std::int64_t decoded_ns;  // when its rows were there
    std::int64_t scored_ns;   // when its outputs were
    BatchShare share = {};    // without rows: it was scored alone
  };

  Scratch& scratch_of(const net::HttpRequest& request);
  OnDemand* on_demand() const;
  // Nothing if it is not one that is loaded on demand.
  std::optional<Error> not_in_memory(Scratch& scratch, std::string_view model);
  void count_unknown(const Error& error);
  // An Error that says what is served, if nothing is under this name and version. Of a route: its heaviest target.
  Result<const Endpoint*> find(Scratch& scratch, std::string_view model, std::string_view version);
  Result<const Endpoint*> find_model(Scratch& scratch, std::string_view model,
                                     std::string_view version);
  // The same for a prediction: of a route, the target that it chooses for who asks.
  Result<const Endpoint*> find_for_call(Scratch& scratch, const net::HttpHeaders& headers,
                                        const ModelName& name);
  const Route* route_of(Scratch& scratch, std::string_view name) const;
  static const RouteTarget* choose(const Route& route, const net::HttpHeaders& headers,
                                   std::string_view version, Scratch& scratch);
  struct RouteSeries {
    Counter& ok;
    Counter& failed;
    Histogram& seconds;
  };
  RouteSeries& route_series(Scratch& scratch, std::string_view version);
  // Counts what came through a route. False for a shadow's, which counts nowhere else.
  bool end_routed(Scratch& scratch, const Endpoint& endpoint, bool is_ok,
                  net::HttpResponse* response);
  // It is this request's turn: counts it in, if there is room.
  Admission::Room begin(const Endpoint& endpoint, const CallPlace& place, Scratch& scratch);
  // What a prediction route does besides its own work: finds, times, counts, explains.
  template <typename Work, typename Example>
  void predict(const net::HttpRequest& request, const net::PathArguments& path,
               net::HttpResponse& response, Work work, Example example);
  void hand_over(const Scored& scored, Scratch& scratch);
  void tell_sinks(const Scored& scored, std::string_view name);
  static void count_answer(const Endpoint& endpoint, const Scratch& scratch);
  // Its id and the outputs that are wanted; makes an id where there is none.
  Result<void> reply(Scored scored, InferReply wanted, Scratch& scratch,
                     net::HttpResponse* response);

  // The Plan's outputs, or the same out of the response cache.
  Result<frame::Frame> score(const Endpoint& endpoint, const frame::Frame& rows, bool raw,
                             Scratch& scratch) const;
  Result<frame::Frame> score_cached(const Endpoint& endpoint, const frame::Frame& rows, bool raw,
                                    Scratch& scratch) const;

  bool may_put_off(const Endpoint& endpoint, const CallPlace& place, std::int64_t rows) const;
  static void heed_priority(std::uint64_t priority, net::Turn* turn);
  // What is kept of a request, but for what its protocol keeps.
  WaitingRequest waiting(const Endpoint& endpoint, const CallPlace& place, InferRequest infer,
                         std::int64_t decoded_ns) const;
  void put_off(const CallPlace& place, WaitingRequest request);
  void put_off(const net::HttpRequest& request, bool is_binary, WaitingRequest waiting,
               net::HttpResponse* response);
  // Whether something is left for the next turn.
  bool end_turn(std::size_t reactor, Scratch& scratch);
  void answer_put_off(const WaitingRequest& waiting, const Result<frame::Frame>& scores,
                      const BatchShare& share, Scratch& scratch);
  static void learn(const Endpoint& endpoint, net::Turn* turn, std::int64_t ns);

  Result<InferRequest> decode(const Endpoint& endpoint, const net::HttpRequest& request,
                              Scratch& scratch);
  Result<void> infer(const Endpoint& endpoint, const net::HttpRequest& request, Scratch& scratch,
                     net::HttpResponse& response);
  enum class Answered : std::uint8_t { kNow, kLater };
  Result<Answered> infer_by(InferProtocol* protocol, const Endpoint& endpoint,
                            const CallPlace& place, Scratch& scratch);
  // Rows on their way to an answer of predictions, and what these are called there.
  struct Rows {
    const frame::Frame* frame;
    std::string_view key;  // empty: a ranking is wanted
    std::size_t top = 0;   // of it
  };
  Result<void> answer_rows(const Endpoint& endpoint, const net::HttpRequest& request,
                           const Rows& rows, net::HttpResponse& response);
  Result<void> invocations(const Endpoint& endpoint, const net::HttpRequest& request,
                           Scratch& scratch, net::HttpResponse& response);
  void invoke(const net::HttpRequest& request, std::string_view model, net::HttpResponse& response);
  void add_mlflow_routes(net::Router* router);
  Result<void> rank(const Endpoint& endpoint, const net::HttpRequest& request, Scratch& scratch,
                    net::HttpResponse& response);
  Result<void> predict_v1(const Endpoint& endpoint, const net::HttpRequest& request,
                          Scratch& scratch, net::HttpResponse& response);

  void server_metadata(net::HttpResponse& response) const;
  void health(std::string_view question, net::HttpResponse& response) const;
  void describe(const net::HttpRequest& request, const net::PathArguments& path,
                net::HttpResponse& response);
  void model_ready(const net::HttpRequest& request, const net::PathArguments& path,
                   net::HttpResponse& response);
  void metrics(const net::HttpRequest& request, net::HttpResponse& response) const;
  void add_page_routes(net::Router* router);
  net::RouteAction infer_action();
  void add_model_routes(const std::string& prefix, net::Router* router);

  const Parts parts_;
  const std::int64_t wall_us_;  // the wall clock's lead over the monotonic one, at the start
  RequestIds ids_;
  Admission admission_;
  ControlApi control_;
  std::vector<std::unique_ptr<Scratch>> scratch_;  // per reactor
  std::atomic<bool> draining_{false};
};

}  // namespace slipway::deploy::realtime
