// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace slipway {

namespace fs = std::filesystem;

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error(errno, fmt::format("opening '{}'", path));
  struct stat info {};
  void* data = nullptr;
  int error_number = 0;
  if (::fstat(descriptor, &info) != 0) {
    error_number = errno;
  } else if (S_ISDIR(info.st_mode)) {
    error_number = EISDIR;
  } else if (info.st_size > 0) {
    data = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE,
                  descriptor, 0);
    if (data == MAP_FAILED) error_number = errno;
  }
  ::close(descriptor);
  if (error_number != 0) return system_error(error_number, fmt::format("mapping '{}'", path));
  return std::shared_ptr<const MappedFile>(
      new MappedFile(static_cast<const std::byte*>(data), static_cast<std::size_t>(info.st_size)));
}

MappedFile::~MappedFile() {
  if (size_ > 0) ::munmap(const_cast<std::byte*>(data_), size_);
}

namespace {

// Nobody but us knows the temporary name: what failed is the writing of the target.
Error naming(const Error& error, const std::string& temporary, const std::string& path) {
  std::string message = error.message();
  if (const auto at = message.find(temporary); at != message.npos)
    message.replace(at, temporary.size(), path);
  if (error.code() == Code::kResourceExhausted)
    message += ": free some space or choose another folder";
  return Error(error.code(), error.reason().data(), std::move(message));
}

class TemporaryFile final : public WritableFile {
 public:
  TemporaryFile(std::unique_ptr<WritableFile> file, std::string temporary, std::string path)
      : file_(std::move(file)), temporary_(std::move(temporary)), path_(std::move(path)) {}

  Result<void> append(std::string_view bytes) override { return named(file_->append(bytes)); }
  Result<void> sync() override { return named(file_->sync()); }

 private:
  Result<void> named(Result<void> done) const {
    if (done) return done;
    return naming(done.error(), temporary_, path_);
  }

  const std::unique_ptr<WritableFile> file_;
  const std::string temporary_;
  const std::string path_;
};

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary, Env& env)
    : path_(std::move(path)), temporary_(std::move(temporary)), env_(&env) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      env_(other.env_) {}

AtomicFile::~AtomicFile() {
  // Nothing to report a failure to: a leftover temporary file is named so that anyone can see what
  // it is.
  if (!temporary_.empty()) (void)env_->remove(temporary_).has_value();
}

Result<AtomicFile> AtomicFile::begin(const std::string& path, Env& env) {
  static std::atomic<unsigned> counter{0};
  if (env.is_folder(path)) return system_error(EISDIR, fmt::format("writing '{}'", path));
  const fs::path target(path);
  const std::string name = fmt::format(".{}.{}-{}.tmp{}", target.stem().string(), ::getpid(),
                                       counter.fetch_add(1), target.extension().string());
  AtomicFile file(path, (target.parent_path() / name).string(), env);
  auto created = env.create(file.temporary_);
  if (!created) {
    file.temporary_.clear();
    return std::move(created).error().with_context(fmt::format("cannot write '{}'", path));
  }
  return file;
}

Result<std::unique_ptr<WritableFile>> AtomicFile::create() {
  auto file = env_->create(temporary_);
  if (!file) return naming(file.error(), temporary_, path_);
  return std::unique_ptr<WritableFile>(
      std::make_unique<TemporaryFile>(std::move(file).value(), temporary_, path_));
}

Result<void> AtomicFile::commit() {
  auto file = env_->open_append(temporary_);
  if (!file) return naming(file.error(), temporary_, path_);
  const auto synced = std::move(file).value()->sync();
  if (!synced) return naming(synced.error(), temporary_, path_);
  const auto renamed = env_->rename(temporary_, path_);
  if (!renamed) return naming(renamed.error(), temporary_, path_);
  temporary_.clear();
  return {};
}

Result<void> write_file_atomically(const std::string& path, std::string_view bytes, Env& env) {
  ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::begin(path, env));
  {
    ASSIGN_OR_RETURN(auto file, out.create());
    RETURN_IF_ERROR(file->append(bytes));
  }
  return out.commit();
}

Result<FileLock> FileLock::take(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_error(errno, fmt::format("opening lock '{}'", path));
  while (::flock(descriptor, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    const int error_number = errno;
    ::close(descriptor);
    return system_error(error_number, fmt::format("locking '{}'", path));
  }
  return FileLock(descriptor);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);  // which unlocks
}

Result<TemporaryFolder> TemporaryFolder::create() {
  std::string path = (fs::temp_directory_path() / "slipway-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) return system_error(errno, "making a temporary folder");
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace slipway
