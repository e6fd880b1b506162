// The loops that engines spend their time in, compiled once per instruction set. Plain data in and
// out: nothing here owns memory, and no standard template is instantiated, so that code built for
// AVX-512 cannot be linked into what other machines run.
//
//   const Kernels& k = kernels(Isa::kAvx2);      // isa.h
//   k.row_bytes_float(table, row, bytes);
//
// All instruction sets give the same bits. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "scoring/engine/isa/products.h"

namespace slipway::scoring::isa {

// ---- conditions of a row ----

// A group of number conditions with its thresholds as an implicit tree of blocks of 16: level 0 is
// one block; entry e of a level is the last threshold of block e of the next. Rest: NaN.
constexpr std::uint32_t kBlock = 16;
constexpr std::uint32_t kLevelsMax = 6;
constexpr std::uint32_t kTreeLevelsMin = 4, kTreeLevelsMax = 8;
struct RankGroup {
  std::uint32_t feature;
  std::uint32_t first;  // condition
  std::uint32_t count;
  std::uint32_t levels;
  std::uint32_t level_at[kLevelsMax];  // offsets of the levels among the thresholds
  // Of fewer than 2^kTreeLevelsMax thresholds: the same as a search tree of 2^tree_levels nodes whose node h has the
  // children 2h and 2h + 1; node 0 is none, rest: NaN. Else tree_levels is 0.
  std::uint32_t tree_at;
  std::uint8_t tree_levels;
  std::uint8_t zero_is_missing;
  std::uint8_t missing_any;  // whether some condition holds for a missing value
};

struct CodeGroup {
  std::uint32_t feature;
  std::uint32_t first;
  std::uint32_t count;
  std::uint32_t categories;
  std::uint32_t words;
  std::uint32_t table;
  std::uint8_t negative_is_outside;
};

// Whether a value equals this one.
struct EqualQuestion {
  std::uint32_t feature;
  double value;
};

template <typename T>  // of inputs: float or double
struct ConditionTable {
  const RankGroup* groups;
  std::size_t group_count;
  const T* thresholds;
  const std::uint8_t* missing;  // per condition: its answer for a missing value; 64 bytes more
  const CodeGroup* codes;
  std::size_t code_count;
  const std::uint64_t* bits;
  const EqualQuestion* equals;
  std::uint32_t equal_count;
  std::uint32_t first_equal;  // condition
  std::uint32_t count;        // conditions, those that are looked up included
  std::uint32_t widest;       // largest count of a number group
  const std::uint8_t* ones;   // 2 * (widest + 64) bytes: as many ones as zeros, for copies of both
  double flush_below;
};

// ---- trees ----

// A block of up to kTogether trees that are walked together, each padded to `depth` levels: node h's
// children are 2h and 2h + 1, the root is 1.
constexpr std::uint32_t kTogether = 8;
struct HeapBlock {
  std::uint32_t depth;
  std::uint32_t trees;
  std::uint32_t nodes;   // offset: (1 << depth) condition numbers a tree
  std::uint32_t leaves;  // offset: (1 << depth) values a tree and column
};

template <typename S>  // of sums: float or double
struct LeafSums {
  const S* leaves;
  const std::uint32_t* outputs;  // per tree: the first sum it adds to; null: there is one sum
  std::uint32_t width;           // values of a leaf
};

template <typename S>
struct HeapTrees {
  const HeapBlock* blocks;
  std::size_t block_count;
  const std::uint16_t* nodes;
  LeafSums<S> sums;  // a leaf's values: `width` runs of (1 << depth), one per column
};

// General shapes, depth first: behind a split stands the side that most rows take, and `more` entries further
// the other one, for those whose condition holds; so a way down stays in few cache lines. Where most rows go right,
// a split asks for the negated condition. A leaf asks what always holds, with -1: it leads to itself; its values
// stand in the entries behind it.
struct LinkedEntry {
  std::uint16_t condition;
  std::int16_t more;
};
constexpr std::size_t kStretch = 1024;  // trees between two looks at who is late
constexpr std::size_t kChains = 16;     // trees walked side by side, so that their loads overlap
constexpr std::size_t kAhead = 32;      // trees until the one whose root is fetched
template <typename S>
struct LinkedTrees {
  const std::uint32_t* first;  // per tree: its root's entry
  std::size_t tree_count;
  const LinkedEntry* entries;
  std::uint16_t always;  // the condition of leaves
  std::uint32_t steps;   // that every tree is walked before anybody looks
  std::uint32_t
      negated;  // where negated conditions stand behind the bytes of these; 0: none are asked for
  LeafSums<S> sums;  // without `leaves`
};

template <typename S>
struct ObliviousTrees {
  const std::uint32_t* first_leaf;  // per tree: offset of its leaf 0, in leaves
  const std::uint8_t* depths;
  const std::uint16_t* levels;  // conditions, the lowest bit's first, `levels_max` a tree
  std::size_t tree_count;
  std::uint32_t levels_max;
  LeafSums<S> sums;  // leaf l, column j: leaves[l * width + j]
};

// ---- many rows at once ----

// A condition for 64, 256 or 512 rows is a plane: a bit per row.
enum class SliceKind : std::uint32_t { kMux, kReach, kOblivious };
struct SliceTree {
  SliceKind kind;
  std::uint32_t depth;    // bits of a leaf number
  std::uint32_t program;  // offset
  std::uint32_t splits;
  std::uint32_t leaves;  // offset of the first column's table, of table_size values
  std::uint32_t table_size;
  std::uint32_t output;
};

template <typename S>
struct SliceTrees {
  const SliceTree* trees;  // neighbours of the same output are added together
  std::size_t tree_count;
  const std::uint32_t* program;  // planes as byte offsets
  const S* leaves;
  std::uint32_t width;  // tables of a tree, one per value of a leaf
  std::uint32_t outputs;
  std::uint32_t slots_max;  // of kReach
};

// Conditions that are looked up (looked_up.h): each has an answer for each code of its list and each way in which its asks are
// answered. These variants of all conditions of a list are the bits of a code's words.
constexpr std::uint32_t kCodesInRegisters = 128;
struct LookUpList {
  const std::uint64_t* words;  // per code
  std::uint32_t width;         // words of a code
  std::uint32_t columns;       // variants: bits of these
  const std::uint8_t*
      bytes;  // of up to kCodesInRegisters codes: per eight columns a byte for each; else null
};
struct LookUpCondition {
  std::uint32_t variants;  // the first one's place among those of all lists, which are 64 a word
  std::uint32_t asks;      // 1 << asks of them; the first one's answer is the lowest bit
  std::uint32_t asks_at;
};
struct LookUps {
  const LookUpList* lists;
  std::size_t list_count;
  const LookUpCondition* conditions;  // in the order of their planes
  std::uint32_t condition_count;
  std::uint32_t first;        // plane
  const std::uint16_t* asks;  // conditions
};

// Scratch of a block: planes, then what the steps need.
template <typename T, typename S>
struct SliceWork {
  std::byte* planes;
  T* columns;           // `lanes` values per number group
  std::byte* deltas;    // widest + 1 planes
  std::byte* reach;     // slots_max planes
  std::uint8_t* index;  // rows of leaf numbers for kTreesAtOnce trees
  S* sums;              // outputs * lanes, column by column
  // Null: nothing is looked up. Else codes[l * lanes + r] are those of the rows, and there are as many
  // planes as variants.
  const LookUps* looked_up;
  const std::uint32_t* codes;
  std::byte* variants;
};
constexpr std::uint32_t kTreesAtOnce = 16;

// Deep trees, walked node by node; eight bytes (float) or sixteen (double) a node. `what` holds the
// slot in its low kSlotBits (float) or half (double), the left child above; the right child stands
// next to it. A leaf's threshold is a NaN that carries its number, and it is its own left child.
constexpr std::uint32_t kSlotBits = 10;
struct WalkNodeFloat {
  float threshold;
  std::uint32_t what;
};
struct WalkNodeDouble {
  double threshold;
  std::uint64_t what;
};
template <typename Node>
struct WalkTrees {
  const Node* nodes;
  const std::uint64_t* begin;  // per tree: its first node
  std::size_t tree_count;
};
// Cache lines that the next tree will want, fetched while rows walk this one.
struct Ahead {
  const std::byte* first;
  std::size_t lines;
};

struct Kernels {
  void (*matmul)(const Product&, double* out);
  // False if a requirement does not hold for some row; `out` is then not to be used.
  bool (*chain)(const Chain&, const double* x, std::size_t rows, double* out);
  bool (*network)(const Network&, const double* x, std::size_t rows, double* out);

