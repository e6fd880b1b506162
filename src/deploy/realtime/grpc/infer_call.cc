// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/infer_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "base/text.h"
#include "deploy/realtime/grpc/wire.h"
#include "deploy/realtime/tensor.h"

namespace slipway::deploy::realtime::grpc {
namespace {

constexpr std::int64_t kClassesMax = 1'000'000;
constexpr std::size_t kKeptBytes = 1u << 20;
constexpr std::string_view kFinal = "triton_final_response";

template <typename... Args>
Error invalid(const char* reason, fmt::format_string<Args...> text, Args&&... args) {
  return Error(Code::kInvalidArgument, reason, fmt::format(text, std::forward<Args>(args)...));
}

void clear(std::string* text) {
  if (text->capacity() > kKeptBytes) *text = std::string();
  text->clear();
}

Result<void> set_shape(const InferMessage::Input& input, Tensor* tensor) {
  constexpr std::int64_t kSizeMax = std::int64_t{1} << 40;
  bool fits = input.rank > 0 && input.rank <= InferMessage::kRankMax;
  std::int64_t width = 1;
  for (std::size_t i = 0; fits && i < input.rank; ++i) {
    const std::int64_t size = input.shape[i];
    fits = size >= 0 && size <= kSizeMax && (size == 0 || width <= kSizeMax / size);
    if (i > 0) width *= size;
  }
  if (!fits) {
    return invalid("realtime.shape",
                   "input '{}': shape must be [rows] or [rows, columns], whole numbers of one or "
                   "more dimensions",
                   input.name);
  }
  tensor->rank = input.rank;
  tensor->rows = static_cast<std::size_t>(input.shape[0]);
  tensor->width = static_cast<std::size_t>(width);
  return {};
}

// What is asked of an input besides its values.
Result<void> check_parameters(const InferMessage& message, const InferMessage::Input& input,
                              Tensor* tensor) {
  if (input.parameter_count == 0) return {};
  if (message.find(input, "shared_memory_region") != nullptr) {
    return Error(Code::kUnimplemented, "realtime.tensor_form",
                 fmt::format("input '{}': shared_memory_region is not served here; send the values "
                             "in the request",
                             input.name));
  }
  const Parameter* const type = message.find(input, "content_type");
  const auto* const text = type == nullptr ? nullptr : std::get_if<std::string_view>(type);
  tensor->is_base64 = text != nullptr && *text == "base64";
  return {};
}

void describe(const OutputSlice& slice, std::int64_t rows, InferAnswer* answer) {
  std::array<std::int64_t, InferMessage::kRankMax + 1> shape{rows};
  const std::size_t dims = std::min(slice.dims.size(), InferMessage::kRankMax);
  for (std::size_t i = 0; i < dims; ++i) shape[i + 1] = slice.dims[i];
  answer->add_output(slice.name, slice.datatype, std::span(shape).first(dims + 1));
}

std::optional<std::int64_t> whole_number(const Parameter& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* const number = std::get_if<std::uint64_t>(&value))
    return static_cast<std::int64_t>(std::min<std::uint64_t>(*number, kClassesMax + 1));
  return std::nullopt;
}

}  // namespace

Result<void> InferCall::run(Api& api, const CallPlace& place, std::string_view message,
                            std::string* reply, net::GrpcPromise* promise) {
  RETURN_IF_ERROR(message_.parse(message));
  reply_ = reply;
  promise_ = promise;
  return api.infer(place, {message_.model_name, message_.model_version}, this);
}

Result<InferRequest> InferCall::decode(const Endpoint& endpoint, DecodeScratch* scratch) {
  if (message_.id.size() > kIdBytesMax)
    return invalid("realtime.request", "'id' must be a string of at most {} bytes", kIdBytesMax);
  RETURN_IF_ERROR(take_tensors(endpoint, &scratch->tensors));
  ASSIGN_OR_RETURN(const SequenceParameters given, sequence());
  ASSIGN_OR_RETURN(const std::int64_t timeout, timeout_us());
  ASSIGN_OR_RETURN(const std::uint64_t own_priority, priority());
  const InferTarget target = endpoint.target();
  ASSIGN_OR_RETURN(std::vector<RequestedOutput> wanted, outputs(target));
  ASSIGN_OR_RETURN(const frame::Frame* const rows, rows_of_tensors(target, given, scratch));
  return InferRequest{.id = message_.id,
                      .rows = *rows,
                      .outputs = std::move(wanted),
                      .is_binary = true,
                      .timeout_us = timeout,
                      .priority = own_priority};
}

