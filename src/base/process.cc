// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/clock.h"
#include "base/env.h"

extern char** environ;

namespace slipway {
namespace {

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error(errno, "making a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<pid_t> spawn(const std::vector<std::string>& command, int out, int err) {
  std::vector<char*> arguments;
  for (const auto& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out, 1);
  posix_spawn_file_actions_adddup2(&files, err, 2);
  // Signals as a shell would hand them down, and a group of its own to be killed as one.
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int each : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&defaults, each);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, arguments[0], &files, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed == 0) return child;
  if (failed == ENOENT)
    return Error(Code::kNotFound, "base.process.not_found",
                 fmt::format("there is no program '{}' on the PATH", command[0]));
  return system_error(failed, fmt::format("starting '{}'", command[0]));
}

// Keeps the end of what comes.
struct Sink {
  Fd* from;
  std::string* to;
};

void read_some(const Sink& sink, std::size_t output_max) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::read(sink.from->get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) return sink.from->reset();
  sink.to->append(buffer.data(), static_cast<std::size_t>(count));
  if (sink.to->size() > 2 * output_max) sink.to->erase(0, sink.to->size() - output_max);
}

std::int64_t left_ms(std::int64_t until_ns) {
  return (until_ns - system_clock().monotonic_ns()) / 1'000'000;
}

// Until both ends are closed, or time has run out.
void collect(std::array<Sink, 2> sinks, std::size_t output_max, std::int64_t until_ns) {
  while (sinks[0].from->get() >= 0 || sinks[1].from->get() >= 0) {
    const std::int64_t left = left_ms(until_ns);
    if (left <= 0) return;
    std::array<pollfd, 2> waited{};
    for (std::size_t i = 0; i < 2; ++i) waited[i] = {sinks[i].from->get(), POLLIN, 0};
    if (::poll(waited.data(), 2, static_cast<int>(std::min<std::int64_t>(left, 1000))) <= 0)
      continue;
    for (std::size_t i = 0; i < 2; ++i)
      if (waited[i].revents != 0) read_some(sinks[i], output_max);
  }
}

// Waits for the child until time has run out, and then ends it; with it goes what it left running.
void finish(pid_t child, std::int64_t until_ns, ProcessResult* result) {
  constexpr int kLookAgainMs = 5;
  int status = 0;
  pid_t done = 0;
  while (done == 0) {
    done = ::waitpid(child, &status, WNOHANG);
    if (done < 0 && errno == EINTR) done = 0;
    if (done != 0) break;
    if (left_ms(until_ns) <= 0) {
      result->timed_out = true;
      ::kill(-child, SIGKILL);
      while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
      break;
    }
    ::poll(nullptr, 0, kLookAgainMs);
  }
  ::kill(-child, SIGKILL);
  result->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& command,
                                  const ProcessOptions& options) {
  if (command.empty()) return Error(Code::kInvalidArgument, "base.process", "no program is named");
  ASSIGN_OR_RETURN(Pipe out, make_pipe());
  ASSIGN_OR_RETURN(Pipe err, make_pipe());
  ASSIGN_OR_RETURN(const pid_t child, spawn(command, out.write.get(), err.write.get()));
  out.write.reset();
  err.write.reset();
  ProcessResult result;
  const std::int64_t until = system_clock().monotonic_ns() + options.timeout_ms * 1'000'000;
  collect({Sink{&out.read, &result.out}, Sink{&err.read, &result.err}}, options.output_max, until);
  finish(child, until, &result);
  for (std::string* text : {&result.out, &result.err})
    if (text->size() > options.output_max) text->erase(0, text->size() - options.output_max);
  return result;
}

std::string_view last_lines(std::string_view text, std::size_t count) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::size_t begin = text.size();
  for (std::size_t i = 0; i < count && begin != std::string_view::npos && begin > 0; ++i)
    begin = text.rfind('\n', begin - 1);
  return begin == std::string_view::npos || begin == 0 ? text : text.substr(begin + 1);
}

}  // namespace slipway
