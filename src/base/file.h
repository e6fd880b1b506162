// Files used whole: mapped for reading, replaced atomically when written.
//
//   ASSIGN_OR_RETURN(const auto file, MappedFile::open("model.txt"));
//   parse(file->bytes());
//
//   ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::begin("scores.csv"));
//   ... write to out.create(), or to out.temporary_path() ...
//   RETURN_IF_ERROR(out.commit());       // without this nothing appears under the real name
//
// MappedFile is immutable and safe to share; the file must not be truncated while mapped.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/result.h"

namespace slipway {

class MappedFile {
 public:
  // An empty file maps to no bytes. A folder is refused.
  static Result<std::shared_ptr<const MappedFile>> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  MappedFile(const std::byte* data, std::size_t size) : data_(data), size_(size) {}
  const std::byte* data_;
  std::size_t size_;
};

// A file that appears complete or not at all: written beside its target under a temporary name,
// synced, renamed.
class AtomicFile {
 public:
  // Checks at once that the folder can be written. Errors name the target.
  static Result<AtomicFile> begin(const std::string& path, Env& env = posix_env());
  ~AtomicFile();  // removes the temporary file unless committed
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;

  // Ends in the target's own suffix, so that writers that choose a format by suffix do the same.
  const std::string& temporary_path() const { return temporary_; }
  // The temporary file, empty, to write to; its errors, too, name the target.
  Result<std::unique_ptr<WritableFile>> create();
  Result<void> commit();

 private:
  AtomicFile(std::string path, std::string temporary, Env& env);
  std::string path_;
  std::string temporary_;  // empty once committed or moved from
  Env* env_;
};

Result<void> write_file_atomically(const std::string& path, std::string_view bytes,
                                   Env& env = posix_env());

// An exclusive lock that processes and threads respect who take it too: held until destroyed, gone
// with the process. The file stays; what is in it does not matter.
class FileLock {
 public:
  // Waits for its turn.
  static Result<FileLock> take(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// A folder for what a test or a run writes, removed with everything in it at the end.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> create();
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace slipway