Result<void> InferCall::take_tensors(const Endpoint& endpoint, std::vector<Tensor>* tensors) {
  if (message_.inputs.empty())
    return invalid("realtime.request", "'inputs' must be an array of tensors, found an empty one");
  const bool is_raw = !message_.raw.empty();
  if (is_raw && message_.raw.size() != message_.inputs.size()) {
    return invalid("realtime.request", "{} inputs, but {} raw_input_contents: one for each input",
                   message_.inputs.size(), message_.raw.size());
  }
  if (!is_raw) RETURN_IF_ERROR(unpack_contents());
  tensors->clear();
  std::string_view last_name;
  DataType last = DataType::kFp64;
  for (std::size_t i = 0; i < message_.inputs.size(); ++i) {
    const InferMessage::Input& input = message_.inputs[i];
    if (is_raw && input.contents) {
      return invalid("realtime.request",
                     "contents field must not be specified when using raw_input_contents for '{}' "
                     "for model '{}'",
                     input.name, endpoint.name());
    }
    Tensor& tensor = tensors->emplace_back();
    tensor.name = input.name;
    tensor.is_binary = true;
    tensor.bytes = is_raw ? message_.raw[i]
                          : std::string_view(contents_).substr(places_[i].first, places_[i].second);
    // Neighbours mostly have the same type.
    if (last_name.empty() || input.datatype != last_name) {
      const auto type = datatype_named(input.datatype);
      if (!type) {
        return invalid("realtime.datatype",
                       "input '{}': datatype must be one of those of the protocol (FP64, BYTES, "
                       "...), found '{}'",
                       input.name, input.datatype);
      }
      last = *type;
      last_name = input.datatype;
    }
    tensor.type = last;
    RETURN_IF_ERROR(set_shape(input, &tensor));
    RETURN_IF_ERROR(check_parameters(message_, input, &tensor));
  }
  return {};
}

Result<void> InferCall::unpack_contents() {
  clear(&contents_);
  places_.clear();
  for (const InferMessage::Input& input : message_.inputs) {
    const std::size_t before = contents_.size();
    if (input.contents)
      RETURN_IF_ERROR(append_contents(input.name, input.datatype, *input.contents, &contents_));
    places_.emplace_back(before, contents_.size() - before);
  }
  return {};
}

Result<SequenceParameters> InferCall::sequence() const {
  SequenceParameters given;
  if (message_.own_parameters.empty()) return given;
  if (const Parameter* const id = message_.find("sequence_id")) {
    // A name that is no number marks a sequence all the same.
    if (const auto* const text = std::get_if<std::string_view>(id)) {
      given.id = parse_double(*text).value_or(0);
    } else if (const auto* const number = std::get_if<std::int64_t>(id)) {
      given.id = static_cast<double>(*number);
    } else if (const auto* const whole = std::get_if<std::uint64_t>(id)) {
      given.id = static_cast<double>(*whole);
    } else {
      return invalid("realtime.request", "sequence_id must be a number or a string");
    }
  }
  for (const auto& [name, to] :
       {std::pair{"sequence_start", &given.start}, {"sequence_end", &given.end}}) {
    const Parameter* const bit = message_.find(name);
    if (bit == nullptr) continue;
    const auto* const value = std::get_if<bool>(bit);
    if (value == nullptr)
      return invalid("realtime.request", "parameter '{}' must be true or false", name);
    *to = *value;
  }
  return given;
}

Result<std::int64_t> InferCall::timeout_us() const {
  if (message_.own_parameters.empty()) return 0;
  const Parameter* const given = message_.find(kTimeout);
  if (given == nullptr) return 0;
  if (const auto* const number = std::get_if<std::int64_t>(given); number && *number >= 0)
    return *number;
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (const auto* const number = std::get_if<std::uint64_t>(given))
    return static_cast<std::int64_t>(std::min(*number, kMost));
  return wrong_timeout("something else");
}

Result<std::uint64_t> InferCall::priority() const {
  if (message_.own_parameters.empty()) return 0;
  const Parameter* const given = message_.find(kPriority);
  if (given == nullptr) return 0;
  if (const auto* const number = std::get_if<std::uint64_t>(given)) return *number;
  if (const auto* const number = std::get_if<std::int64_t>(given); number && *number >= 0)
    return static_cast<std::uint64_t>(*number);
  return wrong_priority("something else");
}

