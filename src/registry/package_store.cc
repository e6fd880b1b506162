// SPDX-License-Identifier: Apache-2.0
#include "registry/package_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace slipway::registry {
namespace {

constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kArtifactType = "application/vnd.slipway.package.v1+json";
constexpr std::string_view kConfigType = "application/vnd.slipway.config.v1+json";
constexpr std::string_view kModelType = "application/vnd.slipway.model.v1";
constexpr std::string_view kParityType = "application/vnd.slipway.parity.v1";
constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";
constexpr std::string_view kCreated = "org.opencontainers.image.created";

std::string digest_of(std::string_view bytes) { return "sha256:" + Sha256::hex_of(bytes); }

void write_descriptor(std::string_view type, std::string_view digest, std::size_t size,
                      JsonWriter* json) {
  json->begin_object()
      .member("mediaType", type)
      .member("digest", digest)
      .member("size", size)
      .end_object();
}

// No time and no name in it: the same parts give the same digest.
std::string manifest_of(const PackageParts& parts) {
  std::string out;
  JsonWriter json(&out);
  json.begin_object().member("schemaVersion", 2).member("mediaType", kManifestType);
  json.member("artifactType", kArtifactType).key("config");
  write_descriptor(kConfigType, digest_of(parts.config), parts.config.size(), &json);
  json.key("layers").begin_array();
  write_descriptor(kModelType, digest_of(parts.model), parts.model.size(), &json);
  if (!parts.parity.empty())
    write_descriptor(kParityType, digest_of(parts.parity), parts.parity.size(), &json);
  json.end_array().end_object();
  return out;
}

bool is_digest(std::string_view text) {
  return text.size() == 71 && text.starts_with("sha256:") &&
         text.find_first_not_of("0123456789abcdef", 7) == text.npos;
}

Error damaged(const char* reason, std::string message) {
  return Error(Code::kDataLoss, reason, std::move(message));
}

Result<PackageRef> read_ref(JsonView entry) {
  PackageRef ref;
  ref.digest = entry.find("digest").as_string().value_or("");
  const JsonView annotations = entry.find("annotations");
  const std::string_view name = annotations.find(kRefName).as_string().value_or("");
  const auto colon = name.rfind(':');
  const auto version = colon == name.npos ? std::nullopt : parse_int64(name.substr(colon + 1));
  if (!is_digest(ref.digest) || !version || *version < 1) {
    return damaged("registry.index",
                   fmt::format("index.json has an entry '{}' with digest '{}'", name, ref.digest));
  }
  ref.name = name.substr(0, colon);
  ref.version = *version;
  ref.created = annotations.find(kCreated).as_string().value_or("");
  return ref;
}

Error no_package(std::string_view reference, const std::vector<PackageRef>& refs) {
  std::vector<std::string> names;
  for (const auto& ref : refs) names.push_back(ref.text());
  auto near = nearest(reference, names);
  if (!near) {
    for (const auto& ref : refs) {
      const auto by_name = nearest(reference, std::vector<std::string>{ref.name});
      if (by_name) near = ref.text();
    }
  }
  const std::string known = names.empty()
                                ? "there are none yet: slipway package FILE --name NAME makes one"
                                : fmt::format("there are: {}", join(names, ", "));
  return Error(Code::kNotFound, "registry.no_package",
               fmt::format("no file and no package '{}'{}; {}", reference,
                           near ? fmt::format(" (did you mean '{}'?)", *near) : "", known));
}

}  // namespace

Result<void> check_package_name(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const bool fits = !text.empty() && text.size() <= 128 &&
                    kLetters.find(text.front()) != kLetters.npos &&
                    text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == text.npos;
  if (fits) return {};
  return Error(Code::kInvalidArgument, "registry.name",
               fmt::format("'{}' cannot name a package: lower-case letters, digits, '-', '_' and "
                           "'.', at most 128, starting "
                           "with a letter or digit",
                           text));
}

std::string PackageStore::blob_path(std::string_view digest) const {
  return fmt::format("{}/blobs/sha256/{}", folder_, digest.substr(digest.find(':') + 1));
}

Result<std::string> PackageStore::write_blob(std::string_view bytes) {
  std::string digest = digest_of(bytes);
  if (env_->exists(blob_path(digest))) return digest;
  RETURN_IF_ERROR(write_file_atomically(blob_path(digest), bytes, *env_));
  return digest;
}

