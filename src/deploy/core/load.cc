// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/load.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "model/blob.h"
#include "model/import/folders/folders.h"
#include "model/import/folders/text_model.h"
#include "model/import/import.h"
#include "plan/engine_choice.h"
#include "registry/package_store.h"

namespace slipway::deploy {
namespace {

// Compiles with the engines that were quickest here, if that was ever measured.
Result<void> compile(model::Model model, const std::string& digest, const LoadOptions& options,
                     Loaded* loaded) {
  ASSIGN_OR_RETURN(plan::EngineOptions engines, plan::engine_options(options.isa, options.engine));
  engines.pool = options.pool;
  const plan::EngineChoice choice(posix_env(), options.home);
  if (auto tables = choice.read(digest, engines.isa)) {
    engines.tables = std::move(*tables);
    loaded->measured = true;
  }
  loaded->plan = plan::Plan::compile(std::move(model), digest, engines);
  RETURN_IF_ERROR(loaded->plan->ready());
  if (options.prepare) loaded->plan->prepare();
  return {};
}

// A folder is called by its own name: the file inside is always "model".
std::string folder_name(const std::string& path) {
  return (std::filesystem::path(path) / "").parent_path().filename().stem().string();
}

// One graph out of several files, all of which its digest covers.
Result<Loaded> load_text_model(const std::string& path, const LoadOptions& options) {
  ASSIGN_OR_RETURN(model::Model model, model::import_text_model(path));
  Loaded loaded{.name = folder_name(path), .version = "1"};
  std::string digests;
  for (const std::string& part : model::text_model_files(path)) {
    ASSIGN_OR_RETURN(const auto file, MappedFile::open(part));
    digests += Sha256::hex_of(file->text()) + "\n";
    loaded.bytes += file->bytes().size();
  }
  RETURN_IF_ERROR(compile(std::move(model), "sha256:" + Sha256::hex_of(digests), options, &loaded));
  return loaded;
}

Result<Loaded> load_file(const std::string& given, const LoadOptions& options) {
  if (model::is_text_model(given)) return load_text_model(given, options);
  ASSIGN_OR_RETURN(const std::string path, model::model_file_of(given));
  ASSIGN_OR_RETURN(model::Model model, model::import_file(path, {.categorical = options.categorical,
                                                                 .start_at = options.start_at,
                                                                 .columns = options.columns}));
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  const std::string name =
      path == given ? std::filesystem::path(path).stem().string() : folder_name(given);
  Loaded loaded{.name = name, .version = "1"};
  loaded.bytes = file->bytes().size();
  RETURN_IF_ERROR(
      compile(std::move(model), "sha256:" + Sha256::hex_of(file->text()), options, &loaded));
  return loaded;
}

Result<void> prove(const registry::Package& package, Loaded* loaded) {
  if (package.parity == nullptr) return {};
  ASSIGN_OR_RETURN(const auto vectors, plan::ParityVectors::from_bytes(package.parity->text()));
  ASSIGN_OR_RETURN(loaded->parity, plan::check_parity(*loaded->plan, vectors));
  if (loaded->parity->passed()) return {};
  return Error(Code::kDataLoss, "deploy.parity",
               fmt::format("the model does not give the answers that were sealed with it: {}",
                           loaded->parity->sentence()));
}

Result<Loaded> load_package(const registry::PackageStore& store, const registry::PackageRef& ref,
                            const LoadOptions& options) {
  ASSIGN_OR_RETURN(const registry::Package package, store.open(ref));
  ASSIGN_OR_RETURN(model::Model model, model::read_blob(package.model->text(), package.model));
  Loaded loaded{.name = ref.name, .version = std::to_string(ref.version)};
  loaded.bytes = package.model->bytes().size();
  RETURN_IF_ERROR(compile(std::move(model), ref.digest, options, &loaded));
  RETURN_IF_ERROR(prove(package, &loaded));
  return loaded;
}

}  // namespace

Result<Loaded> load_model(const std::string& reference, const LoadOptions& options) {
  // A path that exists is a file, and so is what looks like a path: its error is then about the
  // file.
  const bool looks_like_path = reference.find('/') != reference.npos;
  if (posix_env().exists(reference) || looks_like_path) return load_file(reference, options);
  const registry::PackageStore store(options.home + "/packages");
  ASSIGN_OR_RETURN(const registry::PackageRef ref, store.resolve(reference));
  auto loaded = load_package(store, ref, options);
  if (!loaded)
    return std::move(loaded).error().with_context(fmt::format("loading package {}", ref.text()));
  return loaded;
}

}  // namespace slipway::deploy
