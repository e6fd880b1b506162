// Which engines were quickest for a model on this machine, kept beside the packages so that it is
// measured once per model and kind of CPU.
//
//   const EngineChoice choice(posix_env(), home);
//   const auto tables = choice.read(digest, isa);              // none if it was not measured yet
//   RETURN_IF_ERROR(choice.write(digest, isa, tables));
//
// <home>/engines/<digest>.<CPU>.json; docs/reference/package.md. A file that cannot be read counts as
// not measured: it decides about speed alone. Safe from any thread; writes are atomic.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/env.h"
#include "base/result.h"
#include "scoring/engine/choice.h"

namespace slipway::plan {

class EngineChoice {
 public:
  using Tables = std::map<std::size_t, scoring::EngineTable>;  // by node

  EngineChoice(Env& env, std::string home);

  std::optional<Tables> read(const std::string& digest, scoring::isa::Isa isa) const;
  Result<void> write(const std::string& digest, scoring::isa::Isa isa, const Tables& tables) const;
  std::string path_of(const std::string& digest, scoring::isa::Isa isa) const;

 private:
  Env& env_;
  const std::string folder_;
  const std::string cpu_;
};

}  // namespace slipway::plan
