// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/binding.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "scoring/onnx/tensors.h"

// The library's one exported function is looked up, not linked.
#define ORT_API_MANUAL_INIT
#include <onnxruntime_c_api.h>

namespace slipway::scoring {
namespace {

using model::ElementType;

// Numbers that come out so by chance cost a run more, no more than that.
constexpr std::byte kUnwritten{0xA5};
constexpr std::size_t kKept = 8;
constexpr std::size_t kKeptBytes = std::size_t{4} << 20;

std::size_t bytes_of(const OnnxOutput& output) { return output.count() * size_of(output.type); }

bool same_tensor(const OnnxInput& a, const OnnxInput& b) {
  return a.type == b.type && a.shape == b.shape && std::strcmp(a.name, b.name) == 0;
}

// Numbers, some, and not too many.
bool can_be_bound(std::span<const OnnxInput> inputs, std::span<const OnnxOutput> outputs) {
  std::size_t bytes = 0;
  for (const OnnxInput& input : inputs) {
    if (input.type == ElementType::kText || input.data.empty()) return false;
    bytes += input.data.size();
  }
  for (const OnnxOutput& output : outputs) {
    if (output.type == ElementType::kText || output.count() == 0) return false;
    bytes += bytes_of(output);
  }
  return bytes <= kKeptBytes;
}

}  // namespace

Result<Binding::Tensor> Binding::tensor_of(ElementType type, const std::vector<std::int64_t>& shape,
                                           std::size_t bytes) const {
  Tensor tensor;
  tensor.bytes.resize(bytes);
  OrtValue* value = nullptr;
  RETURN_IF_ERROR(
      graph_.api.ok(graph_.api->CreateTensorWithDataAsOrtValue(
                        graph_.memory.get(), tensor.bytes.data(), bytes, shape.data(), shape.size(),
                        static_cast<ONNXTensorElementDataType>(onnx_type(type)), &value),
                    kRun, "making a tensor"));
  tensor.value = graph_.api.own(value, graph_.api->ReleaseValue);
  return tensor;
}

Result<std::unique_ptr<Binding>> Binding::make(const Loaded& graph,
                                               std::span<const OnnxInput> inputs,
                                               std::span<const std::string> names,
                                               std::span<const OnnxOutput> like) {
  std::unique_ptr<Binding> made(new Binding(graph));
  const Api api = graph.api;
  OrtIoBinding* raw = nullptr;
  RETURN_IF_ERROR(api.ok(api->CreateIoBinding(graph.session.get(), &raw), kRun, "binding"));
  made->binding_ = api.own(raw, api->ReleaseIoBinding);
  made->names_.assign(names.begin(), names.end());
  for (const OnnxInput& input : inputs) {
    made->inputs_.push_back({.name = input.name, .type = input.type, .shape = input.shape});
    ASSIGN_OR_RETURN(Tensor tensor, made->tensor_of(input.type, input.shape, input.data.size()));
    RETURN_IF_ERROR(api.ok(api->BindInput(raw, input.name, tensor.value.get()), kRun, "binding"));
    made->to_.push_back(std::move(tensor));
  }
  for (std::size_t i = 0; i < like.size(); ++i) {
    ASSIGN_OR_RETURN(Tensor tensor,
                     made->tensor_of(like[i].type, like[i].shape, bytes_of(like[i])));
    RETURN_IF_ERROR(
        api.ok(api->BindOutput(raw, names[i].c_str(), tensor.value.get()), kRun, "binding"));
    made->outputs_.push_back(
        {.type = like[i].type, .shape = like[i].shape, .data = tensor.bytes.data()});
    made->from_.push_back(std::move(tensor));  // its bytes stay where they are
  }
  return made;
}

bool Binding::fits(std::span<const OnnxInput> inputs, std::span<const std::string> names) const {
  return std::equal(inputs.begin(), inputs.end(), inputs_.begin(), inputs_.end(), same_tensor) &&
         std::equal(names.begin(), names.end(), names_.begin(), names_.end());
}

Result<void> Binding::run(std::span<const OnnxInput> inputs) {
  for (std::size_t i = 0; i < to_.size(); ++i)
    std::copy(inputs[i].data.begin(), inputs[i].data.end(), to_[i].bytes.begin());
  for (Tensor& tensor : from_) std::fill(tensor.bytes.begin(), tensor.bytes.end(), kUnwritten);
  RETURN_IF_ERROR(
      graph_.api.ok(graph_.api->RunWithBinding(graph_.session.get(), nullptr, binding_.get()), kRun,
                    "ONNX Runtime"));
  for (const Tensor& tensor : from_) {
    const auto written = [](std::byte byte) { return byte != kUnwritten; };
    if (std::none_of(tensor.bytes.begin(), tensor.bytes.end(), written))
      return Error(Code::kInternal, kRun, "the answers are not where they were bound to");
  }
  return {};
}

std::size_t Binding::bytes() const {
  std::size_t bytes = 0;
  for (const Tensor& tensor : to_) bytes += tensor.bytes.size();
  for (const Tensor& tensor : from_) bytes += tensor.bytes.size();
  return bytes;
}

std::unique_ptr<Binding> Bindings::take(std::span<const OnnxInput> inputs,
                                        std::span<const std::string> names) {
  MutexLock lock(mutex_);
  const auto found = std::find_if(free_.begin(), free_.end(), [&](const auto& binding) {
    return binding->fits(inputs, names);
  });
  if (found == free_.end()) return nullptr;
  std::unique_ptr<Binding> taken = std::move(*found);
  free_.erase(found);
  return taken;
}

void Bindings::give(std::unique_ptr<Binding> binding) {
  std::vector<std::unique_ptr<Binding>> dropped;  // released after the lock
  MutexLock lock(mutex_);
  dropped.reserve(kKept + 1);
  free_.push_back(std::move(binding));
  std::size_t bytes = 0;
  for (const auto& each : free_) bytes += each->bytes();
  while (!free_.empty() && (stopped_ || free_.size() > kKept || bytes > kKeptBytes)) {
    bytes -= free_.front()->bytes();
    dropped.push_back(std::move(free_.front()));
    free_.pop_front();
  }
}

bool Bindings::stopped() const {
  MutexLock lock(mutex_);
  return stopped_;
}

void Bindings::learn(std::span<const OnnxInput> inputs, std::span<const std::string> names,
                     std::span<const OnnxOutput> outputs) {
  if (stopped() || !can_be_bound(inputs, outputs)) return;
  if (auto made = Binding::make(graph_, inputs, names, outputs)) give(std::move(made).value());
}

void Bindings::stop() {
  std::deque<std::unique_ptr<Binding>> dropped;
  MutexLock lock(mutex_);
  stopped_ = true;
  dropped.swap(free_);
}

std::size_t Bindings::bytes() const {
  MutexLock lock(mutex_);
  std::size_t bytes = 0;
  for (const auto& each : free_) bytes += each->bytes();
  return bytes;
}

}  // namespace slipway::scoring
