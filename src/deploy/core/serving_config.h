// How a model is to be served, as its folder says: Triton's config.pbtxt, MLServer's
// model-settings.json, and what a caller overrides when loading it.
//
//   ASSIGN_OR_RETURN(const ServingConfig config, ServingConfig::of_folder("models/delay"));
//   ASSIGN_OR_RETURN(const ServingConfig changed, config.overridden(R"({"max_batch_size": 16})"));
//
// A model without such a file has the defaults. What is not understood is kept and shown, and
// changes nothing. Errors: kInvalidArgument "deploy.config". Immutable; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "deploy/core/text_proto.h"

namespace slipway::deploy {

struct ServingConfig {
  // A tensor that the server fills, not the caller: what a sequence model is told about a request.
  enum class Control : std::uint8_t { kStart, kEnd, kReady, kCorrelationId };
  struct ControlInput {
    std::string tensor;
    Control control = Control::kReady;
    double no = 0, yes = 1;
  };
  // Names of an output's classes, of its label file.
  struct Labels {
    std::string output;
    std::vector<std::string> names;
  };

  TextMessage fields;         // all of it
  std::string path;           // the file; empty if there is none
  std::int64_t rows_max = 0;  // max_batch_size; 0: any number
  // Of dynamic_batching.default_queue_policy; 0: none of its own.
  std::int64_t in_flight_max = 0;  // max_queue_size
  std::int64_t timeout_us = 0;     // default_timeout_microseconds
  // Of dynamic_batching; 0: any number of levels; and what names none goes behind all that do.
  std::int64_t priority_levels = 0, default_priority = 0;
  bool response_cache = false;  // its enable: answers may be kept
  std::vector<ControlInput> controls;
  std::vector<Labels> labels;
  std::vector<std::int64_t> versions;  // of version_policy specific; else none
  std::int64_t versions_latest = 1;    // so many of the newest; 0: all

  static Result<ServingConfig> of_folder(const std::string& folder);
  static Result<ServingConfig> of_text(std::string_view text, const std::string& folder);
  // `json`: an object of the fields to replace.
  Result<ServingConfig> overridden(std::string_view json, const std::string& folder) const;
};

}  // namespace slipway::deploy
