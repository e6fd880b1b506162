// The rows of one column as the evaluation keeps them: doubles, or codes into a dictionary that both samples share.
//
//   append_numbers(frame.column("temp"), frame.rows(), &numbers);         // a missing column reads as all missing
//   append_categories(frame.column("dest"), frame.rows(), &dictionary, &codes);
//
// Missing is NaN, or kNoCategory. Text in a column of numbers is read as the number it spells, else it is missing; numbers and
// bools in a column of categories become their text, as models name their categories. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frame/frame.h"

namespace slipway::evaluation {

inline constexpr std::int32_t kNoCategory = -1;

// Texts, numbered in order of first appearance.
class Dictionary {
 public:
  std::int32_t code_of(std::string_view text);     // adds what it does not have
  std::int32_t find(std::string_view text) const;  // or kNoCategory
  const std::vector<std::string>& texts() const { return texts_; }
  std::size_t size() const { return texts_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> codes_;
  std::vector<std::string> texts_;
};

// `column` may be null: `rows` missing values.
void append_numbers(const frame::Column* column, std::int64_t rows, std::vector<double>* out);
void append_categories(const frame::Column* column, std::int64_t rows, Dictionary* dictionary,
                       std::vector<std::int32_t>* out);

}  // namespace slipway::evaluation
