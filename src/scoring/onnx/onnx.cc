// The kernel of model/operators/onnx.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "scoring/kernel/kernel.h"
#include "scoring/onnx/session.h"
#include "scoring/onnx/tensors.h"

namespace slipway::scoring {
namespace {

using model::ElementType;
using model::OnnxGraph;
using model::Pooling;

// Some rows of a block.
struct Part {
  std::size_t first = 0;
  std::size_t rows = 0;
};

class OnnxKernel final : public Kernel {
 public:
  explicit OnnxKernel(const OnnxGraph& op) : op_(op), session_(OnnxSession::open(op.bytes.span())) {
    for (std::size_t i = 0; i < op_.outputs.size(); ++i) {
      begin_.push_back(columns_);
      columns_ += model::columns_of(op_.output_dims.data() + op_.output_begin[i], rank(i));
    }
    begin_.push_back(columns_);
    for (const std::string& name : op_.classes) classes_.emplace(name, classes_.size());
    op_.bytes = {};  // the session has its own
  }

  Result<void> ready() const override {
    return session_ ? Result<void>() : Result<void>(session_.error());
  }

  std::optional<Refusal> run(std::span<const Rows> inputs, double* out) const override {
    return run_to_texts(inputs, {}, 0, out, nullptr);
  }
  std::optional<Refusal> run_on_texts(std::span<const Rows> inputs, Texts texts, std::size_t first,
                                      double* out) const override {
    return run_to_texts(inputs, texts, first, out, nullptr);
  }

  std::optional<Refusal> run_to_texts(std::span<const Rows> inputs, Texts texts, std::size_t first,
                                      double* out, TextColumns* to) const override {
    if (!session_) return Refusal{0, session_.error().message()};
    if (to != nullptr) to->resize(columns_);
    const std::size_t rows = inputs[0].rows;
    const std::size_t step = op_.mask != 0 ? 1 : op_.batch != 0 ? op_.batch : rows;
    for (std::size_t at = 0; at < rows; at += step) {
      const Part part{at, std::min(step, rows - at)};
      if (auto refusal = run_part(inputs, texts, first, part, out, to)) return refusal;
    }
    return std::nullopt;
  }

 private:
  std::size_t rank(std::size_t output) const {
    return op_.output_begin[output + 1] - op_.output_begin[output];
  }
  std::size_t columns_of(std::size_t output) const { return begin_[output + 1] - begin_[output]; }

  std::optional<Refusal> run_part(std::span<const Rows> inputs, Texts texts, std::size_t first,
                                  Part part, double* out, TextColumns* to) const {
    std::vector<OnnxInput> tensors(inputs.size());
    const std::size_t tokens = op_.mask != 0 ? tokens_of(inputs[op_.mask - 1], part.first) : 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (auto refusal = fill(i, inputs[i], texts, first, part, tokens, &tensors[i])) {
        refusal->row += part.first;
        return refusal;
      }
    }
    const auto outputs = session_.value()->run(tensors, op_.outputs);
    if (!outputs) return of_one_row(inputs, texts, first, part, outputs.error());
    for (std::size_t i = 0; i < op_.outputs.size(); ++i) {
      double* at = out + part.first * columns_ + begin_[i];
      if (auto refusal = take((*outputs.value())[i], i, part, tokens, at, to)) {
        refusal->row += part.first;
        refusal->why = fmt::format("tensor '{}': {}", op_.outputs[i], refusal->why);
        return refusal;
      }
    }
    return std::nullopt;
  }

  // One row in a batch fails all: run alone, they tell which.
  std::optional<Refusal> of_one_row(std::span<const Rows> inputs, Texts texts, std::size_t first,
                                    Part part, const Error& error) const {
    std::vector<double> unused(columns_ * (part.first + part.rows));
    for (std::size_t row = part.first; part.rows > 1 && row < part.first + part.rows; ++row) {
      if (auto refusal = run_part(inputs, texts, first, {row, 1}, unused.data(), nullptr))
        return refusal;
    }
    return Refusal{part.first, error.message()};
  }

  // Up to the last one that there is; at least one.
  static std::size_t tokens_of(Rows mask, std::size_t row) {
    const double* values = mask.values + row * mask.width;
    std::size_t tokens = mask.width;
    while (tokens > 1 && values[tokens - 1] == 0) --tokens;
    return tokens;
  }

  std::optional<Refusal> fill(std::size_t i, Rows rows, Texts texts, std::size_t first, Part part,
                              std::size_t tokens, OnnxInput* tensor) const {
    const std::size_t batch = op_.batch != 0 ? op_.batch : part.rows;
    tensor->name = op_.inputs[i].c_str();
    tensor->type = op_.input_type[i];
    tensor->shape.push_back(static_cast<std::int64_t>(batch));
    for (std::uint32_t at = op_.input_begin[i]; at < op_.input_begin[i + 1]; ++at)
      tensor->shape.push_back(op_.mask != 0 ? static_cast<std::int64_t>(tokens)
                                            : op_.input_dims[at]);
    std::optional<Refusal> refusal;
    if (tensor->type == ElementType::kText) {
      refusal = fill_texts(i, texts, first, part, tensor);
    } else {
      const std::size_t columns = op_.mask != 0 ? tokens : rows.width;
      const Rows some{rows.values + part.first * rows.width, part.rows, rows.width};
      refusal = to_numbers(some, columns, tensor->type, &tensor->data);
    }
    if (refusal) refusal->why = fmt::format("tensor '{}': {}", op_.inputs[i], refusal->why);
    if (!refusal) pad(batch, part.rows, tensor);
    return refusal;
  }