  // A byte per condition, 1 where it holds, and behind them a 0 and a 1. `bytes` has 64 more.
  void (*row_bytes_float)(const ConditionTable<float>&, const double* row, std::uint8_t* bytes);
  void (*row_bytes_double)(const ConditionTable<double>&, const double* row, std::uint8_t* bytes);

  // Adds a row's leaves to `sums`, tree by tree.
  void (*heap_float)(const HeapTrees<float>&, const std::uint8_t* bytes, float* sums);
  void (*heap_double)(const HeapTrees<double>&, const std::uint8_t* bytes, double* sums);
  // at: an entry per tree; late: as many, for the trees that are not done.
  void (*linked_float)(const LinkedTrees<float>&, std::uint8_t* bytes, std::uint32_t* at,
                       std::uint32_t* late, float* sums);
  void (*linked_double)(const LinkedTrees<double>&, std::uint8_t* bytes, std::uint32_t* at,
                        std::uint32_t* late, double* sums);
  void (*oblivious_float)(const ObliviousTrees<float>&, const std::uint8_t* bytes, float* sums);
  void (*oblivious_double)(const ObliviousTrees<double>&, const std::uint8_t* bytes, double* sums);

  // Leaf numbers of tree `tree` for `rows` rows of `slots` values each.
  void (*walk_rows_float)(const WalkTrees<WalkNodeFloat>&, std::size_t tree, const float* values,
                          std::size_t slots, std::size_t rows, Ahead ahead, std::uint32_t* leaf);
  void (*walk_rows_double)(const WalkTrees<WalkNodeDouble>&, std::size_t tree, const double* values,
                           std::size_t slots, std::size_t rows, Ahead ahead, std::uint32_t* leaf);
  // Leaf numbers of trees [first, first + count) for one row.
  void (*walk_trees_float)(const WalkTrees<WalkNodeFloat>&, std::size_t first, std::size_t count,
                           const float* values, std::uint32_t* leaf);
  void (*walk_trees_double)(const WalkTrees<WalkNodeDouble>&, std::size_t first, std::size_t count,
                            const double* values, std::uint32_t* leaf);

  struct Slice {
    // Planes of the conditions of up to `lanes` rows of `width` values, and one of zeros behind
    // them; adds the trees' leaves to work.sums.
    void (*run_ff)(const ConditionTable<float>&, const SliceTrees<float>&, const double* rows,
                   std::size_t count, std::size_t width, const SliceWork<float, float>&);
    void (*run_fd)(const ConditionTable<float>&, const SliceTrees<double>&, const double* rows,
                   std::size_t count, std::size_t width, const SliceWork<float, double>&);
    void (*run_dd)(const ConditionTable<double>&, const SliceTrees<double>&, const double* rows,
                   std::size_t count, std::size_t width, const SliceWork<double, double>&);
  };
  Slice slice64, slice256, slice512;
  // Tables of so many leaves and more lie byte by byte: byte 0 of all of them, then byte 1, ... 0: none do.
  std::uint32_t byte_table;
  // Slices are quicker where groups of more conditions are parted. 0: they need not be.
  std::uint32_t group_max;
};

}  // namespace slipway::scoring::isa
