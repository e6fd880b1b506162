// HTML pieces: text from outside passes through html_escaped() (base/text.h), always. Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::evaluation {

// For text and for attribute values in double quotes. Control characters become spaces.

struct HtmlCell {
  std::string html;            // escaped already
  std::string_view kind = "";  // class: "n" for numbers
};

// A table in a box of its own that scrolls sideways on a narrow screen.
std::string html_table(const std::vector<HtmlCell>& head,
                       const std::vector<std::vector<HtmlCell>>& rows);

// The page around `body`: head, style for light and dark.
std::string html_page(std::string_view title, const std::string& body);

}  // namespace slipway::evaluation
