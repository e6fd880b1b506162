// SPDX-License-Identifier: Apache-2.0
#include "app/doctor_machine.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/env.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "data/duckdb/library.h"
#include "scoring/engine/isa/isa.h"
#include "scoring/onnx/library.h"

namespace slipway::app {
namespace {

using Verdict = Finding::Verdict;

constexpr std::uint64_t kLeastMemory = 512u << 20, kLeastDisk = 2u << 30;
constexpr std::uint64_t kFilesForConnections = 10'000 + 100;  // --max-connections, and our own

// The number behind a name in /proc/meminfo, in bytes.
std::optional<std::uint64_t> meminfo(std::string_view name) {
  const auto text = posix_env().read_file("/proc/meminfo");
  if (!text) return std::nullopt;
  for (const std::string_view line : split(text.value(), '\n')) {
    if (!line.starts_with(name)) continue;
    std::string_view number = trim(line.substr(name.size() + 1));
    const auto kib = parse_int64(number.substr(0, number.find(' ')));
    if (kib) return static_cast<std::uint64_t>(*kib) * 1024;
  }
  return std::nullopt;
}

std::string cgroup(const std::string& name) {
  const auto text = posix_env().read_file("/sys/fs/cgroup/" + name);
  return text ? std::string(trim(text.value())) : std::string();
}

Finding look_at_cores() {
  const std::size_t cores = usable_cores();
  const std::string found =
      fmt::format("{} core{}, instructions up to {}", cores, cores == 1 ? "" : "s",
                  scoring::isa::name_of(scoring::isa::best_isa()));
  // "150000 100000": so many microseconds of each so many.
  const std::string quota = cgroup("cpu.max");
  const auto blank = quota.find(' ');
  const auto time = parse_double(quota.substr(0, blank));
  const auto period = blank == quota.npos ? std::nullopt : parse_double(quota.substr(blank + 1));
  if (!time || !period || *time >= *period * static_cast<double>(cores))
    return {Verdict::kOk, found};
  const double allowed = *time / *period;
  return {
      Verdict::kNote,
      fmt::format("{}, but this container may use {:.2g} of them: give serve --threads {}, or the "
                  "rest of each tenth of a second it stands still",
                  found, allowed, std::max(1, static_cast<int>(allowed)))};
}

Finding look_at_memory() {
  const auto available = meminfo("MemAvailable");
  if (!available) return {Verdict::kNote, "how much memory there is, /proc does not say"};
  std::uint64_t bytes = *available;
  if (const auto limit = parse_int64(cgroup("memory.max"))) {
    const auto used = parse_int64(cgroup("memory.current")).value_or(0);
    bytes = std::min(bytes, static_cast<std::uint64_t>(std::max<std::int64_t>(*limit - used, 0)));
  }
  if (bytes >= kLeastMemory) return {Verdict::kOk, bytes_text(bytes) + " of memory are free"};
  return {Verdict::kNote,
          bytes_text(bytes) + " of memory are free: models and their engines need room"};
}

Finding look_at_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kFilesForConnections)
    return {Verdict::kOk, fmt::format("{} files may be open", limit.rlim_cur)};
  return {Verdict::kNote,
          fmt::format("{} files may be open, and serve takes 10000 connections: ulimit -n {}, or "
                      "--max-connections {}",
                      limit.rlim_cur, 2 * kFilesForConnections,
                      limit.rlim_cur > 200 ? limit.rlim_cur - 100 : limit.rlim_cur / 2)};
}

Finding look_at_home(const std::string& home) {
  const std::string probe = home + "/.doctor";
  auto made = posix_env().make_folders(home);
  if (made) {
    if (auto file = posix_env().create(probe); !file) made = std::move(file).error();
  }
  if (!made) {
    return {Verdict::kWrong,
            fmt::format("{}: packages and the prediction log go there: give another --home, or "
                        "serve --log off",
                        made.error().message())};
  }
  (void)posix_env().remove(probe);
  std::error_code error;
  const auto space = std::filesystem::space(home, error);
  if (error) return {Verdict::kOk, fmt::format("{} can be written", home)};
  const std::string found =
      fmt::format("{} can be written, {} are free", home, bytes_text(space.available));
  if (space.available >= kLeastDisk) return {Verdict::kOk, found};
  return {Verdict::kNote,
          found + ": the prediction log takes 1 GiB unless --log says another size"};
}

Finding look_at_library(const char* name, const Result<void>& loaded, const char* wants) {
  if (loaded) return {Verdict::kOk, fmt::format("{} is there", name)};
  return {Verdict::kNote,
          fmt::format("{} is not there, which {}: {}", name, wants, loaded.error().message())};
}

}  // namespace

std::vector<Finding> look_at_machine(const std::string& home) {
  const auto onnx = scoring::load_onnxruntime();
  return {look_at_cores(),
          look_at_memory(),
          look_at_files(),
          look_at_home(home),
          look_at_library("DuckDB", data::load_duckdb(),
                          "score, monitor and data need; serve does not"),
          look_at_library("ONNX Runtime", onnx ? Result<void>() : Result<void>(onnx.error()),
                          "neural networks and what else of ONNX is no tree need")};
}

}  // namespace slipway::app
