// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/library.h"

#include <fmt/format.h>

#include "base/mutex.h"
#include "base/shared_library.h"

// The library's one exported function is looked up, not linked.
#define ORT_API_MANUAL_INIT
#include <onnxruntime_c_api.h>

namespace slipway::scoring {
namespace {

Error wrong_version(const std::string& path, std::string_view found) {
  return Error(Code::kFailedPrecondition, "scoring.onnx_version",
               fmt::format("'{}' is {}, expected ONNX Runtime 1.{} or newer: fetch it with "
                           "tools/setup in a checkout or 'pip install slipway', or let "
                           "SLIPWAY_ONNXRUNTIME name the right file",
                           path, found, ORT_API_VERSION));
}

Result<const void*> api_of(const SharedLibrary& library) {
  using Base = const OrtApiBase* (*)();
  const auto base = reinterpret_cast<Base>(library.find("OrtGetApiBase"));
  if (base == nullptr) return wrong_version(library.path, "no ONNX Runtime at all");
  const void* api = base()->GetApi(ORT_API_VERSION);
  if (api == nullptr) return wrong_version(library.path, base()->GetVersionString());
  return api;
}

}  // namespace

Result<const void*> open_onnxruntime(std::span<const std::string> candidates) {
  const auto library = open_first(candidates);
  if (!library) {
    return Error(
        Code::kFailedPrecondition, "scoring.onnx_missing",
        fmt::format("this model's graph runs in ONNX Runtime, whose library is not there: get "
                    "it with tools/setup in a checkout or 'pip install slipway', or let "
                    "SLIPWAY_ONNXRUNTIME name the file; tried: {}",
                    library.error().message()));
  }
  auto api = api_of(library.value());
  if (!api) library.value().close();
  return api;
}

Result<const void*> load_onnxruntime(Env& env) {
  static Mutex mutex;
  static const void* loaded = nullptr;
  MutexLock lock(mutex);
  if (loaded != nullptr) return loaded;
  const auto places = library_places(env, "SLIPWAY_ONNXRUNTIME", "libonnxruntime.so");
  ASSIGN_OR_RETURN(loaded, open_onnxruntime(places));
  return loaded;
}

}  // namespace slipway::scoring
