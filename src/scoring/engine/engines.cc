// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/engines.h"

namespace slipway::scoring {

std::vector<std::string_view> engine_names() {
  return {"reference", "heap",     "linked",   "oblivious", "permute",
          "slice64",   "slice256", "slice512", "walk"};
}

bool can_make_engine(std::string_view name, const SharedForest& forest) {
  if (name == "reference" || name == "walk") return true;
  return forest != nullptr && (!name.starts_with("slice") || slices_take(*forest));
}

std::unique_ptr<Engine> make_engine(std::string_view name, const model::TreeEnsemble& ensemble,
                                    const SharedForest& forest, isa::Isa isa) {
  if (name == "reference") return make_reference_engine(ensemble);
  if (name == "walk") return make_walk_engine(ensemble, isa);
  if (forest == nullptr) return nullptr;
  if (name == "heap") return make_heap_engine(forest, isa);
  if (name == "linked") return make_linked_engine(forest, isa);
  if (name == "oblivious") return make_oblivious_engine(forest, isa);
  if (name == "permute") return make_permute_engine(forest, isa);
  if (name == "slice64") return make_slice_engine(forest, isa, 64);
  if (name == "slice256") return make_slice_engine(forest, isa, 256);
  if (name == "slice512") return make_slice_engine(forest, isa, 512);
  return nullptr;
}

}  // namespace slipway::scoring
