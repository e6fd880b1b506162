// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/isa/isa.h"
#include "scoring/engine/isa/kernels.h"

#include <fmt/format.h>

#include <string>

#include "base/check.h"
#include "base/text.h"

namespace slipway::scoring::isa {

extern const Kernels* const kBaselineKernels;
extern const Kernels* const kAvx2Kernels;
extern const Kernels* const kAvx512Kernels;
extern const Kernels* const kVbmiKernels;
extern const PermuteKernels* const kPermuteKernels;

namespace {

bool machine_has(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (isa == Isa::kAvx512) return avx512;
  if (isa == Isa::kAvx512Vbmi)
    return avx512 && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni");
#endif
  return isa == Isa::kBaseline;
}

const Kernels* built(Isa isa) {
  switch (isa) {
    case Isa::kBaseline:
      return kBaselineKernels;
    case Isa::kAvx2:
      return kAvx2Kernels;
    case Isa::kAvx512:
      return kAvx512Kernels;
    case Isa::kAvx512Vbmi:
      return kVbmiKernels;
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(Isa isa) {
  switch (isa) {
    case Isa::kBaseline:
#if defined(__aarch64__)
      return "neon";
#else
      return "scalar";
#endif
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Vbmi:
      return "avx512vbmi";
  }
  return "";
}

std::vector<Isa> usable_isas() {
  std::vector<Isa> usable;
  for (const Isa isa : {Isa::kBaseline, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Vbmi}) {
    if (built(isa) != nullptr && machine_has(isa)) usable.push_back(isa);
  }
  return usable;
}

Isa best_isa() {
  static const Isa best = usable_isas().back();
  return best;
}

Result<Isa> isa_named(std::string_view name) {
  std::vector<std::string> names;
  for (const Isa isa : usable_isas()) {
    if (name_of(isa) == name) return isa;
    names.emplace_back(name_of(isa));
  }
  return Error(
      Code::kInvalidArgument, "scoring.isa",
      fmt::format("this machine has no instruction set '{}': it has {}", name, join(names, ", ")));
}

const Kernels& kernels(Isa isa) {
  CHECK(built(isa) != nullptr && machine_has(isa));
  return *built(isa);
}

const PermuteKernels* permute_kernels(Isa isa) {
  return isa == Isa::kAvx512Vbmi ? kPermuteKernels : nullptr;
}

}  // namespace slipway::scoring::isa
