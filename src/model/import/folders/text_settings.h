// What the JSON files beside a text model say of it. Errors: of a file that is no JSON. Reads the disk;
// safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/operators/onnx.h"

namespace slipway::model {

struct TextSettings {
  std::uint32_t length = 512;           // tokens that the model takes
  std::optional<std::uint32_t> cut_to;  // what sentence-transformers cuts texts to
  bool lowercase = true;
  std::vector<std::string> labels;  // id2label, in order
  bool several_labels = false;      // each by itself, not one of them
  std::optional<Pooling> pooling;
  bool normalize = false;  // embeddings to length 1
};

Result<TextSettings> read_text_settings(const std::string& folder);

}  // namespace slipway::model
