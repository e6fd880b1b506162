// ONNX Runtime's shared library, loaded on first use: a model that needs none of it never pays.
//
//   ASSIGN_OR_RETURN(const void* const api, load_onnxruntime());        // an OrtApi
//
// Looked for in this order: the file that SLIPWAY_ONNXRUNTIME names (then nowhere else), lib/ beside
// the folder of the running program, that folder itself, the system's library path. Any version from
// the one that we build against on is taken. Thread-safe. Errors: kFailedPrecondition
// "scoring.onnx_missing", "scoring.onnx_version".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/env.h"
#include "base/result.h"

namespace slipway::scoring {

// Once it has succeeded, it costs nothing and cannot fail. Untyped, because no header of ours may
// show a third party's types.
Result<const void*> load_onnxruntime(Env& env = posix_env());

// The first of `candidates` that exists, if it has the functions that we call.
Result<const void*> open_onnxruntime(std::span<const std::string> candidates);

}  // namespace slipway::scoring
