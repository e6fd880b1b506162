// Where the models of a ModelControl lie, and how they are read: see model_control.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "deploy/core/inline_files.h"
#include "deploy/core/model_control.h"

namespace slipway::deploy {
namespace {

Error unknown_model(const std::string& name, const std::vector<std::string>& names,
                    const std::string& where) {
  const auto near = nearest(name, names);
  return Error(Code::kNotFound, "deploy.no_model",
               fmt::format("failed to poll from model repository: there is no model '{}' {}{}",
                           name, where, near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

}  // namespace

Result<RepositoryModel> ModelControl::find(const std::string& name) const {
  if (auto reference = known_.reference(name))
    return RepositoryModel{.name = name, .path = *std::move(reference)};
  std::vector<std::string> names = known_.names();
  if (options_.repository.empty()) return unknown_model(name, names, "on the command line");
  ASSIGN_OR_RETURN(const auto models, list_repository(options_.repository));
  for (const RepositoryModel& model : models) {
    if (model.name == name) return model;
    names.push_back(model.name);
  }
  return unknown_model(name, names, "in " + options_.repository);
}

Result<Catalogue::Versions> ModelControl::read_versions(const std::string& name, const Inline& with,
                                                        ServingState::Asked* asked) {
  if (with.files.empty()) {
    ASSIGN_OR_RETURN(const RepositoryModel model, find(name));
    return read_folder(model, with);
  }
  if (state_ != nullptr) {
    ASSIGN_OR_RETURN(asked->files_folder, state_->make_folder());
    RETURN_IF_ERROR(write_inline_files(with.files, asked->files_folder));
    return read_folder({.name = name, .path = asked->files_folder}, with);
  }
  // The model's code is mapped or copied when it is loaded: the folder may go then.
  ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::create());
  RETURN_IF_ERROR(write_inline_files(with.files, folder.path()));
  return read_folder({.name = name, .path = folder.path()}, with);
}

Result<Catalogue::Versions> ModelControl::read_folder(const RepositoryModel& model,
                                                      const Inline& with) {
  if (!model.name.empty() && on_demand_ == nullptr) known_.begin(model.name);
  ASSIGN_OR_RETURN(ServingConfig config, ServingConfig::of_folder(model.path));
  if (!with.config.empty()) {
    ASSIGN_OR_RETURN(config, config.overridden(with.config, model.path));
  }
  ASSIGN_OR_RETURN(const auto versions, versions_in(model, config));
  const auto shared = std::make_shared<const ServingConfig>(std::move(config));
  Catalogue::Versions read;
  for (const RepositoryVersion& version : versions) {
    const auto one = [this, version, name = model.name, shared] {
      return read_one(version, name, shared);
    };
    ASSIGN_OR_RETURN(read.emplace_back(), gentle_ == nullptr ? one() : gentle_->run(one));
  }
  return read;
}

Result<std::shared_ptr<const Served>> ModelControl::read_one(
    const RepositoryVersion& version, const std::string& name,
    std::shared_ptr<const ServingConfig> config) const {
  ASSIGN_OR_RETURN(Loaded loaded, load_model(version.path, options_.load));
  auto served = std::make_shared<Served>();
  served->loaded = std::move(loaded);
  if (!name.empty()) served->loaded.name = name;
  // A package knows its own.
  if (version.version != "1") served->loaded.version = version.version;
  served->loaded_at_us = clock_.now_us();
  if (config->response_cache && !options_.has_response_cache) {
    log_warn("{}: {} enables a response cache, and there is none: give --response-cache BYTES",
             served->loaded.name, config->path.empty() ? "its configuration" : config->path);
  }
  served->config = std::move(config);
  return std::shared_ptr<const Served>(std::move(served));
}

}  // namespace slipway::deploy
