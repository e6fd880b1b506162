// ModelInfer: one request message to one answer message, with the numbers of REST's infer.
//
//   InferCall call;                                          // one per reactor, kept
//   RETURN_IF_ERROR(call.run(api, {.reactor = reactor}, message, &reply));
//
// Values come as raw contents or as typed ones; answers always hold raw ones, as Triton's do. Errors: those of
// infer_codec.h and of REST's infer, in REST's words. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "deploy/realtime/api.h"
#include "deploy/realtime/grpc/infer_codec.h"
#include "deploy/realtime/infer_protocol.h"
#include "deploy/realtime/output_slice.h"
#include "net/grpc_router.h"

namespace slipway::deploy::realtime::grpc {

class InferCall final : private InferProtocol {
 public:
  // Of a stream's answers: says that no more follow this one.
  void set_final_response() { is_final_ = true; }
  // Appends a ModelInferResponse; where the call may wait, maybe to what `promise` makes.
  Result<void> run(Api& api, const CallPlace& place, std::string_view message, std::string* reply,
                   net::GrpcPromise* promise = nullptr);

  const InferMessage& message() const { return message_; }

 private:
  Result<InferRequest> decode(const Endpoint& endpoint, DecodeScratch* scratch) override;
  Result<void> write(const Endpoint& endpoint, std::string_view id,
                     std::span<const RequestedOutput> outputs, const frame::Frame& scores) override;
  std::unique_ptr<LaterReply> put_off() override;

  Result<void> take_tensors(const Endpoint& endpoint, std::vector<Tensor>* tensors);
  Result<void> unpack_contents();
  Result<SequenceParameters> sequence() const;
  Result<std::int64_t> timeout_us() const;
  Result<std::uint64_t> priority() const;
  Result<std::vector<RequestedOutput>> outputs(const InferTarget& target) const;
  Result<void> write_output(const Endpoint& endpoint, const RequestedOutput& output,
                            const frame::Frame& scores, InferAnswer* answer);

  // What an answer says besides its values where no outputs are asked for by name: the same for as many rows of a model.
  struct Usual {
    std::uint64_t serial = 0;   // Endpoint::serial
    std::int64_t rows = -1;     // -1: nobody has asked yet
    std::string head, outputs;  // before the id, behind it
    std::vector<OutputSlice> slices;
  };
  const Usual& usual_of(const Endpoint& endpoint, std::int64_t rows);
  void write_usual(const Endpoint& endpoint, std::string_view id, const frame::Frame& scores);

  class Promised;

  InferMessage message_;
  net::GrpcPromise* promise_ = nullptr;
  Usual usual_;
  std::string* reply_ = nullptr;
  bool is_final_ = false;
  std::string contents_;                                     // typed ones, as raw
  std::vector<std::pair<std::size_t, std::size_t>> places_;  // of each input in contents_
  std::string raw_;                                          // of the answer
  std::vector<std::size_t> raw_ends_;
};

}  // namespace slipway::deploy::realtime::grpc
