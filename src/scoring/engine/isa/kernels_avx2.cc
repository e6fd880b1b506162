// Built with -mavx2 (cmake/modules.cmake); empty where the compiler cannot.
// SPDX-License-Identifier: Apache-2.0
#if defined(__AVX2__)
#define SLIPWAY_ISA avx2
#include "scoring/engine/isa/table_impl.h"

namespace slipway::scoring::isa {
extern const Kernels* const kAvx2Kernels;
const Kernels* const kAvx2Kernels = &avx2::kTable;
}  // namespace slipway::scoring::isa
#else
#include "scoring/engine/isa/kernels.h"

namespace slipway::scoring::isa {
extern const Kernels* const kAvx2Kernels;
const Kernels* const kAvx2Kernels = nullptr;
}  // namespace slipway::scoring::isa
#endif
