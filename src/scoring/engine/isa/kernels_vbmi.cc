// Built with -mavx512vbmi, -mgfni and what goes with them (cmake/modules.cmake); empty where the compiler cannot.
// SPDX-License-Identifier: Apache-2.0
#if defined(__AVX512VBMI__) && defined(__GFNI__)
#define SLIPWAY_ISA vbmi
#include "scoring/engine/isa/permute_impl.h"
#include "scoring/engine/isa/table_impl.h"

namespace slipway::scoring::isa {
namespace vbmi {
namespace {
constexpr PermuteKernels kPermuteTable{row_slots<float>, row_slots<double>, ask, permute<float>,
                                       permute<double>};
}  // namespace
}  // namespace vbmi
extern const Kernels* const kVbmiKernels;
const Kernels* const kVbmiKernels = &vbmi::kTable;
extern const PermuteKernels* const kPermuteKernels;
const PermuteKernels* const kPermuteKernels = &vbmi::kPermuteTable;
}  // namespace slipway::scoring::isa
#else
#include "scoring/engine/isa/permute_kernels.h"

namespace slipway::scoring::isa {
extern const Kernels* const kVbmiKernels;
const Kernels* const kVbmiKernels = nullptr;
extern const PermuteKernels* const kPermuteKernels;
const PermuteKernels* const kPermuteKernels = nullptr;
}  // namespace slipway::scoring::isa
#endif