Result<std::vector<PackageRef>> PackageStore::list() const {
  std::vector<PackageRef> refs;
  const std::string path = folder_ + "/index.json";
  if (!env_->exists(path)) return refs;
  ASSIGN_OR_RETURN(const std::string text, env_->read_file(path));
  auto document = JsonDocument::parse(text);
  if (!document) return std::move(document).error().with_context(path);
  for (const JsonView entry : document.value().root().find("manifests").array()) {
    auto ref = read_ref(entry);
    if (!ref) return std::move(ref).error().with_context(path);
    refs.push_back(std::move(ref).value());
  }
  return refs;
}

Result<void> PackageStore::write_index(const std::vector<PackageRef>& refs) {
  std::string out;
  JsonWriter json(&out, {.pretty = true});
  json.begin_object()
      .member("schemaVersion", 2)
      .member("mediaType", "application/vnd.oci.image.index.v1+json");
  json.key("manifests").begin_array();
  for (const auto& ref : refs) {
    ASSIGN_OR_RETURN(const std::uint64_t size, env_->file_size(blob_path(ref.digest)));
    json.begin_object()
        .member("mediaType", kManifestType)
        .member("digest", ref.digest)
        .member("size", size);
    json.member("artifactType", kArtifactType).key("annotations").begin_object();
    json.member(kRefName, ref.text()).member(kCreated, ref.created).end_object().end_object();
  }
  json.end_array().end_object();
  return write_file_atomically(folder_ + "/index.json", out + "\n", *env_);
}

Result<PackageRef> PackageStore::seal(const std::string& name, const PackageParts& parts,
                                      std::int64_t now_us) {
  RETURN_IF_ERROR(check_package_name(name));
  RETURN_IF_ERROR(env_->make_folders(folder_ + "/blobs/sha256"));
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::take(folder_ + "/lock"));
  RETURN_IF_ERROR(write_file_atomically(folder_ + "/oci-layout",
                                        "{\"imageLayoutVersion\":\"1.0.0\"}\n", *env_));
  ASSIGN_OR_RETURN(std::vector<PackageRef> refs, list());
  RETURN_IF_ERROR(write_blob(parts.config));
  RETURN_IF_ERROR(write_blob(parts.model));
  if (!parts.parity.empty()) RETURN_IF_ERROR(write_blob(parts.parity));
  PackageRef ref{.name = name, .version = 1, .digest = {}, .created = format_utc(now_us)};
  ASSIGN_OR_RETURN(ref.digest, write_blob(manifest_of(parts)));
  for (const auto& known : refs) {
    if (known.name != name) continue;
    if (known.digest == ref.digest) return known;
    ref.version = std::max(ref.version, known.version + 1);
  }
  refs.push_back(ref);
  RETURN_IF_ERROR(write_index(refs));
  return ref;
}

Result<PackageRef> PackageStore::resolve(std::string_view reference) const {
  ASSIGN_OR_RETURN(const std::vector<PackageRef> refs, list());
  const PackageRef* found = nullptr;
  for (const auto& ref : refs) {
    const bool by_name =
        ref.name == reference && (found == nullptr || ref.version > found->version);
    if (by_name || ref.text() == reference || ref.digest == reference) found = &ref;
  }
  if (found == nullptr) return no_package(reference, refs);
  return *found;
}

Result<Package> PackageStore::open(const PackageRef& ref) const {
  const auto verified =
      [this](std::string_view digest) -> Result<std::shared_ptr<const MappedFile>> {
    if (!is_digest(digest))
      return damaged("registry.manifest", fmt::format("'{}' is no digest", digest));
    ASSIGN_OR_RETURN(auto file, MappedFile::open(blob_path(digest)));
    if (digest_of(file->text()) == digest) return file;
    return damaged(
        "registry.blob",
        fmt::format("'{}' does not have the digest that names it: the file is damaged; seal "
                    "or pull the package again",
                    blob_path(digest)));
  };
  ASSIGN_OR_RETURN(const auto manifest_file, verified(ref.digest));
  ASSIGN_OR_RETURN(const JsonDocument manifest, JsonDocument::parse(manifest_file->text()));
  Package package;
  ASSIGN_OR_RETURN(
      const auto config,
      verified(manifest.root().find("config").find("digest").as_string().value_or("")));
  package.config = config->text();
  for (const JsonView layer : manifest.root().find("layers").array()) {
    const auto type = layer.find("mediaType").as_string();
    ASSIGN_OR_RETURN(auto file, verified(layer.find("digest").as_string().value_or("")));
    if (type == kModelType)
      package.model = std::move(file);
    else if (type == kParityType)
      package.parity = std::move(file);
  }
  if (package.model != nullptr) return package;
  return damaged("registry.manifest", fmt::format("package {} has no model layer", ref.text()));
}

}  // namespace slipway::registry
