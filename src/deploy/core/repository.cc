// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/env.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kModelsMax = 100'000;
constexpr std::size_t kFilesMax = 10'000;  // of a model that are looked at for changes
constexpr std::array<std::string_view, 11> kSuffixes{".joblib", ".pkl",  ".pickle", ".json",
                                                     ".ubj",    ".txt",  ".cbm",    ".bst",
                                                     ".slip",   ".onnx", ".xgb"};

std::string text_or(JsonView value, std::string fallback) {
  const auto text = value.as_string();
  return text && !text->empty() ? std::string(*text) : std::move(fallback);
}

// What MLServer calls it, if its settings say.
RepositoryVersion by_settings(const RepositoryModel& model) {
  RepositoryVersion made{.version = "1", .path = model.path};
  const auto file = MappedFile::open(model.path + "/model-settings.json");
  if (!file) return made;
  const auto document = JsonDocument::parse(file.value()->text());
  if (document) {
    const JsonView version = document.value().root().find("parameters").find("version");
    made.version = text_or(version, "1");
  }
  return made;
}

std::string name_of(const fs::path& path, bool is_folder) {
  if (!is_folder) return path.stem().string();
  std::string name = path.filename().string();
  const auto file = MappedFile::open((path / "model-settings.json").string());
  if (!file) return name;
  const auto document = JsonDocument::parse(file.value()->text());
  return document ? text_or(document.value().root().find("name"), name) : name;
}

std::vector<std::int64_t> numbered(const std::string& folder) {
  std::vector<std::int64_t> numbers;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const auto number = parse_int64(at->path().filename().string());
    if (number && *number > 0 && at->is_directory(error)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<std::int64_t> chosen(std::vector<std::int64_t> found, const ServingConfig& config) {
  if (!config.versions.empty()) {
    std::erase_if(found, [&](std::int64_t version) {
      return std::find(config.versions.begin(), config.versions.end(), version) ==
             config.versions.end();
    });
    return found;
  }
  const auto most = static_cast<std::size_t>(config.versions_latest);
  if (most > 0 && found.size() > most)
    found.erase(found.begin(), found.end() - config.versions_latest);
  return found;
}

}  // namespace

Result<std::vector<RepositoryModel>> list_repository(const std::string& folder) {
  std::error_code error;
  std::vector<RepositoryModel> models;
  fs::directory_iterator at(folder, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    const fs::path& path = at->path();
    std::error_code unreadable;
    const bool is_folder = at->is_directory(unreadable);
    const std::string suffix = path.extension().string();
    const bool is_model =
        is_folder || std::find(kSuffixes.begin(), kSuffixes.end(), suffix) != kSuffixes.end();
    if (!is_model || path.filename().string().starts_with('.')) continue;
    if (models.size() == kModelsMax) {
      return Error(Code::kResourceExhausted, "deploy.repository",
                   fmt::format("{} holds more than {} models", folder, kModelsMax));
    }
    models.push_back({.name = name_of(path, is_folder), .path = path.string()});
  }
  if (error) {
    return Error(Code::kNotFound, "deploy.repository",
                 fmt::format("--repository: {} cannot be read: {}", folder, error.message()));
  }
  std::sort(models.begin(), models.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      models.begin(), models.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != models.end()) {
    return Error(Code::kAlreadyExists, "deploy.repository",
                 fmt::format("{} and {} would both be served as '{}': rename one", twice->path,
                             (twice + 1)->path, twice->name));
  }
  return models;
}

Result<std::vector<RepositoryVersion>> versions_in(const RepositoryModel& model,
                                                   const ServingConfig& config) {
  const auto has = [&](const char* name) { return posix_env().exists(model.path + "/" + name); };
  const auto found = numbered(model.path);
  const bool is_triton =
      !has("MLmodel") && !has("model-settings.json") && (has("config.pbtxt") || !found.empty());
  if (!is_triton) return std::vector<RepositoryVersion>{by_settings(model)};
  std::vector<RepositoryVersion> versions;
  for (const std::int64_t number : chosen(found, config)) {
    const std::string version = std::to_string(number);
    versions.push_back({.version = version, .path = model.path + "/" + version});
  }
  if (!versions.empty()) return versions;
  return Error(
      Code::kInvalidArgument, "deploy.repository",
      fmt::format("{} has no version to serve: a folder named by a number, such as {}/1, "
                  "with the model's file in it, expected{}",
                  model.path, model.path,
                  found.empty() ? "" : "; version_policy leaves out those that are there"));
}

std::string fingerprint_of(const std::string& path) {
  std::string text;
  std::error_code error;
  const auto add = [&](const fs::directory_entry& entry) {
    std::error_code gone;
    const auto time = entry.last_write_time(gone).time_since_epoch().count();
    const auto size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    text += fmt::format("{} {} {}\n", entry.path().string(), size, time);
  };
  std::vector<fs::directory_entry> entries;
  if (fs::is_directory(path, error)) {
    fs::recursive_directory_iterator at(path, error);
    for (const fs::recursive_directory_iterator end;
         !error && at != end && entries.size() < kFilesMax; at.increment(error))
      entries.push_back(*at);
  } else if (fs::exists(path, error)) {
    entries.emplace_back(path);
  }
  std::sort(entries.begin(), entries.end());
  for (const auto& entry : entries) add(entry);
  return Sha256::hex_of(text);
}

}  // namespace slipway::deploy
