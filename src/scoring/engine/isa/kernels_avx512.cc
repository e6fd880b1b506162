// Built with -mavx512f and its kin (cmake/modules.cmake); empty where the compiler cannot.
// SPDX-License-Identifier: Apache-2.0
#if defined(__AVX512F__)
#define SLIPWAY_ISA avx512
#include "scoring/engine/isa/table_impl.h"

namespace slipway::scoring::isa {
extern const Kernels* const kAvx512Kernels;
const Kernels* const kAvx512Kernels = &avx512::kTable;
}  // namespace slipway::scoring::isa
#else
#include "scoring/engine/isa/kernels.h"

namespace slipway::scoring::isa {
extern const Kernels* const kAvx512Kernels;
const Kernels* const kAvx512Kernels = nullptr;
}  // namespace slipway::scoring::isa
#endif
