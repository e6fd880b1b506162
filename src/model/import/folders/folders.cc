// SPDX-License-Identifier: Apache-2.0
#include "model/import/folders/folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace slipway::model {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 11> kSuffixes{".joblib", ".pkl",  ".pickle", ".json",
                                                     ".ubj",    ".txt",  ".cbm",    ".bst",
                                                     ".slip",   ".onnx", ".xgb"};

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Error refuse(const char* reason, const fs::path& folder, std::string_view what) {
  std::vector<std::string> names = names_in(folder);
  names.resize(std::min<std::size_t>(names.size(), 12));
  return Error(Code::kInvalidArgument, reason,
               fmt::format("{} is a folder {}; it holds: {}", folder.string(), what,
                           names.empty() ? "nothing" : join(names, ", ")));
}

// A file that a settings file names: inside the folder, and there.
Result<std::string> named_file(const fs::path& folder, std::string_view name, const char* by) {
  const fs::path relative(name);
  const fs::path file = (folder / relative).lexically_normal();
  const fs::path base = (folder / "").lexically_normal();
  const bool inside = relative.is_relative() && file.string().starts_with(base.string());
  std::error_code error;
  if (inside && fs::is_regular_file(file, error)) return file.string();
  return refuse("model.folder.file", folder,
                fmt::format("whose {} names the model '{}', which is not in it", by, name));
}

// The value of the first of these keys in MLflow's YAML, whose model flavors hold plain scalars.
std::optional<std::string> scalar_of(std::string_view yaml, std::string_view key) {
  for (std::string_view line : split(yaml, '\n')) {
    line = trim(line);
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ':') continue;
    std::string_view value = trim(line.substr(key.size() + 1));
    const bool quoted = value.size() >= 2 && (value.front() == '\'' || value.front() == '"');
    if (quoted) value = value.substr(1, value.size() - 2);
    if (!value.empty()) return std::string(value);
  }
  return std::nullopt;
}

Result<std::string> mlflow(const fs::path& folder) {
  ASSIGN_OR_RETURN(const auto file, MappedFile::open((folder / "MLmodel").string()));
  for (const std::string_view key : {"pickled_model", "data", "model_path"}) {
    if (const auto name = scalar_of(file->text(), key)) return named_file(folder, *name, "MLmodel");
  }
  return refuse("model.folder.mlflow", folder, "whose MLmodel names no model file");
}

Result<std::string> mlserver(const fs::path& folder) {
  const std::string path = (folder / "model-settings.json").string();
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  auto document = JsonDocument::parse(file->text());
  if (!document) return std::move(document).error().with_context(path);
  const auto uri = document.value().root().find("parameters").find("uri").as_string();
  if (!uri)
    return refuse("model.folder.mlserver", folder,
                  "whose model-settings.json has no parameters.uri");
  return named_file(folder, *uri, "model-settings.json");
}

// The one file that looks like a model; model.* goes before others.
Result<std::string> only_model(const fs::path& folder, std::string_view what) {
  std::vector<std::string> models, preferred;
  for (const std::string& name : names_in(folder)) {
    const std::string suffix = fs::path(name).extension().string();
    if (std::find(kSuffixes.begin(), kSuffixes.end(), suffix) == kSuffixes.end()) continue;
    models.push_back(name);
    if (fs::path(name).stem() == "model") preferred.push_back(name);
  }
  const auto& chosen = preferred.empty() ? models : preferred;
  if (chosen.size() == 1) return (folder / chosen[0]).string();
  return refuse("model.folder.model", folder,
                chosen.empty()
                    ? fmt::format("{} without a model file", what)
                    : fmt::format("{} with {} model files: name one", what, chosen.size()));
}

Result<std::string> triton(const fs::path& folder) {
  std::optional<std::int64_t> newest;
  for (const std::string& name : names_in(folder)) {
    const auto version = parse_int64(name);
    std::error_code error;
    if (version && *version > newest.value_or(0) && fs::is_directory(folder / name, error))
      newest = version;
  }
  if (!newest)
    return refuse("model.folder.triton", folder, "of Triton's without a numbered version");
  return only_model(folder / std::to_string(*newest), "of Triton's");
}

}  // namespace

Result<std::string> model_file_of(const std::string& path) {
  std::error_code error;
  const fs::path folder(path);
  if (!fs::is_directory(folder, error)) return path;
  const auto has = [&](const char* name) { return fs::is_regular_file(folder / name, error); };
  if (has("MLmodel")) return mlflow(folder);
  if (has("model-settings.json")) return mlserver(folder);
  if (has("config.pbtxt")) return triton(folder);
  return only_model(folder, "of no layout that slipway knows (MLflow, MLServer, Triton)");
}

}  // namespace slipway::model
