// The engines beside the reference. Each maker gives nothing where the engine cannot promise the
// reference engine's bits, or has no form for the model. See docs/performance.md for what is quick
// when.
//
//   const auto forest = compile_forest(ensemble);
//   if (forest) { auto engine = make_slice_engine(forest, isa::best_isa(), 256); ... }
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "scoring/engine/engine.h"
#include "scoring/engine/forest.h"
#include "scoring/engine/isa/isa.h"

namespace slipway::scoring {

using SharedForest = std::shared_ptr<const Forest>;

// One row at a time: a byte per condition, trees as heaps padded to perfect ones. Trees of up to 10
// levels that are not mostly padding.
std::unique_ptr<Engine> make_heap_engine(const SharedForest& forest, isa::Isa isa);
// One row at a time: a byte per condition, trees of any shape as linked entries.
std::unique_ptr<Engine> make_linked_engine(const SharedForest& forest, isa::Isa isa);
// One row at a time: trees that ask the same at all nodes of a level.
std::unique_ptr<Engine> make_oblivious_engine(const SharedForest& forest, isa::Isa isa);
// One row at a time: 64 questions answered by one permute and one compare. Trees of up to 6 levels or
// 31 splits, or oblivious ones of up to 8 levels; needs AVX-512 with VBMI.
std::unique_ptr<Engine> make_permute_engine(const SharedForest& forest, isa::Isa isa);
// 64, 256 or 512 rows at once, a bit per row and condition. Trees of up to 256 leaves.
std::unique_ptr<Engine> make_slice_engine(const SharedForest& forest, isa::Isa isa,
                                          std::size_t lanes);
bool slices_take(const Forest& forest);
// Node by node on the ensemble itself, several rows or trees side by side: deep forests, and what
// has too many conditions for the others; linear leaves, too.
std::unique_ptr<Engine> make_walk_engine(const model::TreeEnsemble& ensemble, isa::Isa isa);

// The names that they go by, and "reference".
std::vector<std::string_view> engine_names();

// False if the engine of that name could not be made. True is a promise for slices alone: others find
// it out when they are made.
bool can_make_engine(std::string_view name, const SharedForest& forest);

// The engine of that name; nothing if it cannot be made for this ensemble. `forest` may be null.
std::unique_ptr<Engine> make_engine(std::string_view name, const model::TreeEnsemble& ensemble,
                                    const SharedForest& forest, isa::Isa isa);

}  // namespace slipway::scoring
