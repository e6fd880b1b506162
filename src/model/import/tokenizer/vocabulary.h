// The model of a tokenizer.json: its tokens and how words become some of them. Errors:
// kUnimplemented "model.tokenizer.model", kInvalidArgument "model.tokenizer.vocabulary". Pure
// functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/operators/tokenize.h"

namespace slipway::model::tokenizer {

// Tokens by text; views into the file.
class Vocabulary {
 public:
  Result<void> add(std::string_view token, std::uint64_t id);
  std::optional<std::uint32_t> find(std::string_view token) const;
  void write(Tokenize* op) const;

 private:
  std::unordered_map<std::string_view, std::uint32_t> ids_;
  std::vector<std::string_view> tokens_;  // by id
};

Result<Vocabulary> read_model(JsonView model, Tokenize* op);

}  // namespace slipway::model::tokenizer