Result<std::vector<RequestedOutput>> InferCall::outputs(const InferTarget& target) const {
  std::vector<RequestedOutput> wanted;
  for (const InferMessage::Output& given : message_.outputs) {
    RETURN_IF_ERROR(check_output(given.name, target, wanted));
    RequestedOutput output{.name = given.name, .is_binary = true};
    if (const Parameter* const classes = message_.find(given, "classification")) {
      const auto count = whole_number(*classes);
      if (!count || *count < 1 || *count > kClassesMax) {
        return invalid("realtime.output",
                       "output '{}': classification must be a number of classes from 1 to {}",
                       given.name, kClassesMax);
      }
      output.classes = static_cast<std::uint32_t>(*count);
    }
    if (message_.find(given, "shared_memory_region") != nullptr) {
      return Error(Code::kUnimplemented, "realtime.tensor_form",
                   fmt::format("output '{}': shared_memory_region is not served here", given.name));
    }
    wanted.push_back(output);
  }
  return wanted;
}

Result<void> InferCall::write_output(const Endpoint& endpoint, const RequestedOutput& output,
                                     const frame::Frame& scores, InferAnswer* answer) {
  const OutputSlice slice = output_slice(endpoint.layout, output.name);
  if (output.classes > 0) {
    ASSIGN_OR_RETURN(const auto texts, classification_of(slice, scores, output.classes,
                                                         labels_of(endpoint, output.name)));
    for (const std::string& text : texts) append_element(text, &raw_);
    const std::int64_t count =
        scores.rows() == 0 ? 0 : static_cast<std::int64_t>(texts.size()) / scores.rows();
    answer->add_output(slice.name, "BYTES", std::array{scores.rows(), count});
  } else {
    append_bytes(slice, scores, &raw_);
    describe(slice, scores.rows(), answer);
  }
  raw_ends_.push_back(raw_.size());
  return {};
}

const InferCall::Usual& InferCall::usual_of(const Endpoint& endpoint, std::int64_t rows) {
  if (usual_.serial == endpoint.serial && usual_.rows == rows) return usual_;
  usual_ = {.serial = endpoint.serial, .rows = rows};
  InferAnswer(&usual_.head).begin(endpoint.name(), endpoint.version(), "");
  InferAnswer outputs(&usual_.outputs);
  for (const std::string_view name : usual_outputs(endpoint.layout)) {
    usual_.slices.push_back(output_slice(endpoint.layout, name));
    describe(usual_.slices.back(), rows, &outputs);
  }
  return usual_;
}

void InferCall::write_usual(const Endpoint& endpoint, std::string_view id,
                            const frame::Frame& scores) {
  const Usual& usual = usual_of(endpoint, scores.rows());
  *reply_ += usual.head;
  if (!id.empty()) append_bytes_field(3, id, reply_);
  InferAnswer answer(reply_);
  if (is_final_) answer.add_parameter(kFinal, true);
  *reply_ += usual.outputs;
  for (const OutputSlice& slice : usual.slices) {
    clear(&raw_);
    append_bytes(slice, scores, &raw_);
    answer.add_raw(raw_);
  }
}

Result<void> InferCall::write(const Endpoint& endpoint, std::string_view id,
                              std::span<const RequestedOutput> outputs,
                              const frame::Frame& scores) {
  if (outputs.empty()) return write_usual(endpoint, id, scores), Result<void>();
  InferAnswer answer(reply_);
  answer.begin(endpoint.name(), endpoint.version(), id);
  if (is_final_) answer.add_parameter(kFinal, true);
  clear(&raw_);
  raw_ends_.clear();
  for (const RequestedOutput& output : outputs)
    RETURN_IF_ERROR(write_output(endpoint, output, scores, &answer));
  std::size_t begin = 0;
  for (const std::size_t end : raw_ends_) {
    answer.add_raw(std::string_view(raw_).substr(begin, end - begin));
    begin = end;
  }
  return {};
}

// Writes by the same memory, which belongs to the same reactor.
class InferCall::Promised final : public LaterReply {
 public:
  Promised(InferCall& call, std::shared_ptr<net::GrpcAnswer> answer)
      : call_(call), answer_(std::move(answer)) {}
  Result<void> write(const Endpoint& endpoint, std::string_view id,
                     std::span<const RequestedOutput> outputs,
                     const frame::Frame& scores) override {
    call_.reply_ = answer_->message();
    return call_.write(endpoint, id, outputs, scores);
  }
  void finish(const Result<void>& done) override { answer_->finish(done); }
  bool is_wanted() const override { return answer_->is_wanted(); }

 private:
  InferCall& call_;
  const std::shared_ptr<net::GrpcAnswer> answer_;
};

std::unique_ptr<LaterReply> InferCall::put_off() {
  return std::make_unique<Promised>(*this, promise_->make());
}

}  // namespace slipway::deploy::realtime::grpc
