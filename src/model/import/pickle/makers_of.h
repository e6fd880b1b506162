// The tables of makers.h, one for each library.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "model/import/pickle/makers.h"

namespace slipway::model::pickle {

std::span<const Maker> builtin_makers();  // builtins, collections, copyreg, _codecs
std::span<const Maker> numpy_makers();
std::span<const Maker> pandas_makers();

}  // namespace slipway::model::pickle
