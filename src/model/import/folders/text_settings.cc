// SPDX-License-Identifier: Apache-2.0
#include "model/import/folders/text_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/json.h"

namespace slipway::model {
namespace {

// A document, empty if there is no such file.
Result<std::optional<JsonDocument>> read(const std::string& folder, const char* name) {
  const std::string path = folder + "/" + name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::optional<JsonDocument>();
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  auto document = JsonDocument::parse(file->text());
  if (!document) return std::move(document).error().with_context(path);
  return std::optional<JsonDocument>(std::move(document).value());
}

std::optional<std::uint32_t> length_of(JsonView view) {
  constexpr std::uint64_t kLongest = 1 << 16;  // beyond: "no limit", as tokenizer_config says it
  const auto number = view.as_uint64();
  if (!number || *number == 0 || *number > kLongest) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// RoBERTa and its kin count positions from 2 on.
bool counts_from_two(std::string_view type) {
  return type.find("roberta") != type.npos || type == "camembert" || type == "mpnet";
}

void read_config(JsonView config, TextSettings* out) {
  if (const auto positions = length_of(config.find("max_position_embeddings"))) {
    const bool two_less = counts_from_two(config.find("model_type").as_string().value_or(""));
    out->length = *positions - (two_less && *positions > 2 ? 2 : 0);
  }
  out->several_labels =
      config.find("problem_type").as_string().value_or("") == "multi_label_classification";
  const JsonView labels = config.find("id2label");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = labels.find(std::to_string(i)).as_string();
    if (!label) break;
    out->labels.emplace_back(*label);
  }
}

Error unread_pooling(const std::string& folder) {
  return Error(
      Code::kUnimplemented, "model.text.pooling",
      fmt::format("{}: 1_Pooling/config.json asks for a pooling that is not read: the mean "
                  "over the tokens and the first token are",
                  folder));
}

Result<void> read_pooling(const std::string& folder, TextSettings* out) {
  ASSIGN_OR_RETURN(const auto pooling, read(folder, "1_Pooling/config.json"));
  if (!pooling) return {};
  const JsonView root = pooling->root();
  std::size_t asked = 0;
  for (const auto& [key, value] : root.object()) {
    if (!key.starts_with("pooling_mode") || !value.as_bool().value_or(false)) continue;
    ++asked;
    if (key == "pooling_mode_mean_tokens") out->pooling = Pooling::kMean;
    if (key == "pooling_mode_cls_token") out->pooling = Pooling::kFirst;
  }
  if (const auto word = root.find("pooling_mode").as_string()) {
    ++asked;
    if (*word == "mean") out->pooling = Pooling::kMean;
    if (*word == "cls") out->pooling = Pooling::kFirst;
  }
  if (asked == 1 && out->pooling) return {};
  return unread_pooling(folder);
}

Result<void> read_modules(const std::string& folder, TextSettings* out) {
  ASSIGN_OR_RETURN(const auto modules, read(folder, "modules.json"));
  if (!modules) return {};
  for (const JsonView module : modules->root().array()) {
    const std::string_view type = module.find("type").as_string().value_or("");
    const std::string_view name = type.substr(type.rfind('.') + 1);
    if (name == "Normalize") out->normalize = true;
    if (name == "Normalize" || name == "Pooling" || name == "Transformer") continue;
    return Error(
        Code::kUnimplemented, "model.text.module",
        fmt::format("{}: modules.json has the module '{}', which is not read: Transformer, "
                    "Pooling and Normalize are",
                    folder, type));
  }
  return {};
}

}  // namespace

Result<TextSettings> read_text_settings(const std::string& folder) {
  TextSettings out;
  ASSIGN_OR_RETURN(const auto config, read(folder, "config.json"));
  if (config) read_config(config->root(), &out);
  ASSIGN_OR_RETURN(const auto tokenizer, read(folder, "tokenizer_config.json"));
  if (tokenizer) {
    if (const auto length = length_of(tokenizer->root().find("model_max_length")))
      out.length = std::min(out.length, *length);
    out.lowercase = tokenizer->root().find("do_lower_case").as_bool().value_or(true);
  }
  ASSIGN_OR_RETURN(const auto sentences, read(folder, "sentence_bert_config.json"));
  if (sentences) out.cut_to = length_of(sentences->root().find("max_seq_length"));
  RETURN_IF_ERROR(read_pooling(folder, &out));
  RETURN_IF_ERROR(read_modules(folder, &out));
  return out;
}

}  // namespace slipway::model
