// SPDX-License-Identifier: Apache-2.0
#include "model/import/folders/text_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "model/import/folders/text_settings.h"
#include "model/import/onnx/onnx.h"
#include "model/import/onnx/proto.h"
#include "model/import/onnx/tensors.h"
#include "model/import/tokenizer/tokenizer.h"

namespace slipway::model {
namespace {

namespace fs = std::filesystem;

// ONNX Runtime's sums depend on the CPU.
constexpr double kRelative = 1e-5;

Error refuse(const char* reason, std::string what) {
  return Error(Code::kUnimplemented, reason, std::move(what));
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// model.onnx, also where optimum puts it, or else the only .onnx there is.
std::optional<std::string> onnx_in(const fs::path& folder) {
  for (const char* name : {"model.onnx", "onnx/model.onnx"})
    if (is_file(folder / name)) return (folder / name).string();
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".onnx") found.push_back(at->path().string());
  return found.size() == 1 ? std::optional(found[0]) : std::nullopt;
}

std::optional<std::string> tokenizer_in(const fs::path& folder) {
  for (const char* name : {"tokenizer.json", "vocab.txt"})
    if (is_file(folder / name)) return (folder / name).string();
  return std::nullopt;
}

Result<Tokenize> tokenizer_of(const std::string& folder, const TextSettings& settings) {
  const std::string path = *tokenizer_in(folder);
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  const TokenizerOptions options{.length = settings.length, .lowercase = settings.lowercase};
  auto op = path.ends_with(".txt") ? read_vocab_txt(file->text(), options)
                                   : read_tokenizer_json(file->text(), options);
  if (!op) return std::move(op).error().with_context(path);
  Tokenize out = std::move(op).value();
  if (settings.cut_to && *settings.cut_to >= out.frame.size()) out.length = *settings.cut_to;
  out.truncate = true;
  out.fill_left = false;  // each row is run alone: only the mask counts
  return out;
}

// The tensor that is the answer: logits, a sentence's embedding, or the first.
const OnnxValue& answer_of(const OnnxGraphParts& graph) {
  for (const std::string_view name : {"logits", "sentence_embedding"}) {
    for (const OnnxValue& value : graph.outputs)
      if (value.name == name) return value;
  }
  return graph.outputs.front();
}

struct Answer {
  Tensor tensor;  // of one row, without the axis of tokens
  bool per_token = false;
};

Result<Answer> read_answer(const OnnxValue& value) {
  const auto type = element_type_of(value.type);
  const std::size_t rank = value.dims.size();
  const std::int64_t columns = rank == 0 ? -1 : value.dims.back().first;
  constexpr std::int64_t kMost = 1 << 20;
  if (!value.is_tensor || !type || !is_float(*type) || (rank != 2 && rank != 3) || columns < 1 ||
      columns > kMost)
    return refuse(
        "model.text.output",
        fmt::format("output '{}' is no tensor of floats [rows, columns] or [rows, tokens, "
                    "columns] with a known number of columns",
                    value.name));
  return Answer{{std::string(value.name), *type, {static_cast<std::uint32_t>(columns)}}, rank == 3};
}

// The graph's inputs by name, each a part of the tokenizer's value.
struct Reads {
  std::vector<std::string> names;
  std::vector<ElementType> types;
  std::vector<std::uint32_t> parts;  // 0 ids, 1 mask, 2 types
  std::uint32_t mask = 0;            // 1 + its number
};

Result<Reads> reads_of(const OnnxGraphParts& graph) {
  constexpr std::array<std::string_view, 3> kNames{"input_ids", "attention_mask", "token_type_ids"};
  Reads out;
  for (const OnnxValue& value : graph.inputs) {
    const bool filled =
        std::any_of(graph.initializers.begin(), graph.initializers.end(),
                    [&](const OnnxTensor& each) { return each.name == value.name; });
    if (filled) continue;
    const auto at = std::find(kNames.begin(), kNames.end(), value.name);
    const auto type = element_type_of(value.type);
    const bool whole = type == ElementType::kInt64 || type == ElementType::kInt32;
    if (at == kNames.end() || !value.is_tensor || !whole || value.dims.size() != 2)
      return refuse("model.text.input",
                    fmt::format("input '{}' is none that a tokenizer fills: input_ids, "
                                "attention_mask and token_type_ids are, of integers [rows, tokens]",
                                value.name));
    if (value.name == "attention_mask") out.mask = static_cast<std::uint32_t>(out.names.size() + 1);
    out.names.emplace_back(value.name);
    out.types.push_back(*type);
    out.parts.push_back(static_cast<std::uint32_t>(at - kNames.begin()));
  }
  if (out.mask != 0) return out;
  return refuse("model.text.input", "the graph has no input 'attention_mask' to tell tokens by");
}

class TextModel {
 public:
  explicit TextModel(const TextSettings& settings) : settings_(settings) {
    model_.inputs = {{.name = "text", .kind = InputKind::kText}};
  }

