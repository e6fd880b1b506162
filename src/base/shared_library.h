// A library that is looked for when it is needed, not when the program starts.
//
//   const auto places = library_places(env, "SLIPWAY_DUCKDB", "libduckdb.so");
//   ASSIGN_OR_RETURN(const SharedLibrary library, open_first(places));
//   auto* function = reinterpret_cast<Function>(library.find("duckdb_open"));   // null: it has none
//
// It is not closed by itself: its threads and destructors would outlive any order that we could give. Errors:
// kNotFound "base.library", whose message is what each place said.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/result.h"

namespace slipway {

struct SharedLibrary {
  void* find(const char* name) const;
  // For who finds that it is the wrong one.
  void close() const;

  void* handle = nullptr;
  std::string path;
};

// Where the variable says, alone, if it is set; else beside the program, in lib beside its folder, and where the system looks.
std::vector<std::string> library_places(Env& env, const char* variable, const std::string& file);
Result<SharedLibrary> open_first(std::span<const std::string> places);

}  // namespace slipway
