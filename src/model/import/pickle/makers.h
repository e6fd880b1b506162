// What well-known calls would have made: plain data of Python's own types, numpy and pandas. A call
// is described by a kObject (its class or function and the arguments); where the outcome is known
// to be data, the same node becomes it in place, so that whoever refers to it sees the data too.
//
//   RETURN_IF_ERROR(apply_call(arena, object));    // after REDUCE, NEWOBJ, INST, OBJ
//   RETURN_IF_ERROR(apply_state(arena, object));   // after BUILD has set object->state
//
// What is not known stays as it is. Errors: kDataLoss "model.pickle.*" where a known call has
// arguments that cannot be right; kPermissionDenied "model.pickle.forbidden" for calls of what may
// only be named. Not thread-safe (the arena is not).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/import/pickle/arena.h"

namespace slipway::model::pickle {

using Make = Result<void> (*)(Arena&, Node* object);

struct Maker {
  std::string_view name;
  Make call = nullptr;   // null: the call stays a kObject
  Make state = nullptr;  // null: the state stays a state
};

Result<void> apply_call(Arena& arena, Node* object);
Result<void> apply_state(Arena& arena, Node* object);

// The i-th argument if it is of that kind, else null.
const Value* argument(const Value& object, std::size_t i, Kind kind);

}  // namespace slipway::model::pickle
