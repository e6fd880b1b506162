// SPDX-License-Identifier: Apache-2.0
#include "base/env.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace slipway {
namespace {

namespace fs = std::filesystem;

struct Meaning {
  Code code;
  const char* reason;
};

Meaning meaning_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return {Code::kNotFound, "io.not_found"};
    case EEXIST:
      return {Code::kAlreadyExists, "io.exists"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {Code::kPermissionDenied, "io.permission_denied"};
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {Code::kResourceExhausted, "io.disk_full"};
    case EISDIR:
    case ENOTDIR:
      return {Code::kInvalidArgument, "io.wrong_kind"};
    default:
      return {Code::kUnavailable, "io.failed"};
  }
}

class PosixFile final : public WritableFile {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { ::close(descriptor_); }

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_error(errno, fmt::format("writing '{}'", path_));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(descriptor_) != 0)
      return system_error(errno, fmt::format("syncing '{}'", path_));
    return {};
  }

 private:
  const int descriptor_;
  const std::string path_;
};

Result<void> sync_folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  const int descriptor =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error(errno, fmt::format("opening folder '{}'", folder));
  const int status = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  // Some file systems refuse to sync a folder; the rename itself has happened.
  if (status != 0 && error_number != EINVAL)
    return system_error(error_number, fmt::format("syncing folder '{}'", folder));
  return {};
}

Result<std::string> read_all(int descriptor, const std::string& path) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0)
    return system_error(errno, fmt::format("reading '{}'", path));
  if (S_ISDIR(info.st_mode)) return system_error(EISDIR, fmt::format("reading '{}'", path));
  std::string bytes;
  bytes.resize(static_cast<std::size_t>(info.st_size) + 1);
  std::size_t used = 0;
  while (true) {
    if (used == bytes.size()) bytes.resize(bytes.size() * 2);
    const ssize_t got = ::read(descriptor, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, fmt::format("reading '{}'", path));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  bytes.resize(used);
  return bytes;
}

class PosixEnv final : public Env {
 public:
  Result<std::string> read_file(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return system_error(errno, fmt::format("opening '{}'", path));
    auto bytes = read_all(descriptor, path);
    ::close(descriptor);
    return bytes;
  }

  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    return open_writable(path, O_TRUNC);
  }
  Result<std::unique_ptr<WritableFile>> open_append(const std::string& path) override {
    return open_writable(path, O_APPEND);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return system_error(errno, fmt::format("renaming '{}' to '{}'", from, to));
    }
    return sync_folder_of(to);
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return system_error(errno, fmt::format("removing '{}'", path));
    return {};
  }

  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    if (::truncate(path.c_str(), static_cast<off_t>(size)) != 0) {
      return system_error(errno, fmt::format("truncating '{}'", path));
    }
    return {};
  }

  Result<void> make_folders(const std::string& path) override {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return system_error(error.value(), fmt::format("making folder '{}'", path));
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      names.push_back(it->path().filename().string());
    }
    if (error) return system_error(error.value(), fmt::format("listing '{}'", folder));
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::uint64_t> file_size(const std::string& path) override {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error) return system_error(error.value(), fmt::format("sizing '{}'", path));
    return std::uint64_t{size};
  }

  bool exists(const std::string& path) override {
    std::error_code error;
    return fs::exists(path, error);
  }
  bool is_folder(const std::string& path) override {
    std::error_code error;
    return fs::is_directory(path, error);
  }

  std::optional<std::string> variable(const std::string& name) override {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  }

 private:
  static Result<std::unique_ptr<WritableFile>> open_writable(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
    if (descriptor < 0) return system_error(errno, fmt::format("opening '{}' for writing", path));
    return std::unique_ptr<WritableFile>(std::make_unique<PosixFile>(descriptor, path));
  }
};

}  // namespace

Error system_error(int error_number, std::string_view doing) {
  const auto [code, reason] = meaning_of(error_number);
  return Error(code, reason,
               fmt::format("{}: {}", doing, std::generic_category().message(error_number)));
}

Env& posix_env() {
  static PosixEnv env;
  return env;
}

}  // namespace slipway
