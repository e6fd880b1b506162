// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/library.h"

#include <duckdb.h>
#include <fmt/format.h>

#include "base/mutex.h"

namespace slipway::data {

namespace duckdb_internal {
std::array<void*, kCount> functions{};
}  // namespace duckdb_internal

namespace {

#define SLIPWAY_DUCKDB_NAME(name) "duckdb_" #name,
constexpr const char* kNames[] = {SLIPWAY_DUCKDB_FUNCTIONS(SLIPWAY_DUCKDB_NAME)};
#undef SLIPWAY_DUCKDB_NAME

Result<void> check_version(const SharedLibrary& library) {
  using Version = decltype(&duckdb_library_version);
  const auto version = reinterpret_cast<Version>(library.find("duckdb_library_version"));
  const std::string expected = std::string("v") + kDuckdbVersion;
  const std::string found = version != nullptr ? version() : "no DuckDB at all";
  if (found == expected) return {};
  return Error(Code::kFailedPrecondition, "data.duckdb_version",
               fmt::format("'{}' is {}, expected {}: fetch it with tools/setup in a checkout or "
                           "'pip install slipway', or let SLIPWAY_DUCKDB name the right file",
                           library.path, found, expected));
}

Result<void> resolve_functions(const SharedLibrary& library) {
  for (std::size_t i = 0; i < duckdb_internal::kCount; ++i) {
    duckdb_internal::functions[i] = library.find(kNames[i]);
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

Result<SharedLibrary> open_duckdb_library(std::span<const std::string> candidates) {
  const auto library = open_first(candidates);
  if (!library) {
    return Error(Code::kFailedPrecondition, "data.duckdb_missing",
                 fmt::format("reading and writing tables needs DuckDB's library {}: get it with "
                             "tools/setup in a checkout or 'pip install slipway', or let "
                             "SLIPWAY_DUCKDB name the file; tried: {}",
                             kDuckdbVersion, library.error().message()));
  }
  const auto right = check_version(library.value());
  if (right) return library;
  library.value().close();
  return right.error();
}

Result<void> load_duckdb(Env& env) {
  static Mutex mutex;
  static bool loaded = false;
  MutexLock lock(mutex);
  if (loaded) return {};
  const auto places = library_places(env, "SLIPWAY_DUCKDB", "libduckdb.so");
  ASSIGN_OR_RETURN(const SharedLibrary library, open_duckdb_library(places));
  RETURN_IF_ERROR(resolve_functions(library));
  loaded = true;
  return {};
}

}  // namespace slipway::data
