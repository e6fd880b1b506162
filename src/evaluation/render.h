// A Report for people and programs. Pure functions; safe from any thread. Names of columns and categories are untrusted text:
// each form escapes them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "evaluation/report.h"

namespace slipway::evaluation {

struct TextOptions {
  int columns = 100;    // of the terminal
  bool colour = false;  // ANSI
};
std::string render_text(const Report& report, const TextOptions& options);

std::string render_json(const Report& report);

// One self-contained page: no script, no external resource; light and dark; readable at 390 px and at 1280 px.
std::string render_html(const Report& report);

}  // namespace slipway::evaluation
