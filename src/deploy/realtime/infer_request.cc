// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/infer_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::uint64_t kClassesMax = 1'000'000;

template <typename... Args>
Error invalid(const char* reason, fmt::format_string<Args...> text, Args&&... args) {
  return Error(Code::kInvalidArgument, reason, fmt::format(text, std::forward<Args>(args)...));
}

Result<void> parse_tensors(JsonView items, std::string_view* binary, std::vector<Tensor>* tensors) {
  tensors->clear();
  if (!items.is_array() || items.size() == 0) {
    return invalid("realtime.request", "'inputs' must be an array of tensors, found {}",
                   items.is_array() ? "an empty one" : items.describe());
  }
  for (const JsonView item : items.array()) {
    ASSIGN_OR_RETURN(const Tensor tensor, parse_tensor(item, binary));
    tensors->push_back(tensor);
  }
  if (binary->empty()) return {};
  return invalid(
      "realtime.tensor",
      "unexpected additional input data: {} bytes behind the JSON belong to no input; each input's "
      "parameters.binary_data_size says how many are its",
      binary->size());
}

Result<void> parse_output(JsonView parameters, RequestedOutput* output) {
  if (!parameters.find("shared_memory_region").is_missing()) {
    return Error(
        Code::kUnimplemented, "realtime.tensor_form",
        fmt::format("output '{}': shared_memory_region is not served here; take the values from "
                    "the answer",
                    output->name));
  }
  if (const auto binary = parameters.find("binary_data"); !binary.is_missing()) {
    if (!binary.as_bool())
      return invalid("realtime.output", "output '{}': binary_data must be true or false, found {}",
                     output->name, binary.describe());
    output->is_binary = *binary.as_bool();
  }
  if (const auto classes = parameters.find("classification"); !classes.is_missing()) {
    const auto count = classes.as_uint64();
    if (!count || *count == 0 || *count > kClassesMax)
      return invalid(
          "realtime.output",
          "output '{}': classification must be a number of classes from 1 to {}, found {}",
          output->name, kClassesMax, classes.describe());
    output->classes = static_cast<std::uint32_t>(*count);
  }
  return {};
}

Result<void> parse_outputs(JsonView items, const InferTarget& target, bool is_binary,
                           std::vector<RequestedOutput>* outputs) {
  if (items.is_missing()) return {};
  if (!items.is_array())
    return invalid("realtime.output", "'outputs' must be an array, found {}", items.describe());
  for (const JsonView item : items.array()) {
    RequestedOutput output{.name = item.find("name").as_string().value_or(""),
                           .is_binary = is_binary};
    RETURN_IF_ERROR(check_output(output.name, target, *outputs));
    RETURN_IF_ERROR(parse_output(item.find("parameters"), &output));
    outputs->push_back(output);
  }
  return {};
}

Result<void> read_sequence_id(JsonView value, SequenceParameters* sequence) {
  const auto text = value.as_string();
  const auto number = text ? parse_double(*text) : value.as_double();
  if (!number && !text)
    return invalid("realtime.request", "sequence_id must be a number or a string, found {}",
                   value.describe());
  // A name that is no number marks a sequence all the same.
  sequence->id = number.value_or(0);
  return {};
}

struct InferOptions {
  bool is_binary = false;
  std::int64_t timeout_us = 0;
  std::uint64_t priority = 0;
};

// What else may be asked for is taken and changes nothing (README.md).
Result<void> read_parameters(JsonView parameters, SequenceParameters* sequence,
                             InferOptions* options) {
  for (const JsonMember member : parameters.object()) {
    const auto bit = [&](bool* to) -> Result<void> {
      const auto given = member.value.as_bool();
      if (!given)
        return invalid("realtime.request", "parameter '{}' must be true or false, found {}",
                       member.key, member.value.describe());
      *to = *given;
      return {};
    };
    if (member.key == "sequence_id") RETURN_IF_ERROR(read_sequence_id(member.value, sequence));
    if (member.key == "sequence_start") RETURN_IF_ERROR(bit(&sequence->start));
    if (member.key == "sequence_end") RETURN_IF_ERROR(bit(&sequence->end));
    if (member.key == "binary_data_output") RETURN_IF_ERROR(bit(&options->is_binary));
    if (member.key == kTimeout) {
      const auto given = member.value.as_int64();
      if (!given || *given < 0) return wrong_timeout(member.value.describe());
      options->timeout_us = *given;
    }
    if (member.key == kPriority) {
      const auto given = member.value.as_uint64();
      if (!given) return wrong_priority(member.value.describe());
      options->priority = *given;
    }
  }
  return {};
}

}  // namespace

