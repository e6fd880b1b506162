// A graph loaded into ONNX Runtime.
//
//   ASSIGN_OR_RETURN(const auto session, OnnxSession::open(bytes));
//   ASSIGN_OR_RETURN(const auto outputs, session->run(inputs, {"probabilities"}));
//   use((*outputs)[0]);                                        // as long as `outputs` lives
//
// All sessions share one environment and its threads, of which there is one: the caller's own. A
// plan's batches run side by side on the threads that score them. Tensors of shapes that came before
// lie in memory that is bound to the graph and kept (binding.h has the limits); what else a run takes
// comes from malloc and goes back to it: no arena grows. run() is safe from any thread. Errors carry ONNX
// Runtime's own words: kInvalidArgument "scoring.onnx_graph" (a graph that it does not take),
// "scoring.onnx_run"; and those of library.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/tensor.h"

namespace slipway::scoring {

struct OnnxInput {
  const char* name = nullptr;
  model::ElementType type = model::ElementType::kFloat32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;     // numbers, as they lie in memory; a bool is a byte
  std::vector<std::string> texts;  // where they are texts
};

struct OnnxOutput {
  model::ElementType type = model::ElementType::kFloat32;
  std::vector<std::int64_t> shape;
  const void* data = nullptr;  // lives as long as `owner`, or the run's outputs
  std::shared_ptr<const void> owner;
  std::vector<std::string> texts;

  std::size_t count() const;
};

// In the order in which they were asked for.
using OnnxOutputs = std::shared_ptr<const std::vector<OnnxOutput>>;

class OnnxSession {
 public:
  // The bytes of a ModelProto; they are not needed afterwards.
  static Result<std::unique_ptr<const OnnxSession>> open(std::span<const std::uint8_t> bytes);
  virtual ~OnnxSession() = default;

  virtual Result<OnnxOutputs> run(std::span<const OnnxInput> inputs,
                                  std::span<const std::string> outputs) const = 0;
  // Of tensors that are bound and wait for a run.
  virtual std::size_t kept_bytes() const = 0;
};

}  // namespace slipway::scoring
