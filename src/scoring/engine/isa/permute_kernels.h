// The loops that need AVX-512 with VBMI (Ice Lake, Zen 4), whose permutes find 64 bytes of 64 or 128: one
// row, 64 questions at a time. Plain data in and out, as in kernels.h.
//
//   const PermuteKernels* k = permute_kernels(best_isa());      // isa.h; null where the machine cannot
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "scoring/engine/isa/kernels.h"

namespace slipway::scoring::isa {

// What is asked of a row, by rank alone: question i holds iff the rank in slot[i] exceeds rank[i]. A
// rank counts the distinct thresholds of a group that a value reaches. A slot holds kSlotRanks of
// them: a group that has more has several, and it has others for the questions that a missing value
// answers with yes.
constexpr std::uint32_t kSlotRanks = 255;
constexpr std::uint32_t kSlotsMax = 128;
struct alignas(64) PermuteQuestions {
  std::uint8_t slot[64];
  std::uint8_t rank[64];
};
// Where slots hold answers themselves, a bit each: what a question sees of its slot.
struct alignas(64) PermuteMasks {
  std::uint8_t mask[64];
};
struct alignas(64) RowSlots {
  std::uint8_t rank[kSlotsMax];
};
struct PermuteGroup {
  std::uint32_t group;  // of the table
  std::uint8_t low;  // slot for the questions that do not hold for a missing value; kSlotsMax: none
  std::uint8_t high;   // for those that do
  std::uint8_t spans;  // slots of each
};
// The ranks of a group that has more than two levels of thresholds, or more than one slot.
struct PermuteSpans {
  std::uint32_t group;  // of the table
  std::uint8_t source;  // where its first span's rank goes
  std::uint8_t spans;
};
// How a row's slots are filled. Groups stand in lanes: those of one level first, then of two, then the
// rest. Each lane has a rank (a span of the rest has one), and a slot takes that of its source.
constexpr std::uint32_t kGroupsAtOnce = 16;
template <typename T>
struct PermuteRow {
  const ConditionTable<T>* table;       // of distinct thresholds
  const std::uint32_t* features;        // per lane
  std::uint32_t lanes;                  // a multiple of kGroupsAtOnce
  std::uint32_t one_level, two_levels;  // where each kind ends
  // Per kGroupsAtOnce lanes: kBlock times a first-level threshold of each; and how many are not all NaN.
  const T* first_levels;
  const std::uint8_t* first_counts;
  const std::uint32_t* second_levels;  // per group: offset of its blocks in the table's thresholds
  const std::uint16_t* zero_missing;   // a bit per lane: whether zero counts as missing
  T flush_to;                          // values up to it count as zeros
  const PermuteSpans* spans;           // of the groups from two_levels on
  std::uint32_t span_count;
  alignas(64) std::uint8_t source[kSlotsMax];  // per slot
  std::uint64_t
      high[kSlotsMax / 64];  // a bit per slot: whether its questions hold for a missing value
};

// kPerfectN: question h of a tree padded to N levels is its bit h (1 is the root); kLeftmost: trees of
// up to 31 splits, an answer that holds rules leaves out; kOblivious: up to 8 levels, the last one's
// answer is the lowest bit. A tree has 1 << N, 32 or 8 questions.
enum class PermuteShape : std::uint32_t {
  kOblivious,
  kPerfect3,
  kPerfect4,
  kPerfect5,
  kPerfect6,
  kLeftmost
};
// Question q, where it holds, leaves leaves[q] in the running, a bit each from the left: all but those on its left side. The
// leftmost that no answer rules out is the row's. (C. Lucchese et al., QuickScorer, SIGIR 2015.)
struct alignas(64) PermuteLeaves {
  std::uint32_t leaves[32];
};
template <typename S>
struct PermuteTrees {
  const PermuteQuestions* questions;
  const PermuteMasks* masks;  // one for each of these; null: questions see all of their slots
  std::size_t tree_count;
  PermuteShape shape;
  std::uint32_t slots;
  const std::uint32_t* first_leaf;  // kOblivious, per tree
  const PermuteLeaves* left;        // kLeftmost, per tree
  LeafSums<S> sums;                 // leaf l, column j: leaves[l * width + j]
};

struct PermuteKernels {
  void (*row_float)(const PermuteRow<float>&, const double* row, RowSlots*);
  void (*row_double)(const PermuteRow<double>&, const double* row, RowSlots*);
  // A byte per question, 0 or 1, of `blocks` of 64 each.
  void (*ask)(const PermuteQuestions*, std::size_t blocks, const RowSlots&, std::uint8_t* bytes);
  // Adds a row's leaves to `sums`, tree by tree.
  void (*permute_float)(const PermuteTrees<float>&, const RowSlots&, float* sums);
  void (*permute_double)(const PermuteTrees<double>&, const RowSlots&, double* sums);
};

}  // namespace slipway::scoring::isa
