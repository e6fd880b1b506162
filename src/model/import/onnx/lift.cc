// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/lift.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/import/onnx/tensors.h"

namespace slipway::model {
namespace {

constexpr double kRelative = 1e-5;      // where sums or exp are of another order or making
constexpr std::uint32_t kLinkUlp = 16;  // where only the link is: floats, 1 - p included

const LiftRule* rule_of(const OnnxNode& node) {
  for (const auto rules :
       {column_rules(), encoder_rules(), number_rules(), linear_rules(), tree_rules()}) {
    for (const LiftRule& rule : rules) {
      if (rule.domain == node.domain && rule.type == node.type) return &rule;
    }
  }
  return nullptr;
}

struct Answer {
  const Lifted* lifted;
  Tensor tensor;
};

Result<std::vector<Answer>> answers_of(const OnnxFile& file, Lifter& lifter) {
  std::vector<Answer> answers;
  for (const OnnxValue& value : file.graph.outputs) {
    ASSIGN_OR_RETURN(const Lifted* const x, lifter.find(value.name));
    const auto type = element_type_of(x->type);
    if (x->kind != Lifted::Kind::kNumbers || !type || (x->rank > 2))
      return not_lifted(fmt::format("'{}' comes out as it went in", value.name));
    Tensor tensor{.name = std::string(value.name), .type = *type};
    if (x->rank == 2) tensor.dims = {x->width};
    answers.push_back({x, std::move(tensor)});
  }
  if (answers.empty()) return not_lifted("nothing comes out");
  return answers;
}

Result<void> name_columns(const std::vector<Answer>& answers, Lifter& lifter, Model* model) {
  std::set<std::string> seen;
  std::vector<ValueId> parts;
  for (const Answer& answer : answers) {
    if (!answer.lifted->classes.empty() || !answer.lifted->rounded)
      return not_lifted(fmt::format("'{}' comes out beside what it labels", answer.tensor.name));
    parts.push_back(answer.lifted->id);
    for (std::string& name : column_names_of(answer.tensor)) {
      if (!seen.insert(name).second) return not_lifted("two columns would have one name");
      model->outputs.names.push_back(std::move(name));
    }
  }
  model->outputs.task = Task::kTransform;
  model->prediction = parts.size() == 1 ? parts[0] : lifter.add(std::move(parts), Concat{});
  return {};
}

Result<void> name_outputs(const std::vector<Answer>& answers, Lifter& lifter, Model* model) {
  const Lifted& first = *answers.front().lifted;
  const Lifted& last = *answers.back().lifted;
  Outputs& out = model->outputs;
  const std::size_t classes = first.classes.size();
  const bool labelled = classes >= 2 && answers.size() <= 2;
  for (const Answer& answer : answers) out.tensors.push_back(answer.tensor);
  out.float32 = last.type == kOnnxFloat;
  model->prediction = last.id;
  if (labelled && answers.size() == 1) {
    out.task = Task::kLabel;
    out.classes = first.classes;
  } else if (labelled && last.width == classes && last.classes.empty() && last.rounded) {
    out.task = classes == 2 ? Task::kBinary : Task::kMulticlass;
    out.classes = first.classes;
    out.label = first.id;
  } else if (answers.size() == 1 && last.width == 1 && last.rounded &&
             is_float(answers[0].tensor.type)) {
    out.task = Task::kRegression;
  } else {
    return name_columns(answers, lifter, model);
  }
  return {};
}

void promise(const std::vector<Answer>& answers, const Lifter& lifter, Model* model) {
  bool exact = true;
  for (const Answer& answer : answers) exact = exact && answer.lifted->exact;
  Exactness& promised = model->exactness;
  if (exact) return;
  promised.margin_bits = lifter.margin.has_value() && lifter.exact_margin;
  if (promised.margin_bits) {
    promised.prediction_ulp = kLinkUlp;
    promised.why = "exp is slipway's own, the same on every CPU; ONNX Runtime's is libm's";
  } else {
    promised.relative = kRelative;
    promised.why =
        "ONNX Runtime adds and exponentiates in float, in an order that depends on the "
        "CPU; slipway in double, in a fixed order";
  }
}

}  // namespace

Result<Model> lift(const OnnxFile& file) {
  ASSIGN_OR_RETURN(const OnnxInterface face, interface_of(file));
  if (file.graph.sparse) return not_lifted("its weights are sparse");
  if (!file.function_domains.empty()) return not_lifted("it defines operators of its own");
  Lifter lifter(file, face);
  for (const OnnxNode& node : file.graph.nodes) {
    const LiftRule* rule = rule_of(node);
    if (rule == nullptr)
      return not_lifted(fmt::format("slipway has no operator of its own for {}", node.type));
    RETURN_IF_ERROR(rule->lift(node, lifter));
  }
  ASSIGN_OR_RETURN(const auto answers, answers_of(file, lifter));
  Model model;
  RETURN_IF_ERROR(name_outputs(answers, lifter, &model));
  model.margin = lifter.margin.value_or(model.prediction);
  promise(answers, lifter, &model);
  model.inputs = std::move(lifter.inputs());
  model.tensors = face.inputs;
  model.nodes = std::move(lifter.nodes());
  RETURN_IF_ERROR(check(model));
  return model;
}

}  // namespace slipway::model
