// What a server remembers of its models from one process to the next: what was asked for, and what has been good.
//
//   ASSIGN_OR_RETURN(auto state, ServingState::open("state"));        // models.json in there
//   RETURN_IF_ERROR(state->begin("delay", fingerprint));               // before a load; on disk when it returns
//   RETURN_IF_ERROR(state->succeed("delay", {"1", "2"}, asked));       // or fail(), or forget()
//   if (const auto* known = state->find("delay")) known->good ...
//
// A load that the process did not live to see the end of stays begun: after two of those of the same files the model
// is_suspect(). Files that came with a load are kept in a folder of the state's, for as long as the model is loaded.
// Errors: "deploy.state" for a file that is not one of ours; those of the disk. Not thread-safe: for the thread of loads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/result.h"

namespace slipway::deploy {

class ServingState {
 public:
  // What a caller asked for along with the name.
  struct Asked {
    std::string config;        // JSON; empty: none
    std::string files_folder;  // of its own files; empty: those of the repository
  };
  struct Remembered {
    bool is_loaded = false;
    std::vector<std::string> good;  // versions that were served last, oldest first
    Asked asked;
    std::string begun;         // fingerprint of a load whose end nobody saw; empty: none
    std::uint64_t begins = 0;  // how often in a row
  };
  static constexpr std::uint64_t kBeginsMax = 2;

  static Result<std::unique_ptr<ServingState>> open(std::string folder);

  const Remembered* find(std::string_view name) const;
  const std::map<std::string, Remembered, std::less<>>& models() const { return models_; }
  // The process has died twice in a load of these very files.
  bool is_suspect(std::string_view name, std::string_view fingerprint) const;

  Result<void> begin(const std::string& name, const std::string& fingerprint);
  Result<void> succeed(const std::string& name, std::vector<std::string> versions, Asked asked);
  Result<void> fail(const std::string& name);
  // It is unloaded, by somebody who meant it.
  Result<void> forget(const std::string& name);
  // A new folder for files of a caller's; it goes with forget(), with the next success and at the next open().
  Result<std::string> make_folder();

 private:
  explicit ServingState(std::string folder) : folder_(std::move(folder)) {}
  Result<void> read();
  Result<void> write() const;
  void remove_unused_folders() const;

  const std::string folder_;
  std::map<std::string, Remembered, std::less<>> models_;
  std::uint64_t folders_ = 0;  // made so far: the number of the next
};

}  // namespace slipway::deploy
