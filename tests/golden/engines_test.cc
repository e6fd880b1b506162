// Every engine on every instruction set of this machine against the reference engine, on the trees of
// all golden models: what real libraries trained.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "model/import/import.h"
#include "scoring/draw.h"
#include "scoring/engine/engines.h"

namespace slipway {
namespace {

using model::TreeEnsemble;
using scoring::isa::Isa;

constexpr std::size_t kRows = 90;  // more than one slice of 64, less than one of 256

std::vector<double> run(const scoring::Engine& engine, const TreeEnsemble& e,
                        const std::vector<double>& rows) {
  scoring::Scratch scratch;
  std::vector<double> sums(kRows * e.outputs);
  engine.run({rows.data(), kRows, e.width}, sums.data(), scratch.of(engine.scratch_bytes()));
  return sums;
}

std::size_t differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool both_nan = std::isnan(a[i]) && std::isnan(b[i]);
    if (std::memcmp(&a[i], &b[i], sizeof(double)) != 0 && !both_nan) ++count;
  }
  return count;
}

struct Tally {
  std::size_t ensembles = 0;
  std::map<std::string, std::size_t> with_cover;  // by library
  std::map<std::string, std::size_t> made;        // by engine and instruction set
};

void compare(const std::string& file, const TreeEnsemble& e, Tally* tally) {
  ++tally->ensembles;
  const std::vector<double> rows = scoring::draw_rows(e, kRows, tally->ensembles);
  const std::vector<double> want = run(*scoring::make_reference_engine(e), e, rows);
  const scoring::SharedForest forest = scoring::compile_forest(e);
  for (const Isa isa : scoring::isa::usable_isas()) {
    for (const std::string_view name : scoring::engine_names()) {
      const auto engine = scoring::make_engine(name, e, forest, isa);
      if (engine == nullptr) continue;
      const std::string which = std::string(name) + " " + std::string(name_of(isa));
      ++tally->made[which];
      EXPECT_EQ(differences(run(*engine, e, rows), want), 0u) << file << ", " << which;
    }
  }
}

TEST(EnginesGolden, EqualTheReferenceOnWhatLibrariesTrained) {
  Tally tally;
  for (const char* folder : {"lightgbm", "xgboost", "catboost", "sklearn"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string("tests/golden/") + folder)) {
      if (!entry.is_regular_file()) continue;
      const auto model = model::import_file(entry.path().string());
      if (!model) continue;  // rows, answers, lists of cases
      for (const auto& node : model.value().nodes) {
        const auto* trees = std::get_if<TreeEnsemble>(&node.op);
        if (trees != nullptr) compare(entry.path().string(), *trees, &tally);
        if (trees != nullptr && !trees->cover.empty()) ++tally.with_cover[folder];
      }
    }
  }
  std::printf("%zu ensembles", tally.ensembles);
  for (const auto& [which, count] : tally.made) std::printf("; %s %zu", which.c_str(), count);
  for (const auto& [library, count] : tally.with_cover)
    std::printf("; cover of %s %zu", library.c_str(), count);
  std::printf("\n");
  for (const char* library : {"lightgbm", "xgboost", "sklearn"})
    EXPECT_GE(tally.with_cover[library], 100u) << library;
  EXPECT_GE(tally.ensembles, 1000u);
}

}  // namespace
}  // namespace slipway
