// What every machine of the architecture runs: SSE2 on x86-64, NEON on aarch64.
// SPDX-License-Identifier: Apache-2.0
#define SLIPWAY_ISA baseline
#include "scoring/engine/isa/table_impl.h"

namespace slipway::scoring::isa {
extern const Kernels* const kBaselineKernels;
const Kernels* const kBaselineKernels = &baseline::kTable;
}  // namespace slipway::scoring::isa
