// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <vector>

#include "base/mutex.h"
#include "base/text.h"

// The library's one exported function is looked up, not linked.
#define ORT_API_MANUAL_INIT
#include <onnxruntime_c_api.h>

namespace slipway::scoring {
namespace {

constexpr const char* kName = "libonnxruntime.so";

std::vector<std::string> candidates_of(Env& env) {
  if (const auto named = env.variable("SLIPWAY_ONNXRUNTIME")) return {*named};
  std::vector<std::string> candidates;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const auto folder = program.parent_path();
    candidates.push_back((folder.parent_path() / "lib" / kName).string());
    candidates.push_back((folder / kName).string());
  }
  candidates.push_back(kName);
  return candidates;
}

Error wrong_version(const std::string& path, std::string_view found) {
  return Error(Code::kFailedPrecondition, "scoring.onnx_version",
               fmt::format("'{}' is {}, expected ONNX Runtime 1.{} or newer: fetch it with "
                           "tools/setup in a checkout or 'pip install slipway', or let "
                           "SLIPWAY_ONNXRUNTIME name the right file",
                           path, found, ORT_API_VERSION));
}

Result<const void*> api_of(void* library, const std::string& path) {
  using Base = const OrtApiBase* (*)();
  const auto base = reinterpret_cast<Base>(dlsym(library, "OrtGetApiBase"));
  if (base == nullptr) return wrong_version(path, "no ONNX Runtime at all");
  const void* api = base()->GetApi(ORT_API_VERSION);
  if (api == nullptr) return wrong_version(path, base()->GetVersionString());
  return api;
}

}  // namespace

Result<const void*> open_onnxruntime(std::span<const std::string> candidates) {
  std::vector<std::string> tried;
  for (const auto& candidate : candidates) {
    // Never unloaded once it is the right one: its threads and destructors outlive any order we
    // could give.
    void* library = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* why = dlerror();
      tried.push_back(why != nullptr ? why : candidate);
      continue;
    }
    auto api = api_of(library, candidate);
    if (!api) dlclose(library);
    return api;
  }
  return Error(
      Code::kFailedPrecondition, "scoring.onnx_missing",
      fmt::format("this model's graph runs in ONNX Runtime, whose library is not there: get "
                  "it with tools/setup in a checkout or 'pip install slipway', or let "
                  "SLIPWAY_ONNXRUNTIME name the file; tried: {}",
                  join(tried, "; ")));
}

Result<const void*> load_onnxruntime(Env& env) {
  static Mutex mutex;
  static const void* loaded = nullptr;
  MutexLock lock(mutex);
  if (loaded != nullptr) return loaded;
  const auto candidates = candidates_of(env);
  ASSIGN_OR_RETURN(loaded, open_onnxruntime(candidates));
  return loaded;
}

}  // namespace slipway::scoring
