// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/library.h"

#include <dlfcn.h>
#include <duckdb.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/text.h"

namespace slipway::data {

namespace duckdb_internal {
std::array<void*, kCount> functions{};
}  // namespace duckdb_internal

namespace {

#define SLIPWAY_DUCKDB_NAME(name) "duckdb_" #name,
constexpr const char* kNames[] = {SLIPWAY_DUCKDB_FUNCTIONS(SLIPWAY_DUCKDB_NAME)};
#undef SLIPWAY_DUCKDB_NAME

std::vector<std::string> candidates_of(Env& env) {
  if (const auto named = env.variable("SLIPWAY_DUCKDB")) return {*named};
  std::vector<std::string> candidates;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const auto folder = program.parent_path();
    candidates.push_back((folder.parent_path() / "lib" / "libduckdb.so").string());
    candidates.push_back((folder / "libduckdb.so").string());
  }
  candidates.push_back("libduckdb.so");
  return candidates;
}

Result<void> check_version(void* library, const std::string& path) {
  using Version = decltype(&duckdb_library_version);
  const auto version = reinterpret_cast<Version>(dlsym(library, "duckdb_library_version"));
  const std::string expected = std::string("v") + kDuckdbVersion;
  const std::string found = version != nullptr ? version() : "no DuckDB at all";
  if (found == expected) return {};
  return Error(Code::kFailedPrecondition, "data.duckdb_version",
               fmt::format("'{}' is {}, expected {}: fetch it with tools/setup in a checkout or "
                           "'pip install slipway', or let SLIPWAY_DUCKDB name the right file",
                           path, found, expected));
}

Result<void> resolve_functions(void* library) {
  for (std::size_t i = 0; i < duckdb_internal::kCount; ++i) {
    duckdb_internal::functions[i] = dlsym(library, kNames[i]);
    if (duckdb_internal::functions[i] == nullptr) {
      return Error(Code::kFailedPrecondition, "data.duckdb_version",
                   fmt::format("DuckDB's library lacks {}: fetch it anew with tools/setup or "
                               "'pip install slipway'",
                               kNames[i]));
    }
  }
  return {};
}

}  // namespace

Result<void*> open_duckdb_library(std::span<const std::string> candidates) {
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
    const auto right = check_version(library, candidate);
    if (right) return library;
    dlclose(library);
    return right.error();
  }
  return Error(Code::kFailedPrecondition, "data.duckdb_missing",
               fmt::format("reading and writing tables needs DuckDB's library {}: get it with "
                           "tools/setup in a checkout or 'pip install slipway', or let "
                           "SLIPWAY_DUCKDB name the file; tried: {}",
                           kDuckdbVersion, join(tried, "; ")));
}

Result<void> load_duckdb(Env& env) {
  static Mutex mutex;
  static bool loaded = false;
  MutexLock lock(mutex);
  if (loaded) return {};
  const auto candidates = candidates_of(env);
  ASSIGN_OR_RETURN(void* const library, open_duckdb_library(candidates));
  RETURN_IF_ERROR(resolve_functions(library));
  loaded = true;
  return {};
}

}  // namespace slipway::data
