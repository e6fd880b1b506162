// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/serving_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

namespace fs = std::filesystem;

std::string text_of(JsonView object, std::string_view member) {
  return std::string(object.find(member).as_string().value_or(""));
}

ServingState::Remembered remembered_of(JsonView json) {
  ServingState::Remembered model;
  model.is_loaded = json.find("loaded").as_bool().value_or(false);
  for (const JsonView version : json.find("good").array())
    model.good.emplace_back(version.as_string().value_or(""));
  model.asked = {.config = text_of(json, "config"), .files_folder = text_of(json, "files")};
  model.begun = text_of(json, "begun");
  model.begins = json.find("begins").as_uint64().value_or(0);
  return model;
}

void write_model(const std::string& name, const ServingState::Remembered& model, JsonWriter* json) {
  json->begin_object().member("name", name).member("loaded", model.is_loaded);
  json->key("good").begin_array();
  for (const std::string& version : model.good) json->value(version);
  json->end_array().member("config", model.asked.config);
  json->member("files", model.asked.files_folder).member("begun", model.begun);
  json->member("begins", model.begins).end_object();
}

}  // namespace

Result<std::unique_ptr<ServingState>> ServingState::open(std::string folder) {
  RETURN_IF_ERROR(posix_env().make_folders(folder));
  std::unique_ptr<ServingState> state(new ServingState(std::move(folder)));
  if (posix_env().exists(state->folder_ + "/models.json")) RETURN_IF_ERROR(state->read());
  state->remove_unused_folders();
  return state;
}

Result<void> ServingState::read() {
  const std::string path = folder_ + "/models.json";
  ASSIGN_OR_RETURN(const std::string text, posix_env().read_file(path));
  const auto document = JsonDocument::parse(text);
  if (!document || !document.value().root().find("models").is_array()) {
    return Error(
        Code::kDataLoss, "deploy.state",
        fmt::format("{} is not what slipway serve wrote: take it away to begin without it", path));
  }
  folders_ = document.value().root().find("folders").as_uint64().value_or(0);
  for (const JsonView each : document.value().root().find("models").array())
    models_[text_of(each, "name")] = remembered_of(each);
  return {};
}

Result<void> ServingState::write() const {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().member("folders", folders_).key("models").begin_array();
  for (const auto& [name, model] : models_) write_model(name, model, &json);
  json.end_array().end_object();
  return write_file_atomically(folder_ + "/models.json", text + "\n");
}

void ServingState::remove_unused_folders() const {
  std::set<std::string> used;
  for (const auto& [name, model] : models_) used.insert(model.asked.files_folder);
  std::error_code error;
  for (fs::directory_iterator at(folder_ + "/files", error), end; !error && at != end;
       at.increment(error)) {
    std::error_code kept;
    if (!used.contains(at->path().string())) fs::remove_all(at->path(), kept);
  }
}

const ServingState::Remembered* ServingState::find(std::string_view name) const {
  const auto at = models_.find(name);
  return at == models_.end() ? nullptr : &at->second;
}

bool ServingState::is_suspect(std::string_view name, std::string_view fingerprint) const {
  const Remembered* const model = find(name);
  return model != nullptr && model->begins >= kBeginsMax && model->begun == fingerprint;
}

Result<void> ServingState::begin(const std::string& name, const std::string& fingerprint) {
  Remembered& model = models_[name];
  model.begins = model.begun == fingerprint ? model.begins + 1 : 1;
  model.begun = fingerprint;
  return write();
}

Result<void> ServingState::succeed(const std::string& name, std::vector<std::string> versions,
                                   Asked asked) {
  models_[name] = {.is_loaded = true,
                   .good = std::move(versions),
                   .asked = std::move(asked),
                   .begun = {},
                   .begins = 0};
  RETURN_IF_ERROR(write());
  remove_unused_folders();
  return {};
}

Result<void> ServingState::fail(const std::string& name) {
  Remembered& model = models_[name];
  model.begun.clear();
  model.begins = 0;
  return write();
}

Result<void> ServingState::forget(const std::string& name) {
  if (models_.erase(name) == 0) return {};
  RETURN_IF_ERROR(write());
  remove_unused_folders();
  return {};
}

Result<std::string> ServingState::make_folder() {
  std::string folder = fmt::format("{}/files/{}", folder_, folders_++);
  RETURN_IF_ERROR(posix_env().make_folders(folder));
  return folder;
}

}  // namespace slipway::deploy
