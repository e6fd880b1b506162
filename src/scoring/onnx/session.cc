// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/session.h"

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "scoring/onnx/api.h"
#include "scoring/onnx/binding.h"
#include "scoring/onnx/library.h"

// The library's one exported function is looked up, not linked.
#define ORT_API_MANUAL_INIT
#include <onnxruntime_c_api.h>

namespace slipway::scoring {
namespace {

using model::ElementType;

Result<OrtEnv*> make_environment(Api api) {
  OrtThreadingOptions* raw = nullptr;
  RETURN_IF_ERROR(api.ok(api->CreateThreadingOptions(&raw), kGraph, "ONNX Runtime does not start"));
  const auto options = api.own(raw, api->ReleaseThreadingOptions);
  RETURN_IF_ERROR(api.ok(api->SetGlobalIntraOpNumThreads(raw, 1), kGraph, "setting threads"));
  RETURN_IF_ERROR(api.ok(api->SetGlobalInterOpNumThreads(raw, 1), kGraph, "setting threads"));
  RETURN_IF_ERROR(api.ok(api->SetGlobalSpinControl(raw, 0), kGraph, "setting threads"));
  OrtEnv* env = nullptr;
  RETURN_IF_ERROR(
      api.ok(api->CreateEnvWithGlobalThreadPools(ORT_LOGGING_LEVEL_FATAL, "slipway", raw, &env),
             kGraph, "ONNX Runtime does not start"));
  RETURN_IF_ERROR(api.ok(api->DisableTelemetryEvents(env), kGraph, "switching telemetry off"));
  return env;
}

// One for the process: sessions share its threads. Never released: see library.cc.
Result<OrtEnv*> environment(Api api) {
  static Mutex mutex;
  static OrtEnv* made = nullptr;
  MutexLock lock(mutex);
  if (made != nullptr) return made;
  Result<OrtEnv*> env = nullptr;
  // Its threads should not be those of a load that gives way to everything: a server's end waits for them.
  call_as_usual([&] { env = make_environment(api); });
  if (env) made = env.value();
  return env;
}

Result<std::shared_ptr<OrtSessionOptions>> session_options(Api api) {
  OrtSessionOptions* raw = nullptr;
  RETURN_IF_ERROR(api.ok(api->CreateSessionOptions(&raw), kGraph, "making session options"));
  auto options = api.own(raw, api->ReleaseSessionOptions);
  const auto set = [&](OrtStatus* status) { return api.ok(status, kGraph, "setting an option"); };
  RETURN_IF_ERROR(set(api->DisablePerSessionThreads(raw)));
  RETURN_IF_ERROR(set(api->DisableCpuMemArena(raw)));
  RETURN_IF_ERROR(set(api->DisableMemPattern(raw)));
  RETURN_IF_ERROR(set(api->SetDeterministicCompute(raw, true)));
  RETURN_IF_ERROR(set(api->SetSessionLogSeverityLevel(raw, ORT_LOGGING_LEVEL_FATAL)));
  return options;
}

class Session final : public OnnxSession {
 public:
  explicit Session(const Loaded& graph)
      : api_(graph.api),
        session_(graph.session),
        memory_(graph.memory),
        bindings_(std::make_shared<Bindings>(graph)) {}

  Result<OnnxOutputs> run(std::span<const OnnxInput> inputs,
                          std::span<const std::string> outputs) const override {
    auto binding = bindings_->take(inputs, outputs);
    if (binding != nullptr && binding->run(inputs)) return lent(std::move(binding));
    ASSIGN_OR_RETURN(auto made, run_unbound(inputs, outputs));
    if (binding != nullptr) {
      bindings_->stop();  // binding.h says for which graphs
    } else {
      bindings_->learn(inputs, outputs, made);
    }
    return std::make_shared<const std::vector<OnnxOutput>>(std::move(made));
  }

  std::size_t kept_bytes() const override { return bindings_->bytes(); }

 private:
  // Given back when its outputs have been read.
  OnnxOutputs lent(std::unique_ptr<Binding> binding) const {
    const std::shared_ptr<Binding> held(binding.release(), [to = bindings_](Binding* back) {
      to->give(std::unique_ptr<Binding>(back));
    });
    return {held, &held->outputs()};
  }

  Result<std::vector<OnnxOutput>> run_unbound(std::span<const OnnxInput> inputs,
                                              std::span<const std::string> outputs) const {
    std::vector<std::shared_ptr<OrtValue>> owned;
    std::vector<const OrtValue*> values;
    std::vector<const char*> names;
    for (const OnnxInput& input : inputs) {
      ASSIGN_OR_RETURN(owned.emplace_back(), value_of(input));
      values.push_back(owned.back().get());
      names.push_back(input.name);
    }
    std::vector<const char*> wanted;
    for (const std::string& output : outputs) wanted.push_back(output.c_str());
    std::vector<OrtValue*> made(outputs.size(), nullptr);
    OrtStatus* status = api_->Run(session_.get(), nullptr, names.data(), values.data(),
                                  values.size(), wanted.data(), wanted.size(), made.data());
    owned.clear();
    for (OrtValue* value : made) owned.push_back(api_.own(value, api_->ReleaseValue));
    RETURN_IF_ERROR(api_.ok(status, kRun, "ONNX Runtime"));
    std::vector<OnnxOutput> results;
    for (std::size_t i = 0; i < owned.size(); ++i) {
      auto result = output_of(owned[i]);
      if (!result) return std::move(result).error().with_context(outputs[i]);
      results.push_back(std::move(result).value());
    }
    return results;
  }

