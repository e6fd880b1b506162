// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace slipway {
namespace {

constexpr std::int64_t kRedrawNs = 100'000'000;
constexpr int kBarCells = 20;

class StderrTerminal final : public Terminal {
 public:
  bool interactive() const override { return isatty(STDERR_FILENO) == 1; }
  int columns() const override {
    winsize size{};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
  }
  void write(std::string_view text) override {
    // A terminal that is gone is no reason to stop the work.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  }
};

// 3141592 -> "3.1M"
std::string short_number(double value) {
  for (const auto& [size, letter] :
       {std::pair(1e9, 'G'), std::pair(1e6, 'M'), std::pair(1e3, 'k')}) {
    if (value >= size) return fmt::format("{:.1f}{}", value / size, letter);
  }
  return fmt::format("{:.0f}", value);
}

// "00:12", "1:02:03"
std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::min(seconds, 3.6e6));
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
  return fmt::format("{:02}:{:02}", minutes, whole % 60);
}

}  // namespace

Terminal& stderr_terminal() {
  static StderrTerminal terminal;
  return terminal;
}

ProgressBar::ProgressBar(std::string title, std::uint64_t total, const Options& options)
    : title_(std::move(title)),
      unit_(options.unit),
      total_(total),
      clock_(options.clock),
      terminal_(options.terminal),
      visible_(options.terminal->interactive()),
      started_ns_(options.clock->monotonic_ns()),
      drawn_ns_(started_ns_) {}

void ProgressBar::advance(std::uint64_t by) {
  done_ += by;
  if (!visible_) return;
  // The first line waits a moment too, so that short work flashes nothing.
  const std::int64_t now_ns = clock_->monotonic_ns();
  if (now_ns - drawn_ns_ >= kRedrawNs) draw(now_ns);
}

void ProgressBar::finish() {
  if (on_screen_) terminal_->write("\r\x1b[K");
  on_screen_ = false;
}

void ProgressBar::draw(std::int64_t now_ns) {
  drawn_ns_ = now_ns;
  on_screen_ = true;
  std::string text = line(1e-9 * static_cast<double>(now_ns - started_ns_));
  // A line that wraps could not be cleared.
  const int columns = std::max(terminal_->columns() - 1, 0);
  if (text.size() > static_cast<std::size_t>(columns))
    text.resize(static_cast<std::size_t>(columns));
  terminal_->write("\r" + text + "\x1b[K");
}

std::string ProgressBar::line(double seconds) const {
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  const std::string counted = fmt::format("{} {}  {}/s", grouped(done_), unit_, short_number(rate));
  if (total_ == 0) return fmt::format("{}  {}", title_, counted);
  const double share = std::min(static_cast<double>(done_) / static_cast<double>(total_), 1.0);
  const int filled = static_cast<int>(share * kBarCells);
  const double left = rate > 0 ? static_cast<double>(total_ - std::min(done_, total_)) / rate : 0;
  return fmt::format("{} {:>3}% [{:#<{}}{:.<{}}]  {}  {} left", title_,
                     static_cast<int>(share * 100), "", filled, "", kBarCells - filled, counted,
                     duration(left));
}

}  // namespace slipway
