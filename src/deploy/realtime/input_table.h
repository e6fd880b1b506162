// The columns that a model wants of a caller, and how a JSON value becomes one of their values.
//
//   const InputTable inputs(*plan);
//   if (auto column = inputs.find("distance", guess)) ...
//
// Immutable; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "deploy/core/serving_config.h"
#include "frame/frame.h"
#include "plan/plan.h"

namespace slipway::deploy::realtime {

// How a value travels: what a model::Input asks of the wire.
enum class Wire : std::uint8_t {
  kNumber,          // any number, true and false
  kCategoryText,    // a string
  kCategoryNumber,  // any number
  kCategoryBool,    // true or false
};

struct InputColumn {
  std::string name;
  Wire wire = Wire::kNumber;
  std::string first_category;  // for examples; empty if there is none
};

class InputTable {
 public:
  // `config`: which tensors the server fills.
  explicit InputTable(const plan::Plan& plan, const ServingConfig& config = {});

  const std::vector<InputColumn>& columns() const { return columns_; }
  std::size_t size() const { return columns_.size(); }
  // Every column takes any number: rows may come by position.
  bool all_numbers() const { return all_numbers_; }
  const std::shared_ptr<const frame::Schema>& schema() const { return schema_; }

  // The tensors of which the model's file says that the columns lie in them; mostly none.
  struct Group {
    std::string name;
    std::size_t first = 0;
    std::size_t count = 1;
    std::string datatype;
    std::vector<std::uint32_t> dims;  // of a row
    std::optional<ServingConfig::ControlInput>
        control;  // the server fills it: callers do not see it
  };
  const std::vector<Group>& groups() const { return groups_; }
  // The first column of a tensor, and how many it has.
  std::optional<std::size_t> find_tensor(std::string_view name, std::size_t* count) const;
  std::string shape_text(std::string_view tensor) const;  // "[rows, 1, 28, 28]"

  // Callers mostly keep the model's order: `guess` is looked at first.
  std::optional<std::size_t> find(std::string_view name, std::size_t guess) const;

 private:
  std::vector<InputColumn> columns_;
  std::unordered_map<std::string_view, std::size_t> index_;  // keys look into columns_
  std::shared_ptr<const frame::Schema> schema_;
  std::vector<Group> groups_;
  bool all_numbers_ = true;
};

// "a number", "a string", ...
std::string_view wanted(Wire wire);

}  // namespace slipway::deploy::realtime
