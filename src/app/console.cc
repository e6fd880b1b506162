// SPDX-License-Identifier: Apache-2.0
#include "app/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "base/env.h"
#include "base/json_writer.h"

namespace slipway::app {
namespace {

// In the order of the canonical codes, which start at 1.
constexpr std::array<std::string_view, 17> kCodeNames{
    "ok",        "cancelled",      "unknown",           "invalid_argument",   "deadline_exceeded",
    "not_found", "already_exists", "permission_denied", "resource_exhausted", "failed_precondition",
    "aborted",   "out_of_range",   "unimplemented",     "internal",           "unavailable",
    "data_loss", "unauthenticated"};

}  // namespace

void Console::print(std::string_view line) const {
  std::fwrite(line.data(), 1, line.size(), stdout);
  if (!line.ends_with('\n')) std::fputc('\n', stdout);
  std::fflush(stdout);
}

void Console::note(std::string_view line) const {
  std::fwrite(line.data(), 1, line.size(), stderr);
  if (!line.ends_with('\n')) std::fputc('\n', stderr);
}

int Console::fail(const Error& error) const {
  const bool refused = exit_code_of(error) == kRefused;
  note(fmt::format("{}: {}", refused ? "refused" : "error", error.message()));
  if (json_) {
    std::string out;
    JsonWriter json(&out);
    json.begin_object().key("error").begin_object();
    json.member("code", kCodeNames[static_cast<std::size_t>(error.code())]);
    json.member("reason", error.reason())
        .member("message", error.message())
        .end_object()
        .end_object();
    print(out);
  }
  return exit_code_of(error);
}

bool Console::stdout_is_terminal() const { return ::isatty(STDOUT_FILENO) != 0; }

bool Console::colour() const { return stdout_is_terminal() && !posix_env().variable("NO_COLOR"); }

int Console::columns() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

int exit_code_of(const Error& error) {
  const std::string_view reason = error.reason();
  const bool usage = reason == "app.option" || reason == "app.config" || reason == "plan.engine" ||
                     reason == "scoring.isa";
  if (usage) return kUsage;
  // A file of rows that cannot be read failed; a model that cannot be trusted was refused.
  const bool about_rows =
      error.reason().starts_with("data.") || error.reason().starts_with("frame.");
  const bool refused =
      !about_rows && (error.code() == Code::kUnimplemented || error.code() == Code::kDataLoss ||
                      error.reason().starts_with("model.") || error.reason() == "app.parity");
  return refused ? kRefused : kFailed;
}

}  // namespace slipway::app
