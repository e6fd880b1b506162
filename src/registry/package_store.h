// Packages on disk: one OCI image layout (`<home>/packages`) that skopeo, crane and any registry
// understand. A package is immutable and named by its content; versions count up under a name.
//
//   PackageStore store(home + "/packages");
//   ASSIGN_OR_RETURN(const PackageRef ref, store.seal("delay", parts));       // delay:1
//   ASSIGN_OR_RETURN(const PackageRef same, store.resolve("delay:1"));        // or "delay"
//   (newest), or "sha256:..." ASSIGN_OR_RETURN(const Package package, store.open(same));
//
// Sealing the same parts under the same name again gives the version that is there. Media types:
// docs/reference/package.md. Safe between threads and processes: writers take a file lock, readers
// see whole files only. A kill at any moment leaves the old index or the new one, and at worst
// blobs that nothing names. Errors: kNotFound "registry.no_package", kDataLoss "registry.*" for
// damage, which is found by digest at every open.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace slipway::registry {

// What goes in.
struct PackageParts {
  std::string config;  // JSON: what `inspect` prints of it without reading the model
  std::string model;   // model.slip
  std::string parity;  // parity vectors; may be empty
};

struct PackageRef {
  std::string name;          // "delay"
  std::int64_t version = 0;  // 1, 2, ...
  std::string digest;        // "sha256:..." of the manifest
  std::string created;       // UTC

  std::string text() const { return name + ":" + std::to_string(version); }
};

// What comes out: mapped files, verified.
struct Package {
  std::string config;
  std::shared_ptr<const MappedFile> model;
  std::shared_ptr<const MappedFile> parity;  // null without parity vectors
};

class PackageStore {
 public:
  explicit PackageStore(std::string folder, Env& env = posix_env())
      : folder_(std::move(folder)), env_(&env) {}

  // `name`: lower-case letters, digits, '-', '_', '.', at most 128, starting with a letter or
  // digit.
  Result<PackageRef> seal(const std::string& name, const PackageParts& parts, std::int64_t now_us);
  Result<PackageRef> resolve(std::string_view reference) const;
  Result<Package> open(const PackageRef& ref) const;
  // In the order in which they were sealed. Empty if there is no layout yet.
  Result<std::vector<PackageRef>> list() const;

 private:
  std::string blob_path(std::string_view digest) const;
  Result<std::string> write_blob(std::string_view bytes);
  Result<void> write_index(const std::vector<PackageRef>& refs);

  std::string folder_;
  Env* env_;
};

// Whether `text` can name a package: used before anything is written.
Result<void> check_package_name(std::string_view text);

}  // namespace slipway::registry
