// The parts of a .cbm file that speak of CTRs: what one counts, and its table of counts.
// Errors: kInvalidArgument "model.catboost.*".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "model/import/catboost/flatbuffer.h"
#include "model/import/catboost/parts.h"

namespace slipway::model {

// Lists may be shared within a message, and a small file could so describe a huge model. An honest
// one shares little.
class CbmBudget {
 public:
  explicit CbmBudget(std::size_t file_size) : left_(4 * file_size + 1024) {}
  Result<void> take(std::size_t bytes) {
    if (bytes > left_) {
      return catboost_error("model.catboost.too_large",
                            "its features are far larger than the file: lists are shared");
    }
    left_ -= bytes;
    return {};
  }

 private:
  std::size_t left_;
};

Result<CtrBase> read_ctr_base(const std::optional<FlatTable>& from, CbmBudget* budget);

// A table is a message of its own.
Result<CtrTable> read_ctr_table(std::string_view message, CbmBudget* budget);

}  // namespace slipway::model
