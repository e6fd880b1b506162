// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/serving_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string_view> kMaps{"parameters", "metric_tags", "input_map",
                                          "output_map", "inputs",      "properties"};

Error wrong(std::string text) {
  return Error(Code::kInvalidArgument, "deploy.config", std::move(text));
}

Result<std::int64_t> integer_of(const TextMessage& message, std::string_view name,
                                std::int64_t fallback) {
  if (!message.has(name)) return fallback;
  const std::string* text = message.scalar(name);
  const auto number = text == nullptr ? std::nullopt : parse_int64(*text);
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (!number || *number < 0 || *number > kMost) {
    return wrong(fmt::format("{}: a whole number from 0 to {} expected, found '{}'", name, kMost,
                             text == nullptr ? "a message" : *text));
  }
  return *number;
}

std::optional<ServingConfig::Control> control_named(std::string_view kind) {
  using Control = ServingConfig::Control;
  if (kind == "CONTROL_SEQUENCE_START") return Control::kStart;
  if (kind == "CONTROL_SEQUENCE_END") return Control::kEnd;
  if (kind == "CONTROL_SEQUENCE_READY") return Control::kReady;
  if (kind == "CONTROL_SEQUENCE_CORRID") return Control::kCorrelationId;
  return std::nullopt;
}

Result<void> read_controls(const TextMessage& sequence, ServingConfig* config) {
  for (const TextMessage* input : sequence.messages("control_input")) {
    const std::string* name = input->scalar("name");
    for (const TextMessage* control : input->messages("control")) {
      const std::string* kind = control->scalar("kind");
      const auto known = control_named(kind == nullptr ? "CONTROL_SEQUENCE_START" : *kind);
      if (name == nullptr || !known)
        return wrong("sequence_batching.control_input: a name, and a kind that exists, expected");
      ServingConfig::ControlInput made{.tensor = *name, .control = *known};
      for (const auto* values : {"int32_false_true", "fp32_false_true", "bool_false_true"}) {
        const auto pair = control->scalars(values);
        if (pair.size() != 2) continue;
        made.no = pair[0] == "true" ? 1 : parse_double(pair[0]).value_or(0);
        made.yes = pair[1] == "true" ? 1 : parse_double(pair[1]).value_or(1);
      }
      config->controls.push_back(std::move(made));
    }
  }
  return {};
}

// One class a line. The file lies in the model's own folder.
Result<void> read_labels(const std::string& folder, ServingConfig* config) {
  for (const TextMessage* output : config->fields.messages("output")) {
    const std::string* name = output->scalar("name");
    const std::string* file = output->scalar("label_filename");
    if (name == nullptr || file == nullptr || file->empty()) continue;
    if (file->find('/') != file->npos || folder.empty())
      return wrong(fmt::format(
          "label_filename: a file in the model's own folder expected, found '{}'", *file));
    ASSIGN_OR_RETURN(const auto text, MappedFile::open((fs::path(folder) / *file).string()));
    ServingConfig::Labels labels{.output = *name};
    for (const std::string_view line : split(text->text(), '\n'))
      labels.names.emplace_back(trim(line));
    while (!labels.names.empty() && labels.names.back().empty()) labels.names.pop_back();
    config->labels.push_back(std::move(labels));
  }
  return {};
}

Result<void> read_versions(ServingConfig* config) {
  const TextMessage* policy = config->fields.message("version_policy");
  if (policy == nullptr) return {};
  if (policy->has("all")) config->versions_latest = 0;
  if (const TextMessage* latest = policy->message("latest")) {
    ASSIGN_OR_RETURN(config->versions_latest, integer_of(*latest, "num_versions", 1));
    config->versions_latest = std::max<std::int64_t>(config->versions_latest, 1);
  }
  if (const TextMessage* specific = policy->message("specific")) {
    for (const std::string& text : specific->scalars("versions")) {
      const auto version = parse_int64(text);
      if (!version || *version < 1)
        return wrong(fmt::format("version_policy: a version from 1 expected, found '{}'", text));
      config->versions.push_back(*version);
    }
  }
  return {};
}

