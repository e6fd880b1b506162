// protobuf's text format, read without its schema: what a config.pbtxt says, field by field.
//
//   ASSIGN_OR_RETURN(const TextMessage config, parse_text_proto(text));
//   config.scalar("name");                                  // nullptr if it is not there
//   for (const TextMessage* input : config.messages("input")) ...
//
// A repeated field is a field that comes several times, or `[a, b]`. read_json_fields() makes the same of
// a JSON object: an override of a configuration travels as one. Errors: kInvalidArgument
// "deploy.config" with the line. Source: protobuf's text format language specification. Plain data;
// safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace slipway::deploy {

struct TextMessage;

struct TextField {
  std::string name;
  std::string scalar;  // of a string without its quotes and escapes
  bool is_string = false;
  std::shared_ptr<const TextMessage> message;  // null: a scalar
};

struct TextMessage {
  std::vector<TextField> fields;

  // The last of that name, as protobuf has it; nullptr if there is none or it is a message.
  const std::string* scalar(std::string_view name) const;
  const TextMessage* message(std::string_view name) const;
  std::vector<const TextMessage*> messages(std::string_view name) const;
  std::vector<std::string> scalars(std::string_view name) const;
  bool has(std::string_view name) const;
};

Result<TextMessage> parse_text_proto(std::string_view text);

// Members named in `maps` are maps: each of their members becomes a message of `key` and `value`.
Result<TextMessage> read_json_fields(JsonView object, const std::vector<std::string_view>& maps);

}  // namespace slipway::deploy
