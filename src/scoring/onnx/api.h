// ONNX Runtime's functions, with its errors as ours and its objects released by themselves.
//
//   const Api api(loaded);                                             // of load_onnxruntime()
//   OrtValue* raw = nullptr;
//   RETURN_IF_ERROR(api.ok(api->CreateTensor...(&raw), kRun, "making a tensor"));
//   const auto value = api.own(raw, api->ReleaseValue);
//
// Only for the .cc files of this folder, which include the library's header. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "model/tensor.h"

struct OrtApi;
struct OrtMemoryInfo;
struct OrtSession;
struct OrtStatus;

namespace slipway::scoring {

inline constexpr const char* kGraph = "scoring.onnx_graph";
inline constexpr const char* kRun = "scoring.onnx_run";

class Api {
 public:
  explicit Api(const void* api) : api_(static_cast<const OrtApi*>(api)) {}
  const OrtApi* operator->() const { return api_; }

  // kInvalidArgument with the library's words, if there is a status; that is released.
  Result<void> ok(OrtStatus* status, const char* reason, std::string_view doing) const;

  // What belongs to a caller, released by it.
  template <typename T>
  std::shared_ptr<T> own(T* made, void (*release)(T*)) const {
    return std::shared_ptr<T>(made, release);
  }

 private:
  const OrtApi* api_;
};

// What a session is run with.
struct Loaded {
  Api api;
  std::shared_ptr<OrtSession> session;
  std::shared_ptr<OrtMemoryInfo> memory;
};

// ONNX Runtime's number of an element type, and back; nothing if slipway does not read it.
int onnx_type(model::ElementType type);
Result<model::ElementType> element_type(int onnx_type);

}  // namespace slipway::scoring
