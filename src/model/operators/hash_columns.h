// Named columns hashed into a fixed number of them: what scikit-learn's FeatureHasher does with dicts,
// pairs and texts. Plain data; model/operator.h checks it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/array.h"
#include "model/operators/field.h"

namespace slipway::model {

// What is hashed of an input: a number's name, and the number is what counts; name=text, or the text
// alone, and 1 counts.
enum class HashedAs : std::uint8_t { kNumber, kNameAndText, kText };
constexpr std::array<std::string_view, 3> words(HashedAs) {
  return {"number", "name_and_text", "text"};
}

// Reads value 0 only, and the texts beside it. What is hashed goes to the column
// |murmurhash3_x86_32(UTF-8, seed 0)| modulo `columns`, counted as its sign says if `signs`. Missing
// values and zeros count nothing. Sums run in the order of the names.
struct HashColumns {
  static constexpr std::string_view kName = "hash_columns";
  Array<std::uint32_t> inputs;     // of the model
  Array<HashedAs> as;              // each
  std::vector<std::string> names;  // each
  std::uint32_t columns = 1;
  bool signs = true;
  static constexpr auto fields() {
    return std::tuple{field("inputs_read", &HashColumns::inputs), field("as", &HashColumns::as),
                      field("names", &HashColumns::names), field("columns", &HashColumns::columns),
                      field("signs", &HashColumns::signs)};
  }
};

}  // namespace slipway::model