Result<void> read_queue_policy(ServingConfig* config) {
  const TextMessage* batching = config->fields.message("dynamic_batching");
  const TextMessage* policy =
      batching == nullptr ? nullptr : batching->message("default_queue_policy");
  if (policy == nullptr) return {};
  ASSIGN_OR_RETURN(config->in_flight_max, integer_of(*policy, "max_queue_size", 0));
  ASSIGN_OR_RETURN(config->timeout_us, integer_of(*policy, "default_timeout_microseconds", 0));
  return {};
}

Result<void> read_priorities(ServingConfig* config) {
  const TextMessage* batching = config->fields.message("dynamic_batching");
  if (batching == nullptr) return {};
  ASSIGN_OR_RETURN(config->priority_levels, integer_of(*batching, "priority_levels", 0));
  ASSIGN_OR_RETURN(config->default_priority, integer_of(*batching, "default_priority_level", 0));
  const std::int64_t levels = config->priority_levels, usual = config->default_priority;
  if (levels == 0 || (usual >= 1 && usual <= levels)) return {};
  return wrong(fmt::format(
      "dynamic_batching.default_priority_level: 1 to {} (priority_levels) expected, found {}",
      levels, usual));
}

Result<void> read_response_cache(ServingConfig* config) {
  const TextMessage* cache = config->fields.message("response_cache");
  if (cache == nullptr || !cache->has("enable")) return {};
  const std::string* text = cache->scalar("enable");
  if (text == nullptr || (*text != "true" && *text != "false")) {
    return wrong(fmt::format("response_cache.enable: true or false expected, found '{}'",
                             text == nullptr ? "a message" : *text));
  }
  config->response_cache = *text == "true";
  return {};
}

Result<ServingConfig> interpret(TextMessage fields, const std::string& folder) {
  ServingConfig config{.fields = std::move(fields)};
  ASSIGN_OR_RETURN(config.rows_max, integer_of(config.fields, "max_batch_size", 0));
  if (const TextMessage* sequence = config.fields.message("sequence_batching"))
    RETURN_IF_ERROR(read_controls(*sequence, &config));
  RETURN_IF_ERROR(read_queue_policy(&config));
  RETURN_IF_ERROR(read_priorities(&config));
  RETURN_IF_ERROR(read_response_cache(&config));
  RETURN_IF_ERROR(read_labels(folder, &config));
  RETURN_IF_ERROR(read_versions(&config));
  return config;
}

}  // namespace

Result<ServingConfig> ServingConfig::of_text(std::string_view text, const std::string& folder) {
  ASSIGN_OR_RETURN(TextMessage fields, parse_text_proto(text));
  return interpret(std::move(fields), folder);
}

Result<ServingConfig> ServingConfig::of_folder(const std::string& folder) {
  const std::string path = folder + "/config.pbtxt";
  if (!posix_env().exists(path)) return ServingConfig();
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  auto config = of_text(file->text(), folder);
  if (!config) return std::move(config).error().with_context(path);
  config.value().path = path;
  return config;
}

Result<ServingConfig> ServingConfig::overridden(std::string_view json,
                                                const std::string& folder) const {
  auto document = JsonDocument::parse(json);
  if (!document) return std::move(document).error().with_context("the configuration");
  auto changed = read_json_fields(document.value().root(), kMaps);
  if (!changed) return std::move(changed).error().with_context("the configuration");
  TextMessage merged = std::move(changed).value();
  const TextMessage given = merged;
  for (const TextField& field : fields.fields) {
    if (!given.has(field.name)) merged.fields.push_back(field);
  }
  auto made = interpret(std::move(merged), folder);
  if (made) made.value().path = path;
  return made;
}

}  // namespace slipway::deploy
