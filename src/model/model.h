// A fitted predictor as data: inputs, a graph of operators, outputs. Whatever library saved the
// file, this is what it becomes; nothing after `model/import` asks which library that was.
//
//   ASSIGN_OR_RETURN(Model model, import_file("model.txt"));     // model/import/import.h
//   RETURN_IF_ERROR(check(model));                               // importers have done it
//
// Value 0 is the row of encoded inputs (one double per Input); node i makes value i + 1 from
// earlier values. Immutable once checked; safe to share between threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/tree_ensemble.h"

namespace slipway::model {

enum class InputKind : std::uint8_t {
  kNumber,    // any numeric column; null is NaN
  kCategory,  // its value's index in Input::categories; null and values not listed are NaN
};

// What the categories were when the model was trained; it decides how a column's value is compared
// with them.
enum class CategoryType : std::uint8_t { kText, kNumber, kBool };

struct Input {
  std::string name;
  InputKind kind = InputKind::kNumber;
  CategoryType category_type = CategoryType::kText;
  std::vector<std::string>
      categories;  // kNumber: as number_text prints them; kBool: "false", "true"

  friend bool operator==(const Input&, const Input&) = default;
};

enum class LinkKind : std::uint8_t {
  kIdentity,
  kSigmoid,       // 1 / (1 + exp(-scale * x)), each column
  kSoftmax,       // over the columns
  kExp,           // each column
  kSignedSquare,  // sign(x) * x * x, each column
  kLog1pExp,      // log(1 + exp(x)), each column
  kScale,         // scale * x, each column: averages of a random forest are kDivide, which rounds
                  // differently
  kDivide,        // x / scale, each column
};

struct Link {
  LinkKind kind = LinkKind::kIdentity;
  double scale = 1;
};

using ValueId = std::uint32_t;
using Operator = std::variant<TreeEnsemble, Link>;

struct Node {
  ValueId input = 0;
  Operator op;
};

enum class Task : std::uint8_t { kRegression, kBinary, kMulticlass, kRanking };

struct Outputs {
  Task task = Task::kRegression;
  std::vector<std::string> classes;  // kBinary: two; kMulticlass: one per column; else none
  bool float32 = false;              // the library's own output type; float64 otherwise
};

// How far results may be from the training library's own, and why; `inspect` prints it.
struct Exactness {
  bool margin_bits = true;  // margins equal, bit for bit
  std::uint32_t prediction_ulp =
      0;            // predictions within this many units in the last place (0: bits)
  std::string why;  // where prediction_ulp comes from; empty if 0
};

struct Source {
  std::string library;  // "LightGBM"
  std::string version;  // as the file states it; may be empty
  std::string format;   // "text v4"
};

struct Model {
  Source source;
  std::vector<Input> inputs;
  std::vector<Node> nodes;
  ValueId margin = 0;      // the library's raw score
  ValueId prediction = 0;  // what its predict is made of: values, or probabilities
  Outputs outputs;
  Exactness exactness;
  std::vector<std::string> notes;  // what is unusual about the file, one sentence each

  // Columns of a value. Precondition: check() passed for the nodes before it.
  std::uint32_t columns_of(ValueId value) const;
};

// That each node reads an earlier value of the right width and that outputs fit the task.
// kInvalidArgument "model.graph.*".
Result<void> check(const Model& model);

// "binary classification", ...
std::string_view name_of(Task task);

}  // namespace slipway::model
