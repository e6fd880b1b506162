// The table of this instruction set's loops. See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/network_impl.h"
#include "scoring/engine/isa/row_impl.h"
#include "scoring/engine/isa/slice_impl.h"
#include "scoring/engine/isa/walk_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

template <typename V>
constexpr Kernels::Slice slice_table() {
  return {slice<V, float, float>, slice<V, float, double>, slice<V, double, double>};
}

constexpr Kernels kTable{
    matmul,
    chain,
    network,
    row_bytes<float>,
    row_bytes<double>,
    heap<float>,
    heap<double>,
    linked<float>,
    linked<double>,
    oblivious<float>,
    oblivious<double>,
    walk_rows<WalkNodeFloat, float>,
    walk_rows<WalkNodeDouble, double>,
    walk_trees<WalkNodeFloat, float>,
    walk_trees<WalkNodeDouble, double>,
    slice_table<Bits64>(),
    slice_table<Bits256>(),
    slice_table<Bits512>(),
    kByteTable,
    kGroupMax,
};

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
