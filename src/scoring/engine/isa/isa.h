// Which instruction sets this machine has, and the loops built for each.
//
//   const Kernels& k = kernels(best_isa());
//   ASSIGN_OR_RETURN(const Isa isa, isa_named("avx2"));     // --isa
//
// One binary holds all; the choice is made at run time. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway::scoring::isa {

struct Kernels;         // kernels.h
struct PermuteKernels;  // permute_kernels.h

// kBaseline is what every machine of the architecture has: SSE2 on x86-64, NEON on aarch64; kAvx512 is F, BW, VL and DQ;
// kAvx512Vbmi has VBMI and GFNI beside them (Intel since Ice Lake, AMD since Zen 4). Each has what those before it have.
enum class Isa : std::uint8_t { kBaseline, kAvx2, kAvx512, kAvx512Vbmi };

std::string_view name_of(Isa isa);  // "scalar" or "neon", "avx2", "avx512", "avx512vbmi"

// Of this build and this machine, the plainest first.
std::vector<Isa> usable_isas();
Isa best_isa();

// kInvalidArgument "scoring.isa" for a name that is none, or none of this machine's.
Result<Isa> isa_named(std::string_view name);

// Precondition: `isa` is usable.
const Kernels& kernels(Isa isa);
// Null but for kAvx512Vbmi.
const PermuteKernels* permute_kernels(Isa isa);

}  // namespace slipway::scoring::isa
