// Normalizers and pre-tokenizers of a tokenizer.json as the named steps of scoring/text/normalizer.h
// and splitter.h. Errors: kUnimplemented "model.tokenizer.step", by name. Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace slipway::model::tokenizer {

using Steps = std::vector<std::string>;  // three texts a step

Result<void> read_normalizer(JsonView view, int depth, Steps* steps);
Result<void> read_splitter(JsonView view, int depth, Steps* steps);

// BERT's, as vocab.txt means it.
void add_bert_normalizer(bool clean, bool chinese, bool strip, bool lowercase, Steps* steps);
void add_bert_splitter(Steps* steps);

// Without an error for a flag that is missing.
bool flag_of(JsonView view, std::string_view name, bool otherwise);
std::string text_of(JsonView view, std::string_view name);

// "model.tokenizer.step": what is known and not read.
Error not_read(std::string_view what);

}  // namespace slipway::model::tokenizer
