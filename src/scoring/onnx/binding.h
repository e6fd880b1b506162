// Memory bound to a graph's inputs and outputs (ONNX Runtime's IoBinding), used again by later runs
// with tensors of the same shapes: such a run allocates no tensor.
//
//   auto binding = bindings->take(inputs, names);     // none: run without, then
//   bindings->learn(inputs, names, outputs);          // keeps memory like what came out
//   if (binding && binding->run(inputs)) use(binding->outputs());
//   bindings->give(std::move(binding));
//
// Kept for a session: at most 8 and 4 MiB of tensors in all; the oldest goes first. Nothing is bound
// for texts, sequences and larger tensors, nor after stop(): for a graph whose outputs change shape
// by what the rows hold, or that leaves bound memory as it was (one that hands an input on as an
// output), which run() sees each time and refuses. A Bindings is safe from any thread; a Binding is
// used by one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "scoring/onnx/api.h"
#include "scoring/onnx/session.h"

struct OrtIoBinding;
struct OrtValue;

namespace slipway::scoring {

class Binding {
 public:
  static Result<std::unique_ptr<Binding>> make(const Loaded& graph,
                                               std::span<const OnnxInput> inputs,
                                               std::span<const std::string> names,
                                               std::span<const OnnxOutput> like);

  bool fits(std::span<const OnnxInput> inputs, std::span<const std::string> names) const;
  Result<void> run(std::span<const OnnxInput> inputs);  // that fit
  const std::vector<OnnxOutput>& outputs() const { return outputs_; }
  std::size_t bytes() const;

 private:
  struct Tensor {
    std::vector<std::byte> bytes;
    std::shared_ptr<OrtValue> value;  // of the bytes
  };

  explicit Binding(const Loaded& graph) : graph_(graph) {}
  Result<Tensor> tensor_of(model::ElementType type, const std::vector<std::int64_t>& shape,
                           std::size_t bytes) const;

  Loaded graph_;
  std::vector<OnnxInput> inputs_;  // name, type and shape
  std::vector<std::string> names_;
  std::vector<OnnxOutput> outputs_;
  std::vector<Tensor> to_, from_;  // the graph's inputs, its outputs
  std::shared_ptr<OrtIoBinding> binding_;
};

class Bindings {
 public:
  explicit Bindings(Loaded graph) : graph_(std::move(graph)) {}

  std::unique_ptr<Binding> take(std::span<const OnnxInput> inputs,
                                std::span<const std::string> names) EXCLUDES(mutex_);
  void give(std::unique_ptr<Binding> binding) EXCLUDES(mutex_);
  // After a run without one: binds the same again, where that may be done.
  void learn(std::span<const OnnxInput> inputs, std::span<const std::string> names,
             std::span<const OnnxOutput> outputs) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

  std::size_t bytes() const EXCLUDES(mutex_);

 private:
  bool stopped() const EXCLUDES(mutex_);

  Loaded graph_;
  mutable Mutex mutex_;
  std::deque<std::unique_ptr<Binding>> free_ GUARDED_BY(mutex_);  // the oldest first
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace slipway::scoring
