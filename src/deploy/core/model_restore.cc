// What a ModelControl remembers from one process to the next, and falls back to: see model_control.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "deploy/core/model_control.h"

namespace slipway::deploy {
namespace {

std::string fingerprint_of_files(const ModelControl::Inline& with) {
  std::string text = with.config;
  for (const auto& [path, bytes] : with.files)
    text += fmt::format("\n{} {}", path, Sha256::hex_of(bytes));
  return Sha256::hex_of(text);
}

}  // namespace

Result<Catalogue::Versions> ModelControl::read_noted(const std::string& name, const Inline& with,
                                                     ServingState::Asked* asked) {
  if (state_ == nullptr) return read_versions(name, with, asked);
  std::string fingerprint = fingerprint_of_files(with);
  if (with.files.empty()) {
    ASSIGN_OR_RETURN(const RepositoryModel model, find(name));
    fingerprint = fingerprint_of(model.path);
  }
  if (const auto begun = state_->begin(name, fingerprint); !begun)
    log_warn("--state: {}", begun.error().message());
  return read_versions(name, with, asked);
}

// Exactly the versions that were good, whatever the policy would choose now.
Result<Catalogue::Versions> ModelControl::read_good(const std::string& name) {
  const ServingState::Remembered* const known = state_->find(name);
  if (known == nullptr || known->good.empty()) {
    return Error(Code::kNotFound, "deploy.no_good_version",
                 fmt::format("no version of '{}' has been served before", name));
  }
  RepositoryModel model{.name = name, .path = known->asked.files_folder};
  if (model.path.empty()) {
    ASSIGN_OR_RETURN(model, find(name));
  }
  ASSIGN_OR_RETURN(ServingConfig config, ServingConfig::of_folder(model.path));
  if (!known->asked.config.empty()) {
    ASSIGN_OR_RETURN(config, config.overridden(known->asked.config, model.path));
  }
  config.versions.clear();
  for (const std::string& version : known->good) {
    if (const auto number = parse_int64(version)) config.versions.push_back(*number);
  }
  ASSIGN_OR_RETURN(const auto versions, versions_in(model, config));
  if (versions.size() != known->good.size()) {
    return Error(Code::kNotFound, "deploy.no_good_version",
                 fmt::format("of the good versions of '{}' ({}) some are gone", name,
                             join(known->good, ", ")));
  }
  const auto shared = std::make_shared<const ServingConfig>(std::move(config));
  Catalogue::Versions read;
  for (const RepositoryVersion& version : versions) {
    ASSIGN_OR_RETURN(read.emplace_back(), read_one(version, name, shared));
  }
  return read;
}

// False if there is none that can be served.
bool ModelControl::serve_good(const std::string& name, const Error& instead_of) {
  if (state_ == nullptr) return false;
  const std::int64_t started_ns = clock_.monotonic_ns();
  auto versions = read_good(name);
  if (!versions) return false;
  serve(name, std::move(versions).value(), started_ns);
  log_warn("{}: its last good version serves: {}", name, instead_of.message());
  known_.set_reason(name, "the last good version serves: " + instead_of.message());
  return true;
}

bool ModelControl::is_suspect(const std::string& name, const std::string& fingerprint) {
  if (state_ == nullptr || !state_->is_suspect(name, fingerprint)) return false;
  const Error error(Code::kUnavailable, "deploy.suspect",
                    fmt::format("the server stopped twice while it loaded '{}': change its files, "
                                "or load it by hand, to try again",
                                name));
  if (!serve_good(name, error)) known_.fail(name, error);
  return true;
}

// What callers had loaded when the process before ended.
void ModelControl::restore() {
  if (state_ == nullptr) return;
  std::vector<std::string> names;
  for (const auto& [name, model] : state_->models()) {
    if (model.is_loaded) names.push_back(name);
  }
  for (const std::string& name : names) {
    const std::int64_t started_ns = clock_.monotonic_ns();
    auto versions = read_good(name);
    if (versions) {
      serve(name, std::move(versions).value(), started_ns);
      continue;
    }
    log_warn("{} cannot be restored as it was: {}", name, versions.error().message());
    const Inline with{.config = state_->find(name)->asked.config, .files = {}};
    if (const auto done = load_now(name, with); !done) log_warn("{}", done.error().message());
  }
}

}  // namespace slipway::deploy