Error wrong_timeout(std::string_view found) {
  return invalid("realtime.request",
                 "parameter 'timeout' must be a whole number of microseconds from 0 on, found {}",
                 found);
}

Error wrong_priority(std::string_view found) {
  return invalid("realtime.request",
                 "parameter 'priority' must be a whole number: 1 goes first, 0 is the model's "
                 "usual one; found {}",
                 found);
}

bool InferRequest::wants_margin() const {
  return std::any_of(outputs.begin(), outputs.end(),
                     [](const RequestedOutput& output) { return output.name == kMargin; });
}

Result<void> check_output(std::string_view name, const InferTarget& target,
                          const std::vector<RequestedOutput>& before) {
  const auto& names = target.outputs;
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    const std::string last = names.size() > 1 ? " and " + names.back() : std::string();
    return invalid("realtime.output", "output '{}' is unknown: this model gives {}{}", name,
                   join(std::span(names).first(std::max<std::size_t>(names.size(), 2) - 1), ", "),
                   last);
  }
  for (const RequestedOutput& other : before) {
    if (other.name == name)
      return invalid("realtime.output", "output '{}' is asked for twice", name);
  }
  return {};
}

Result<InferRequest> decode_infer(const InferBody& body, const InferTarget& target,
                                  DecodeScratch* scratch) {
  if (!body.root.is_object())
    return invalid("realtime.request", "the body must be an object, found {}",
                   body.root.describe());
  JsonView tensors, wanted_outputs;
  std::string_view id, binary = body.binary;
  SequenceParameters sequence;
  InferOptions options;
  for (const JsonMember member : body.root.object()) {
    if (member.key == "inputs") tensors = member.value;
    if (member.key == "outputs") wanted_outputs = member.value;
    if (member.key == "parameters")
      RETURN_IF_ERROR(read_parameters(member.value, &sequence, &options));
    if (member.key == "id") {
      const auto given = member.value.as_string();
      if (!given || given->size() > kIdBytesMax) {
        return invalid("realtime.request", "'id' must be a string of at most {} bytes",
                       kIdBytesMax);
      }
      id = *given;
    }
  }
  RETURN_IF_ERROR(parse_tensors(tensors, &binary, &scratch->tensors));
  std::vector<RequestedOutput> outputs;
  RETURN_IF_ERROR(parse_outputs(wanted_outputs, target, options.is_binary, &outputs));
  ASSIGN_OR_RETURN(const frame::Frame* const rows, rows_of_tensors(target, sequence, scratch));
  return InferRequest{.id = id,
                      .rows = *rows,
                      .outputs = std::move(outputs),
                      .is_binary = options.is_binary,
                      .timeout_us = options.timeout_us,
                      .priority = options.priority};
}

Result<InferRequest> decode_raw(std::string_view bytes, const InferTarget& target,
                                DecodeScratch* scratch) {
  Tensor tensor{.name = {}, .rank = 2, .rows = 1, .is_binary = true, .bytes = bytes};
  const InputTable::Group* only = nullptr;
  std::size_t count = 0;
  for (const auto& group : target.inputs.groups()) {
    if (group.control) continue;
    only = &group;
    ++count;
  }
  const bool is_matrix = target.inputs.groups().empty() && target.inputs.all_numbers();
  if (count != 1 && !is_matrix) {
    return invalid(
        "realtime.request",
        "a raw binary request (Inference-Header-Content-Length: 0) is for models of one input "
        "tensor; this one has {}",
        target.inputs.groups().empty() ? target.inputs.size() : count);
  }
  tensor.name = is_matrix ? std::string_view("input-0") : std::string_view(only->name);
  tensor.width = is_matrix ? target.inputs.size() : only->count;
  const std::string datatype = is_matrix ? "FP64" : only->datatype;
  tensor.type = datatype_named(datatype).value_or(DataType::kFp64);
  std::string text;
  if (tensor.type == DataType::kBytes) {  // one text, without its length
    text.resize(4);
    for (int i = 0; i < 4; ++i)
      text[static_cast<std::size_t>(i)] = static_cast<char>(bytes.size() >> (8 * i));
    tensor.bytes = text.append(bytes);
  }
  scratch->tensors.assign(1, tensor);
  ASSIGN_OR_RETURN(const frame::Frame* const rows, rows_of_tensors(target, {}, scratch));
  return InferRequest{.id = {}, .rows = *rows, .outputs = {}, .is_binary = true};
}

}  // namespace slipway::deploy::realtime
