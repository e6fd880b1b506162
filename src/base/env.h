// The operating system as far as durability and configuration need it, behind an interface, so that
// tests can make the Nth write fail, tear it, or fill the disk.
//
//   Env& env = posix_env();
//   ASSIGN_OR_RETURN(auto file, env.open_append(path));
//   RETURN_IF_ERROR(file->append(bytes));
//   RETURN_IF_ERROR(file->sync());
//
// Paths are UTF-8 text, absolute or relative to the working directory. Errors carry the path and
// the system's words: kNotFound, kPermissionDenied, kAlreadyExists, kResourceExhausted (disk or
// quota full), else kUnavailable. Env is thread-safe; a WritableFile belongs to one thread at a
// time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway {

class WritableFile {
 public:
  virtual ~WritableFile() = default;  // closes; what was not synced may be lost
  virtual Result<void> append(std::string_view bytes) = 0;
  virtual Result<void> sync() = 0;  // on disk, as far as the disk is honest
};

class Env {
 public:
  virtual ~Env() = default;

  virtual Result<std::string> read_file(const std::string& path) = 0;
  // Creates or truncates.
  virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path) = 0;
  // Creates if missing; writes go to the end.
  virtual Result<std::unique_ptr<WritableFile>> open_append(const std::string& path) = 0;
  // Atomic; replaces the target. The folder's entry is synced.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  virtual Result<void> truncate(const std::string& path, std::uint64_t size) = 0;
  virtual Result<void> make_folders(const std::string& path) = 0;
  // Names (not paths), sorted.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  virtual Result<std::uint64_t> file_size(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  virtual bool is_folder(const std::string& path) = 0;
  virtual std::optional<std::string> variable(const std::string& name) = 0;
};

Env& posix_env();

// An Error for a failed system call: `doing` reads like "opening 'a/b'".
Error system_error(int error_number, std::string_view doing);

}  // namespace slipway