  Result<std::shared_ptr<OrtValue>> value_of(const OnnxInput& input) const {
    const auto type = static_cast<ONNXTensorElementDataType>(onnx_type(input.type));
    OrtValue* value = nullptr;
    if (input.type != ElementType::kText) {
      // ONNX Runtime reads from where the numbers are; it does not write there.
      auto* data = const_cast<std::byte*>(input.data.data());
      RETURN_IF_ERROR(api_.ok(api_->CreateTensorWithDataAsOrtValue(
                                  memory_.get(), data, input.data.size(), input.shape.data(),
                                  input.shape.size(), type, &value),
                              kRun, "making a tensor"));
      return api_.own(value, api_->ReleaseValue);
    }
    OrtAllocator* allocator = nullptr;
    RETURN_IF_ERROR(
        api_.ok(api_->GetAllocatorWithDefaultOptions(&allocator), kRun, "making a tensor"));
    RETURN_IF_ERROR(api_.ok(api_->CreateTensorAsOrtValue(allocator, input.shape.data(),
                                                         input.shape.size(), type, &value),
                            kRun, "making a tensor"));
    auto owned = api_.own(value, api_->ReleaseValue);
    for (std::size_t i = 0; i < input.texts.size(); ++i) {
      const std::string& text = input.texts[i];
      char* to = nullptr;  // by length: a text may hold NUL
      RETURN_IF_ERROR(api_.ok(api_->GetResizedStringTensorElementBuffer(value, i, text.size(), &to),
                              kRun, "making a tensor"));
      std::copy(text.begin(), text.end(), to);
    }
    return owned;
  }

  Result<OnnxOutput> output_of(const std::shared_ptr<OrtValue>& value) const {
    OnnxOutput output;
    output.owner = value;
    int is_tensor = 0;
    RETURN_IF_ERROR(api_.ok(api_->IsTensor(value.get(), &is_tensor), kRun, "asking for a type"));
    if (is_tensor == 0)
      return Error(Code::kUnimplemented, kRun, "comes out as a sequence or map, not as a tensor");
    RETURN_IF_ERROR(read_shape(*value, &output));
    if (output.type == ElementType::kText) return with_texts(std::move(output));
    void* data = nullptr;
    RETURN_IF_ERROR(api_.ok(api_->GetTensorMutableData(value.get(), &data), kRun, "reading"));
    output.data = data;
    return output;
  }

  Result<void> read_shape(const OrtValue& value, OnnxOutput* output) const {
    OrtTensorTypeAndShapeInfo* raw = nullptr;
    RETURN_IF_ERROR(api_.ok(api_->GetTensorTypeAndShape(&value, &raw), kRun, "asking for a shape"));
    const auto info = api_.own(raw, api_->ReleaseTensorTypeAndShapeInfo);
    std::size_t rank = 0;
    RETURN_IF_ERROR(api_.ok(api_->GetDimensionsCount(raw, &rank), kRun, "asking for a shape"));
    output->shape.resize(rank);
    RETURN_IF_ERROR(
        api_.ok(api_->GetDimensions(raw, output->shape.data(), rank), kRun, "asking for a shape"));
    auto type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    RETURN_IF_ERROR(api_.ok(api_->GetTensorElementType(raw, &type), kRun, "asking for a type"));
    ASSIGN_OR_RETURN(output->type, element_type(type));
    return {};
  }

  Result<OnnxOutput> with_texts(OnnxOutput output) const {
    auto* value = static_cast<const OrtValue*>(output.owner.get());
    const std::size_t count = output.count();
    std::size_t bytes = 0;
    RETURN_IF_ERROR(api_.ok(api_->GetStringTensorDataLength(value, &bytes), kRun, "reading texts"));
    std::string text(bytes, '\0');
    std::vector<std::size_t> begin(count);
    RETURN_IF_ERROR(
        api_.ok(api_->GetStringTensorContent(value, text.data(), bytes, begin.data(), count), kRun,
                "reading texts"));
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t end = i + 1 < count ? begin[i + 1] : bytes;
      output.texts.push_back(text.substr(begin[i], end - begin[i]));
    }
    return output;
  }

  Api api_;
  std::shared_ptr<OrtSession> session_;
  std::shared_ptr<OrtMemoryInfo> memory_;
  std::shared_ptr<Bindings> bindings_;
};

}  // namespace

std::size_t OnnxOutput::count() const {
  std::size_t count = 1;
  for (const std::int64_t dim : shape) count *= static_cast<std::size_t>(dim);
  return count;
}

Result<std::unique_ptr<const OnnxSession>> OnnxSession::open(std::span<const std::uint8_t> bytes) {
  ASSIGN_OR_RETURN(const void* const loaded, load_onnxruntime());
  const Api api(loaded);
  ASSIGN_OR_RETURN(OrtEnv* const env, environment(api));
  ASSIGN_OR_RETURN(const auto options, session_options(api));
  OrtSession* raw = nullptr;
  RETURN_IF_ERROR(
      api.ok(api->CreateSessionFromArray(env, bytes.data(), bytes.size(), options.get(), &raw),
             kGraph, "ONNX Runtime does not take this graph"));
  auto session = api.own(raw, api->ReleaseSession);
  OrtMemoryInfo* memory = nullptr;
  RETURN_IF_ERROR(api.ok(api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory),
                         kGraph, "naming memory"));
  const Loaded graph{api, std::move(session), api.own(memory, api->ReleaseMemoryInfo)};
  std::unique_ptr<const OnnxSession> made = std::make_unique<Session>(graph);
  return made;
}

}  // namespace slipway::scoring
