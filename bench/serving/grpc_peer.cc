// The gRPC server that its users would write: grpc++ with a completion queue, one thread, many
// outstanding calls whose messages are used again, no locks, no log; the model by slipway's C
// interface. Answers ModelInfer of one FP32 tensor [rows, columns] with raw contents.
//
//   grpc_peer MODEL PORT           (taskset pins it and the library's own threads)
//
// No metrics, no admission, no check of anything but shape: less work than `slipway serve` does.
// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/grpcpp.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <string>

#include "open_inference_grpc.grpc.pb.h"
#include "peer_model.h"

namespace {

static_assert(std::endian::native == std::endian::little, "raw contents are little-endian");

using inference::ModelInferRequest;
using inference::ModelInferResponse;
using Service = inference::GRPCInferenceService::WithAsyncMethod_ModelInfer<
    inference::GRPCInferenceService::Service>;

constexpr std::size_t kOutstanding = 256;  // four times what the benchmark has in flight

// One call after the other.
class Call {
 public:
  Call(Service& service, grpc::ServerCompletionQueue& queue, PeerModel& model)
      : service_(service), queue_(queue), model_(model) {
    await();
  }

  void proceed(bool ok) {
    if (answered_ || !ok) return await();
    answered_ = true;
    responder_->Finish(response_, answer(), this);
  }

 private:
  void await() {
    answered_ = false;
    request_.Clear();  // keeps its memory
    context_.emplace();
    responder_.emplace(&*context_);
    service_.RequestModelInfer(&*context_, &request_, &*responder_, &queue_, &queue_, this);
  }

  grpc::Status answer() {
    const std::size_t row = model_.columns() * sizeof(float);
    if (request_.inputs_size() != 1 || request_.raw_input_contents_size() != 1)
      return {grpc::StatusCode::INVALID_ARGUMENT, "one tensor with raw contents is expected"};
    const auto& input = request_.inputs(0);
    const std::string& raw = request_.raw_input_contents(0);
    if (input.datatype() != "FP32" || input.shape_size() != 2 || input.shape(0) < 1 ||
        static_cast<std::size_t>(input.shape(1)) != model_.columns() ||
        raw.size() != static_cast<std::size_t>(input.shape(0)) * row)
      return {grpc::StatusCode::INVALID_ARGUMENT, "FP32 of the model's columns is expected"};
    rows_.resize(raw.size() / sizeof(float));
    std::memcpy(rows_.data(), raw.data(), raw.size());
    const auto count = static_cast<std::size_t>(input.shape(0));
    if (!model_.score(rows_.data(), count, &scored_))
      return {grpc::StatusCode::INTERNAL, "not scored"};
    fill(input.shape(0));
    return grpc::Status::OK;
  }

  void fill(std::int64_t count) {
    response_.Clear();
    response_.set_model_name(request_.model_name());
    response_.set_model_version("1");
    response_.set_id(request_.id());
    auto* predict = response_.add_outputs();
    predict->set_name("predict");
    predict->set_datatype("BYTES");
    predict->add_shape(count);
    std::string* texts = response_.add_raw_output_contents();
    for (const std::string_view name : scored_.classes) {
      const auto size = static_cast<std::uint32_t>(name.size());
      texts->append(reinterpret_cast<const char*>(&size), sizeof size);
      texts->append(name);
    }
    auto* probabilities = response_.add_outputs();
    probabilities->set_name("predict_proba");
    probabilities->set_datatype("FP32");
    probabilities->add_shape(count);
    probabilities->add_shape(2);
    response_.add_raw_output_contents(reinterpret_cast<const char*>(scored_.probabilities.data()),
                                      scored_.probabilities.size() * sizeof(float));
  }

  Service& service_;
  grpc::ServerCompletionQueue& queue_;
  PeerModel& model_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<ModelInferResponse>> responder_;
  ModelInferRequest request_;
  ModelInferResponse response_;
  std::vector<float> rows_;
  PeerModel::Answer scored_;
  bool answered_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: grpc_peer MODEL PORT\n");
    return 2;
  }
  PeerModel model(argv[1]);
  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(fmt::format("127.0.0.1:{}", argv[2]), grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;  // gRPC has said why
  std::deque<Call> calls;
  for (std::size_t i = 0; i < kOutstanding; ++i) calls.emplace_back(service, *queue, model);
  void* tag = nullptr;
  bool ok = false;  // false: a peer that went away; the call serves the next one
  while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->proceed(ok);
  return 0;
}
