// Which byte is which opcode.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/import/pickle/machine.h"

namespace slipway::model::pickle {

inline constexpr unsigned char kStop = '.';

// Null for a byte that is no opcode (and for STOP, which ends the loop).
Machine::Handler handler_of(unsigned char opcode);

}  // namespace slipway::model::pickle
