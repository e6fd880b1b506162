// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace slipway {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "slipway: internal error: CHECK(%s) failed at %s:%d\n", expression, file,
               line);
  std::abort();
}

}  // namespace slipway
