// Conditions that are looked up (looked_up.h), laid out for many rows at once: the answers by codes as bits of words.
//
//   const LookUpPlanes layout(forest->conditions);
//   work.looked_up = layout.view();                    // isa::SliceWork
//
// Immutable; the view is good as long as the layout is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/engine/conditions.h"
#include "scoring/engine/isa/kernels.h"

namespace slipway::scoring {

class LookUpPlanes {
 public:
  explicit LookUpPlanes(const Conditions& conditions);
  LookUpPlanes(const LookUpPlanes&) = delete;
  LookUpPlanes& operator=(const LookUpPlanes&) = delete;

  // Null if nothing is looked up.
  const isa::LookUps* view() const { return lists_.empty() ? nullptr : &view_; }
  std::size_t lists() const { return lists_.size(); }
  std::size_t variants() const { return variants_; }  // planes
  std::size_t memory_bytes() const;

 private:
  void place(const LookedUp& from);
  void fill(const LookedUp& from);
  void add_bytes(const LookedUp& from);

  std::vector<std::vector<std::uint64_t>> words_;  // per list
  std::vector<std::vector<std::uint8_t>> bytes_;   // as well
  std::vector<isa::LookUpList> lists_;
  std::vector<isa::LookUpCondition> conditions_;
  std::vector<std::uint32_t> place_;  // per condition: of its first variant, within its list
  std::size_t variants_ = 0;
  isa::LookUps view_{};
};

}  // namespace slipway::scoring
