// What there is to say about a model: as JSON (also the config of a package) and as the text of `inspect`.
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plan/plan.h"

namespace slipway::app {

struct Described {
  const plan::Plan& plan;
  std::uint64_t bytes = 0;
  std::string_view exactness;  // the sentence
  // Where the model comes from, as its maker says: names and values.
  std::vector<std::pair<std::string, std::string>> provenance = {};
};

// `pretty`: for people's eyes; the same content.
std::string description_json(const Described& model, bool pretty);
std::string description_text(const Described& model);

}  // namespace slipway::app
