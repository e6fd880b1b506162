// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/description.h"
#include "app/engines.h"
#include "app/parity.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "deploy/core/load.h"
#include "model/blob.h"
#include "registry/package_store.h"

namespace slipway::app {
namespace {

std::string sealed_json(const registry::PackageRef& ref, const std::string& sentence) {
  std::string out;
  JsonWriter json(&out);
  json.begin_object()
      .member("name", ref.name)
      .member("version", ref.version)
      .member("digest", ref.digest);
  json.member("created", ref.created).member("exactness", sentence).end_object();
  return out;
}

// What the user says about the training run, under the options' names.
std::vector<std::pair<std::string, std::string>> provenance_of(const Arguments& arguments) {
  std::vector<std::pair<std::string, std::string>> told;
  for (const char* name : {"code-commit", "train-command", "data-digest", "libraries"}) {
    if (arguments.is_set(name)) told.emplace_back(name, arguments.text(name));
  }
  return told;
}

}  // namespace

Result<int> run_package(const Arguments& arguments, const Console& console) {
  const std::string name = arguments.text("name");
  RETURN_IF_ERROR(registry::check_package_name(name));
  ASSIGN_OR_RETURN(
      const deploy::Loaded loaded,
      deploy::load_model(arguments.text("FILE"), {.home = arguments.text("home"),
                                                  .categorical = arguments.list("categorical"),
                                                  .start_at = arguments.text("start-at"),
                                                  .columns = arguments.list("columns")}));
  ASSIGN_OR_RETURN(const auto vectors,
                   read_parity(*loaded.plan, arguments.text("FILE"), arguments, console));
  std::string sentence(plan::kUnproven);
  if (vectors) {
    ASSIGN_OR_RETURN(const plan::ParityReport report, plan::check_parity(*loaded.plan, *vectors));
    sentence = report.sentence();
    if (!report.passed()) {
      return Error(Code::kFailedPrecondition, "app.parity",
                   fmt::format("nothing was sealed: {}", sentence));
    }
  }
  const registry::PackageParts parts{
      .config =
          description_json({*loaded.plan, loaded.bytes, sentence, provenance_of(arguments)}, false),
      .model = model::write_blob(loaded.plan->model()),
      .parity = vectors ? vectors->to_bytes() : ""};
  registry::PackageStore store(arguments.text("home") + "/packages");
  ASSIGN_OR_RETURN(const registry::PackageRef ref,
                   store.seal(name, parts, system_clock().now_us()));
  // So that the first load on this kind of machine knows what is quickest. The package has another
  // digest than the file.
  const auto sealed = plan::Plan::compile(loaded.plan->model(), ref.digest);
  if (auto measured = measure_engines(*sealed, arguments.text("home")); !measured)
    return std::move(measured).error().with_context("the package is sealed");
  console.print(console.json()
                    ? sealed_json(ref, sentence)
                    : fmt::format("sealed {} as {}\n{}", ref.text(), ref.digest, sentence));
  return kDone;
}

}  // namespace slipway::app
