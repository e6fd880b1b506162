// Built with -mavx512vbmi and what goes with it (cmake/modules.cmake); empty where the compiler cannot.
// SPDX-License-Identifier: Apache-2.0
#if defined(__AVX512VBMI__)
#define SLIPWAY_ISA vbmi
#include "scoring/engine/isa/permute_impl.h"

namespace slipway::scoring::isa {
namespace vbmi {
namespace {
constexpr PermuteKernels kTable{row_slots<float>, row_slots<double>, permute<float>,
                                permute<double>};
}  // namespace
}  // namespace vbmi
extern const PermuteKernels* const kVbmiKernels;
const PermuteKernels* const kVbmiKernels = &vbmi::kTable;
}  // namespace slipway::scoring::isa
#else
#include "scoring/engine/isa/permute_kernels.h"

namespace slipway::scoring::isa {
extern const PermuteKernels* const kVbmiKernels;
const PermuteKernels* const kVbmiKernels = nullptr;
}  // namespace slipway::scoring::isa
#endif