  Result<Model> make(Tokenize tokenizer, std::string_view bytes, const OnnxGraphParts& graph) {
    ASSIGN_OR_RETURN(const Reads reads, reads_of(graph));
    if (graph.outputs.empty()) return refuse("model.text.output", "nothing comes out of the graph");
    ASSIGN_OR_RETURN(const Answer answer, read_answer(answer_of(graph)));
    const std::uint32_t length = tokenizer.length;
    model_.steps.push_back(
        fmt::format("tokens: {}, at most {}, longer texts are cut",
                    words(tokenizer.rule)[static_cast<std::size_t>(tokenizer.rule)], length));
    const ValueId tokens = add({0}, std::move(tokenizer));
    std::vector<ValueId> inputs;
    for (const std::uint32_t part : reads.parts) {
      std::vector<std::uint32_t> columns(length);
      std::iota(columns.begin(), columns.end(), part * length);
      inputs.push_back(add({tokens}, Select{std::move(columns)}));
    }
    const Pooling pooling = settings_.pooling.value_or(Pooling::kMean);
    const ValueId out = add(inputs, graph_op(reads, answer, length, pooling, bytes));
    model_.steps.push_back(fmt::format("graph in ONNX Runtime: {}", answer.tensor.name));
    RETURN_IF_ERROR(name_answer(answer, out));
    model_.exactness = {.margin_bits = false,
                        .relative = kRelative,
                        .why = "ONNX Runtime computes it, and its sums differ between CPUs"};
    model_.source = {"ONNX", "", "folder with a tokenizer"};
    RETURN_IF_ERROR(check(model_));
    return std::move(model_);
  }

 private:
  ValueId add(std::vector<ValueId> inputs, Operator op) {
    model_.nodes.push_back({std::move(inputs), std::move(op)});
    return static_cast<ValueId>(model_.nodes.size());
  }

  static OnnxGraph graph_op(const Reads& reads, const Answer& answer, std::uint32_t length,
                            Pooling pooling, std::string_view bytes) {
    OnnxGraph op;
    op.bytes = std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    op.inputs = reads.names;
    op.input_type = reads.types;
    const std::size_t count = reads.names.size();
    std::vector<std::uint32_t> begin(count + 1);
    std::iota(begin.begin(), begin.end(), 0U);
    op.input_begin = std::move(begin);
    op.input_dims = std::vector<std::uint32_t>(count, length);
    op.text_input = std::vector<std::uint32_t>(count, 0);
    op.outputs = {answer.tensor.name};
    op.output_type = std::vector<ElementType>{answer.tensor.type};
    op.output_begin = std::vector<std::uint32_t>{0, 1};
    op.output_dims = answer.tensor.dims;
    op.pooling = std::vector<Pooling>{answer.per_token ? pooling : Pooling::kNone};
    op.mask = reads.mask;
    return op;
  }

  Result<void> name_answer(const Answer& answer, ValueId out) {
    const std::uint32_t columns = answer.tensor.dims[0];
    const bool logits = answer.tensor.name == "logits";
    if (logits && answer.per_token)
      return refuse("model.text.tokens",
                    "the graph classifies each token, and slipway answers for a text as a whole");
    model_.outputs.float32 = answer.tensor.type == ElementType::kFloat32;
    model_.margin = model_.prediction = out;
    if (!logits) return name_embedding(answer, out);
    if (columns == 1) return {};  // a regression
    if (settings_.labels.size() != columns)
      for (std::uint32_t i = 0; i < columns; ++i) labels_.push_back(std::to_string(i));
    if (labels_.empty()) labels_ = settings_.labels;
    if (settings_.several_labels) {
      model_.notes.emplace_back("tells each of its labels by itself: a probability for each");
      model_.prediction = add({out}, Map{MapKind::kLogistic});
      model_.outputs.task = Task::kTransform;
      model_.outputs.names = labels_;
      return {};
    }
    model_.prediction = add({out}, Link{LinkKind::kSoftmax});
    model_.outputs.task = columns == 2 ? Task::kBinary : Task::kMulticlass;
    model_.outputs.classes = labels_;
    return {};
  }

  Result<void> name_embedding(const Answer& answer, ValueId out) {
    if (answer.per_token && !settings_.pooling)
      model_.notes.emplace_back(
          "no 1_Pooling/config.json says what becomes of the tokens: their mean is given");
    if (settings_.normalize) model_.prediction = add({out}, TextWeights{.norm = RowNorm::kL2});
    model_.margin = model_.prediction;
    model_.outputs.task = Task::kTransform;
    Tensor embedding = answer.tensor;
    embedding.name = "embedding";
    model_.outputs.names = column_names_of(embedding);
    model_.outputs.tensors = {std::move(embedding)};
    return {};
  }

  const TextSettings& settings_;
  std::vector<std::string> labels_;
  Model model_;
};

}  // namespace

bool is_text_model(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error) && !is_file(fs::path(path) / "MLmodel") && onnx_in(path) &&
         tokenizer_in(path);
}

std::vector<std::string> text_model_files(const std::string& path) {
  std::vector<std::string> files{*onnx_in(path), *tokenizer_in(path)};
  for (const char* name : {"config.json", "tokenizer_config.json", "sentence_bert_config.json",
                           "modules.json", "1_Pooling/config.json"}) {
    if (is_file(fs::path(path) / name)) files.push_back((fs::path(path) / name).string());
  }
  return files;
}

Result<Model> import_text_model(const std::string& path) {
  ASSIGN_OR_RETURN(const TextSettings settings, read_text_settings(path));
  ASSIGN_OR_RETURN(Tokenize tokenizer, tokenizer_of(path, settings));
  const std::string onnx = *onnx_in(path);
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(onnx));
  auto parts = open_onnx(file->text());
  if (!parts) return std::move(parts).error().with_context(onnx);
  auto model = TextModel(settings).make(std::move(tokenizer), file->text(), parts.value().graph);
  if (!model) return std::move(model).error().with_context(onnx);
  return model;
}

}  // namespace slipway::model
