// A text model's tokenizer, as data.
//
//   ASSIGN_OR_RETURN(Tokenize op, read_tokenizer_json(file->text(), {.length = 256}));
//   ASSIGN_OR_RETURN(Tokenize op, read_vocab_txt(file->text(), {.lowercase = true}));
//
// Read are WordPiece, BPE and WordLevel with the normalizers, pre-tokenizers and post-processors that
// docs/reference/models.md lists. Errors: kUnimplemented "model.tokenizer.*" for what is known and not
// read, by name; kInvalidArgument "model.tokenizer.*" for a damaged file. Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "model/operators/tokenize.h"

namespace slipway::model {

struct TokenizerOptions {
  std::uint32_t length = 512;  // ids a row, where the file does not say
  bool lowercase = true;       // vocab.txt
};

// By its content: an object with a model that has a vocabulary.
bool is_tokenizer_json(std::string_view bytes);

Result<Tokenize> read_tokenizer_json(std::string_view json, const TokenizerOptions& options);
// BERT's list of WordPiece tokens, one a line.
Result<Tokenize> read_vocab_txt(std::string_view text, const TokenizerOptions& options);

}  // namespace slipway::model
