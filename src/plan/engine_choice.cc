// SPDX-License-Identifier: Apache-2.0
#include "plan/engine_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace slipway::plan {
namespace {

constexpr int kVersion = 2;  // of the file; engines may become quicker from version to version

// "AMD EPYC 7763 64-Core Processor"; of what Linux says, the line that names the kind.
std::string cpu_name(Env& env) {
  const auto text = env.read_file("/proc/cpuinfo");
  if (!text) return "unknown";
  for (const std::string_view line : split(text.value(), '\n')) {
    const auto colon = line.find(':');
    if (colon == line.npos || (!line.starts_with("model name") && !line.starts_with("CPU part")))
      continue;
    return std::string(trim(line.substr(colon + 1)));
  }
  return "unknown";
}

// Nothing if it is not of this CPU and version.
std::optional<EngineChoice::Tables> tables_of(const JsonView root, std::string_view cpu) {
  if (root.find("version").as_int64() != kVersion || root.find("cpu").as_string() != cpu)
    return std::nullopt;
  EngineChoice::Tables tables;
  for (const JsonView entry : root.find("tables").array()) {
    const auto node = entry.find("node").as_uint64();
    if (!node) return std::nullopt;
    scoring::EngineTable& table = tables[*node];
    for (const JsonView rule : entry.find("rules").array()) {
      const auto rows = rule.find("rows").as_uint64();
      const auto engine = rule.find("engine").as_string();
      if (!rows || !engine) return std::nullopt;
      table.push_back({*rows, std::string(*engine)});
    }
  }
  return tables;
}

}  // namespace

EngineChoice::EngineChoice(Env& env, std::string home)
    : env_(env), folder_(std::move(home) + "/engines"), cpu_(cpu_name(env)) {}

std::string EngineChoice::path_of(const std::string& digest, scoring::isa::Isa isa) const {
  std::string name = digest.substr(digest.find(':') + 1);
  return fmt::format("{}/{}.{}-{}.json", folder_, name, Sha256::hex_of(cpu_).substr(0, 8),
                     name_of(isa));
}

std::optional<EngineChoice::Tables> EngineChoice::read(const std::string& digest,
                                                       scoring::isa::Isa isa) const {
  const auto text = env_.read_file(path_of(digest, isa));
  if (!text) return std::nullopt;
  const auto document = JsonDocument::parse(text.value());
  if (!document) return std::nullopt;
  return tables_of(document.value().root(), cpu_);
}

Result<void> EngineChoice::write(const std::string& digest, scoring::isa::Isa isa,
                                 const Tables& tables) const {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().member("version", kVersion).member("cpu", cpu_).member("isa", name_of(isa));
  json.key("tables").begin_array();
  for (const auto& [node, table] : tables) {
    json.begin_object().member("node", static_cast<std::uint64_t>(node)).key("rules").begin_array();
    for (const auto& rule : table) {
      json.begin_object()
          .member("rows", static_cast<std::uint64_t>(rule.rows))
          .member("engine", rule.engine)
          .end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  RETURN_IF_ERROR(env_.make_folders(folder_));
  return write_file_atomically(path_of(digest, isa), text);
}

}  // namespace slipway::plan
