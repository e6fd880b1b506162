// From what a user types for a model to a Plan that has proved itself.
//
//   ASSIGN_OR_RETURN(const Loaded loaded, load_model("delay:1", {.home = ".slipway"}));
//   loaded.plan->run(...)
//
// `M` is a file, a package name (the newest version), name:version, or a package digest. A
// package's parity vectors are checked at every load: one that no longer gives its library's
// answers is refused (kDataLoss "deploy.parity"). Pure functions of the disk; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/parity.h"
#include "plan/plan.h"

namespace slipway::deploy {

struct LoadOptions {
  std::string home = ".slipway";
  std::vector<std::string> categorical;  // model::ImportOptions::categorical
  std::string start_at;                  // model::ImportOptions::start_at
  std::vector<std::string> columns;      // model::ImportOptions::columns
  std::string isa;                       // instruction set by name; empty: the best of this machine
  std::string engine;                    // this engine for all numbers of rows; empty: the quickest
  ThreadPool* pool = nullptr;            // helps with large calls; outlives what was loaded
  bool prepare = false;  // plan::Plan::prepare: a server's first large batch must not wait for it
};

struct Loaded {
  std::string name;     // what it is served under: the file's stem or the package's name
  std::string version;  // "3" for a package, "1" for a file
  std::shared_ptr<const plan::Plan> plan;
  std::optional<plan::ParityReport> parity;  // of the package's own vectors
  std::uint64_t bytes = 0;                   // of the model's file or blob
  bool measured = false;  // whether its engines were chosen by measurement (plan/engine_choice.h)
};

Result<Loaded> load_model(const std::string& reference, const LoadOptions& options);

}  // namespace slipway::deploy
