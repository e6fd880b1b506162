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

class Api final : public AdmissionGuard::Gate {
 public:
  // All of them outlive the Api.
  struct Parts {
    const Catalogue& catalogue;
    ModelControl* control = nullptr;  // null: nothing can be loaded over the network
    std::vector<frame::PredictionSink*> sinks;
    MetricRegistry& registry;
    const Clock& clock;
    std::string server_name = "slipway";
    std::string server_version;
    std::size_t reactors = 1;
    std::size_t body_bytes_max = 0;
    bool triton_metrics = false;  // by Triton's names, too
    AdmissionLimits admission;
    BatchOptions batching;
  };

  explicit Api(Parts parts);
  ~Api() override;

  void add_routes(net::Router* router);
  // A prediction over another protocol than REST: as POST .../infer in all but its bytes.
  Result<void> infer(const CallPlace& place, const ModelName& name, InferProtocol* protocol);
  std::optional<net::Reject> refusal(const net::HttpRequest& head) override;
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
  // An Error that says what is served, if nothing is under this name and version.
  Result<const Endpoint*> find(Scratch& scratch, std::string_view model, std::string_view version);
  // It is this request's turn: counts it in, if there is room.
  Admission::Room begin(const Endpoint& endpoint, const CallPlace& place, Scratch& scratch);
  // What a prediction route does besides its own work: finds, times, counts, explains.
  template <typename Work, typename Example>
  void predict(const net::HttpRequest& request, const net::PathArguments& path,
               net::HttpResponse& response, Work work, Example example);
  void hand_over(const Scored& scored, Scratch& scratch);
  static void count_answer(const Endpoint& endpoint, const Scratch& scratch);
  // Its id and the outputs that are wanted; makes an id where there is none.
  Result<void> reply(Scored scored, InferReply wanted, Scratch& scratch,
                     net::HttpResponse* response);

  bool may_put_off(const Endpoint& endpoint, const net::HttpRequest& request,
                   std::int64_t rows) const;
  void put_off(const Endpoint& endpoint, const net::HttpRequest& request, InferRequest infer,
               std::int64_t decoded_ns, net::HttpResponse* response);
  void end_turn(Scratch& scratch);
  void answer_put_off(const WaitingRequest& waiting, Result<frame::Frame> scores,
                      const BatchShare& share, Scratch& scratch);
  static void learn(const Endpoint& endpoint, net::Turn* turn, std::int64_t ns);

  Result<InferRequest> decode(const Endpoint& endpoint, const net::HttpRequest& request,
                              Scratch& scratch);
  Result<void> infer(const Endpoint& endpoint, const net::HttpRequest& request, Scratch& scratch,
                     net::HttpResponse& response);
  Result<void> infer_by(InferProtocol* protocol, const Endpoint& endpoint, Scratch& scratch);
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
  void metrics(net::HttpResponse& response) const;
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
