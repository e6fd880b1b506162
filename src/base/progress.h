// One line on the terminal that shows how far long work has come; nothing anywhere else.
//
//   ProgressBar bar("scoring", rows);            // 0 rows: unknown, shows count and rate only
//   for (...) bar.advance(batch.rows());
//   bar.finish();                                // clears the line; the destructor does it too
//
//   scoring  42% [########............]  1,412,000 rows  3.1M/s  00:12 left
//
// Draws to stderr, if that is a terminal, at most ten times a second; stdout stays for results. Not
// for two threads at once: count in the thread that collects. Never fails.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace slipway {

// Where the line goes; a test puts its own in place.
class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual bool interactive() const = 0;
  virtual int columns() const = 0;
  virtual void write(std::string_view text) = 0;
};

Terminal& stderr_terminal();

class ProgressBar {
 public:
  struct Options {
    std::string_view unit = "rows";
    Clock* clock = &system_clock();           // not owned
    Terminal* terminal = &stderr_terminal();  // not owned
  };

  ProgressBar(std::string title, std::uint64_t total)
      : ProgressBar(std::move(title), total, Options()) {}
  ProgressBar(std::string title, std::uint64_t total, const Options& options);
  ~ProgressBar() { finish(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void advance(std::uint64_t by);
  void finish();

 private:
  void draw(std::int64_t now_ns);
  std::string line(double seconds) const;

  const std::string title_;
  const std::string unit_;
  const std::uint64_t total_;
  Clock* const clock_;
  Terminal* const terminal_;
  const bool visible_;
  const std::int64_t started_ns_;
  std::int64_t drawn_ns_;
  std::uint64_t done_ = 0;
  bool on_screen_ = false;
};

}  // namespace slipway
