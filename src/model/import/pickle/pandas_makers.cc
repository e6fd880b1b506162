// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/makers_of.h"

namespace slipway::model::pickle {

std::span<const Maker> pandas_makers() { return {}; }

}  // namespace slipway::model::pickle
