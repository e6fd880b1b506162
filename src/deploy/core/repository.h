// A folder of models: what is in it, by name and version.
//
//   ASSIGN_OR_RETURN(const auto models, list_repository("models"));
//   ASSIGN_OR_RETURN(const auto versions, versions_in(models[0], config));
//   load_model(versions.back().path, options);
//
// Each entry is a model: a file that looks like one, under its stem; a folder of Triton's layout with
// numbered versions (with or without config.pbtxt), of which version_policy chooses; or a folder of MLflow, MLServer or KServe, version 1
// unless model-settings.json says otherwise. Hidden entries are not looked at. Errors: "deploy.repository". Reads the disk; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "deploy/core/serving_config.h"

namespace slipway::deploy {

struct RepositoryModel {
  std::string name;
  std::string path;  // its folder, or its file
};

struct RepositoryVersion {
  std::string version;
  std::string path;  // for load_model()
};

// By name.
Result<std::vector<RepositoryModel>> list_repository(const std::string& folder);

// Oldest first, at least one.
Result<std::vector<RepositoryVersion>> versions_in(const RepositoryModel& model,
                                                   const ServingConfig& config);

// Changes when a file below the path comes, goes, grows or is written anew.
std::string fingerprint_of(const std::string& path);

}  // namespace slipway::deploy