  // Repeats the last row where the graph takes more rows at once than there are.
  static void pad(std::size_t batch, std::size_t rows, OnnxInput* tensor) {
    if (batch == rows) return;
    const std::size_t bytes = tensor->data.size() / rows;
    const std::size_t texts = tensor->texts.size() / rows;
    for (std::size_t row = rows; row < batch; ++row) {
      tensor->data.resize(tensor->data.size() + bytes);
      std::copy_n(tensor->data.end() - 2 * static_cast<std::ptrdiff_t>(bytes), bytes,
                  tensor->data.end() - static_cast<std::ptrdiff_t>(bytes));
      for (std::size_t c = 0; c < texts; ++c)
        tensor->texts.push_back(std::string(tensor->texts[tensor->texts.size() - texts]));
    }
  }

  std::optional<Refusal> fill_texts(std::size_t i, Texts texts, std::size_t first, Part part,
                                    OnnxInput* tensor) const {
    const std::uint64_t columns = model::columns_of(op_.input_dims.data() + op_.input_begin[i],
                                                    op_.input_begin[i + 1] - op_.input_begin[i]);
    for (std::size_t row = 0; row < part.rows; ++row) {
      for (std::size_t c = op_.text_input[i]; c < op_.text_input[i] + columns; ++c) {
        const std::size_t at = first + part.first + row;
        if (c >= texts.size() || at >= texts[c].size()) return Refusal{row, "no texts came along"};
        const std::string_view text = texts[c][at];
        if (text.data() == nullptr)
          return Refusal{row, "a text is missing, which ONNX has no way to say: send an empty one"};
        tensor->texts.emplace_back(text);
      }
    }
    return std::nullopt;
  }

  std::optional<Refusal> take(const OnnxOutput& output, std::size_t i, Part part,
                              std::size_t tokens, double* to, TextColumns* texts) const {
    const std::size_t columns = columns_of(i);
    const std::size_t per_row = op_.pooling[i] == Pooling::kNone ? columns : tokens * columns;
    const std::size_t batch = op_.batch != 0 ? op_.batch : part.rows;
    if (output.type != op_.output_type[i] || output.count() != batch * per_row)
      return Refusal{0,
                     fmt::format("{} {} come out for {} rows, {} {} expected", output.count(),
                                 words(output.type)[static_cast<std::size_t>(output.type)], batch,
                                 batch * per_row,
                                 words(output.type)[static_cast<std::size_t>(op_.output_type[i])])};
    if (op_.label == i + 1) return take_labels(output, part, columns, to);
    if (output.type == ElementType::kText) return take_texts(output, i, part, to, texts);
    if (op_.pooling[i] == Pooling::kNone)
      return from_numbers(output, part.rows, columns, to, columns_);
    return pool(output, op_.pooling[i], tokens, columns, to);
  }

  std::optional<Refusal> take_labels(const OnnxOutput& output, Part part, std::size_t columns,
                                     double* to) const {
    std::vector<double> numbers(part.rows * columns);
    if (output.type != ElementType::kText) {
      if (auto refusal = from_numbers(output, part.rows, columns, numbers.data(), columns))
        return refusal;
    }
    for (std::size_t n = 0; n < numbers.size(); ++n) {
      const std::string label =
          output.type == ElementType::kText ? output.texts[n] : number_text(numbers[n]);
      const auto found = classes_.find(label);
      if (found == classes_.end())
        return Refusal{n / columns, fmt::format("'{}' is none of the model's classes", label)};
      to[n / columns * columns_ + n % columns] = static_cast<double>(found->second);
    }
    return std::nullopt;
  }

  std::optional<Refusal> take_texts(const OnnxOutput& output, std::size_t i, Part part, double* to,
                                    TextColumns* texts) const {
    const std::size_t columns = columns_of(i);
    for (std::size_t n = 0; n < part.rows * columns; ++n) {
      to[n / columns * columns_ + n % columns] = 0;
      if (texts != nullptr) (*texts)[begin_[i] + n % columns].push_back(output.texts[n]);
    }
    return std::nullopt;
  }

  // All rows up to the last token count: those before it are tokens.
  std::optional<Refusal> pool(const OnnxOutput& output, Pooling pooling, std::size_t tokens,
                              std::size_t columns, double* to) const {
    std::vector<double> all(tokens * columns);
    if (auto refusal = from_numbers(output, tokens, columns, all.data(), columns)) return refusal;
    const std::size_t used = pooling == Pooling::kFirst ? 1 : tokens;
    for (std::size_t c = 0; c < columns; ++c) {
      double sum = 0;
      for (std::size_t t = 0; t < used; ++t) sum += all[t * columns + c];
      const double mean = sum / static_cast<double>(used);
      to[c] = output.type == ElementType::kFloat32 ? static_cast<float>(mean) : mean;
    }
    return std::nullopt;
  }

  OnnxGraph op_;
  Result<std::unique_ptr<const OnnxSession>> session_;
  std::vector<std::size_t> begin_;  // per output: its first column; then the end
  std::size_t columns_ = 0;
  std::unordered_map<std::string, std::size_t> classes_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::OnnxGraph& op) {
  return std::make_unique<OnnxKernel>(op);
}

}  // namespace slipway::scoring
