// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/classes.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace slipway::model {
namespace {

constexpr std::array<std::string_view, 6> kPassOn{"Identity", "Cast",    "Reshape",
                                                  "Squeeze",  "Flatten", "Unsqueeze"};
constexpr int kMaxSteps = 32;

bool passes_on(const OnnxNode& node) {
  return node.domain.empty() && !node.inputs.empty() &&
         std::find(kPassOn.begin(), kPassOn.end(), node.type) != kPassOn.end();
}

std::vector<std::string> texts_of(const OnnxTensor& tensor) {
  std::vector<std::string> texts;
  if (tensor.type == kOnnxString) {
    for (const std::string_view text : tensor.texts) texts.emplace_back(text);
    return texts;
  }
  const auto numbers = tensor.numbers();
  if (!numbers) return {};
  for (const double number : numbers.value()) texts.push_back(number_text(number));
  return texts;
}

std::vector<std::string> listed(const OnnxGraphParts& graph, std::string_view name) {
  for (const OnnxTensor& tensor : graph.initializers) {
    if (tensor.name == name) return texts_of(tensor);
  }
  return {};
}

}  // namespace

const OnnxNode* maker_of(const OnnxGraphParts& graph, std::string_view tensor) {
  if (tensor.empty()) return nullptr;
  for (const OnnxNode& node : graph.nodes) {
    if (std::find(node.outputs.begin(), node.outputs.end(), tensor) != node.outputs.end())
      return &node;
  }
  return nullptr;
}

std::vector<std::string> class_labels(const OnnxNode& node) {
  std::vector<std::string> labels;
  for (const std::string_view key :
       {"classlabels_strings", "classlabels_ints", "classlabels_int64s"}) {
    const OnnxAttribute* found = node.find(key);
    if (found == nullptr) continue;
    for (const std::string_view text : found->texts) labels.emplace_back(text);
    for (const std::int64_t number : found->integers) labels.push_back(std::to_string(number));
    if (!labels.empty()) break;
  }
  return labels;
}

std::vector<std::string> classes_of(const OnnxGraphParts& graph, std::string_view label) {
  for (int step = 0; step < kMaxSteps; ++step) {
    const OnnxNode* node = maker_of(graph, label);
    if (node == nullptr) return {};
    if (node->domain == "ai.onnx.ml" && node->type == "ArrayFeatureExtractor")
      return node->inputs.size() == 2 ? listed(graph, node->inputs[0]) : std::vector<std::string>();
    if (node->domain == "ai.onnx.ml" && node->type.ends_with("Classifier"))
      return class_labels(*node);
    if (!passes_on(*node)) return {};
    label = node->inputs[0];
  }
  return {};
}

}  // namespace slipway::model
