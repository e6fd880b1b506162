// What happened, as people write it: classes as text, number or bool, values as numbers.
//
//   const ClassNames names(options.classes);                // {"0", "1"}
//   names.index_of("1.0"), names.index_of("true")           // 1, 1
//   RETURN_IF_ERROR(read_classes(column, "late", names, true, &codes));
//
// Immutable; safe from any thread. Errors: kInvalidArgument "evaluation.unknown_class", "evaluation.target_type".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "evaluation/column_data.h"
#include "frame/column.h"

namespace slipway::evaluation {

// The classes of a model, found by their own text first, then as equal numbers, then as true (1) and false (0).
class ClassNames {
 public:
  explicit ClassNames(std::vector<std::string> classes);
  const std::vector<std::string>& texts() const { return classes_; }
  std::int32_t index_of(std::string_view text) const;  // or kNoCategory

 private:
  std::vector<std::string> classes_;
  Dictionary own_, aliases_;
  std::vector<std::int32_t> class_of_alias_;
};

// Indices of classes; null and NaN are kNoCategory, and so is a text that is no class unless `strict`.
Result<void> read_classes(const frame::Column& column, const std::string& name,
                          const ClassNames& names, bool strict, std::vector<std::int32_t>* out);

// Numbers, or text that spells them; null, NaN and infinities are NaN: a value that cannot be measured against.
Result<void> read_values(const frame::Column& column, const std::string& name,
                         std::vector<double>* out);

}  // namespace slipway::evaluation
