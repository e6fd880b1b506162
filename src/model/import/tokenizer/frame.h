// What a tokenizer.json says beside its model: added tokens, what stands around a text, and to which
// length it is cut and filled up. Errors: "model.tokenizer.frame". Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "model/import/tokenizer/tokenizer.h"
#include "model/import/tokenizer/vocabulary.h"

namespace slipway::model::tokenizer {

Result<void> read_added(JsonView tokens, const Vocabulary& vocabulary, Tokenize* op);
Result<void> read_frame(JsonView post_processor, Tokenize* op);
Result<void> read_length(JsonView root, const TokenizerOptions& options, Tokenize* op);

}  // namespace slipway::model::tokenizer
