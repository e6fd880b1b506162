// An output as a request names it: where its values lie among the columns of the scores, and its type and
// shape on the wire; and those values as bytes, or as its highest classes.
//
//   const OutputSlice slice = output_slice(endpoint.layout, "predict_proba");
//   append_bytes(slice, scores, &body);                                     // as tensor_bytes.h reads them
//   ASSIGN_OR_RETURN(auto texts, classification_of(slice, scores, 3, labels));   // "0.970000:2:cat", ...
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "deploy/realtime/endpoint.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

struct OutputSlice {
  std::string_view name;
  std::string_view datatype;
  std::vector<std::uint32_t> dims;  // of a row; none: one value
  std::size_t first = 0;            // of the columns of scores
  std::size_t count = 1;

  bool is_text() const { return datatype == "BYTES"; }
};

// Precondition: `name` is one of layout.names.
OutputSlice output_slice(const OutputLayout& layout, std::string_view name);
// Where a request asks for none.
std::vector<std::string_view> usual_outputs(const OutputLayout& layout);

// Little-endian, row by row; a text with its length before it.
void append_bytes(const OutputSlice& slice, const frame::Frame& scores, std::string* out);
// A text as an element of BYTES.
void append_element(std::string_view text, std::string* out);

// Each row's `classes` highest, one row after the other; fewer if it has no more. `labels` may be empty.
// kInvalidArgument "realtime.output" of what is text.
Result<std::vector<std::string>> classification_of(const OutputSlice& slice,
                                                   const frame::Frame& scores, std::size_t classes,
                                                   std::span<const std::string> labels);
// What the classes of an output are called: by its label file, or by the model. Empty if nobody says.
std::span<const std::string> labels_of(const Endpoint& endpoint, std::string_view output);

}  // namespace slipway::deploy::realtime
