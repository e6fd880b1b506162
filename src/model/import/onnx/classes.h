// What the file itself says about classes: the words that a graph's labels are made of.
//
//   classes_of(graph, "label")             // {"no", "yes"}; empty if the file does not tell
//
// Follows the label back through operators that pass it on, to the one that makes it of a list.
// Pure function; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/import/onnx/proto.h"

namespace slipway::model {

std::vector<std::string> classes_of(const OnnxGraphParts& graph, std::string_view label);

// classlabels_strings, classlabels_ints or classlabels_int64s of an operator, as texts.
std::vector<std::string> class_labels(const OnnxNode& node);

// The node that makes this tensor; null if none does.
const OnnxNode* maker_of(const OnnxGraphParts& graph, std::string_view tensor);

}  // namespace slipway::model
