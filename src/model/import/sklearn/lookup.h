// Puts a Lookup operator together, column by column.
//
//   lookup.begin_column("city", unseen, missing, kRefuseUnseen);
//   lookup.add(key, value);                                     // a NaN key says what missing becomes
//   builder.add({in}, std::move(lookup).finish());
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/operators/columns.h"

namespace slipway::model::sklearn {

inline constexpr std::uint8_t kRefuseUnseen = 1;
inline constexpr std::uint8_t kRefuseMissing = 2;

class LookupBuilder {
 public:
  void begin_column(std::string name, double otherwise, double missing, std::uint8_t refuse) {
    begin_.push_back(static_cast<std::uint32_t>(keys_.size()));
    names_.push_back(std::move(name));
    otherwise_.push_back(otherwise);
    missing_.push_back(missing);
    refuse_.push_back(refuse);
    missing_known_ = false;
  }

  void add(double key, double value) {
    if (!std::isnan(key)) {
      keys_.push_back(key);
      values_.push_back(value);
      return;
    }
    if (missing_known_) return;  // None and NaN both: the first counts
    missing_known_ = true;
    missing_.back() = value;
    refuse_.back() &= static_cast<std::uint8_t>(~kRefuseMissing);
  }

  Lookup finish() && {
    begin_.push_back(static_cast<std::uint32_t>(keys_.size()));
    return {std::move(begin_),     std::move(keys_),   std::move(values_), std::move(missing_),
            std::move(otherwise_), std::move(refuse_), std::move(names_)};
  }

 private:
  std::vector<std::uint32_t> begin_;
  std::vector<double> keys_, values_, missing_, otherwise_;
  std::vector<std::uint8_t> refuse_;
  std::vector<std::string> names_;
  bool missing_known_ = false;
};

}  // namespace slipway::model::sklearn
