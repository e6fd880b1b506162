// A fitted predictor as data: inputs, a graph of operators, outputs. Whatever library saved the
// file, this is what it becomes; nothing after `model/import` asks which library that was.
//
//   ASSIGN_OR_RETURN(Model model, import_file("model.txt"));     // model/import/import.h
//   RETURN_IF_ERROR(check(model));                               // importers have done it
//
// Value 0 is the row of encoded inputs (one double per Input); node i makes value i + 1, a matrix
// with as many rows, from earlier values. Immutable once checked; safe to share between threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/operator.h"
#include "model/tensor.h"

namespace slipway::model {

enum class InputKind : std::uint8_t {
  kNumber,    // any numeric column; null is NaN
  kCategory,  // its value's index in Input::categories; null is NaN, values not listed are unseen
  kHash,      // text, or an integer or bool as decimal text: its category_hash; null is refused
  kText,      // as kCategory, and its text itself, which operators/text.h's operators read
};

// What the categories were when the model was trained; it decides how a column's value is compared
// with them.
enum class CategoryType : std::uint8_t { kText, kNumber, kBool };

struct Input {
  std::string name;
  InputKind kind = InputKind::kNumber;
  CategoryType category_type = CategoryType::kText;
  std::vector<std::string>
      categories;                 // kNumber: as number_text prints them; kBool: "false", "true"
  bool unseen_is_missing = true;  // values that are not listed: NaN, else -1

  friend bool operator==(const Input&, const Input&) = default;
};

using ValueId = std::uint32_t;

struct Node {
  std::vector<ValueId> inputs;
  Operator op;
};

enum class Task : std::uint8_t {
  kRegression,
  kBinary,
  kMulticlass,
  kRanking,
  kLabel,
  kTransform,
  kTargets
};

// What comes out of the prediction's columns, by task:
//   kRegression, kRanking  values
//   kBinary                the probability of the second class, or of both
//   kMulticlass            a probability per class
//   kLabel                 one column: the number of the class; no probabilities exist
//   kTransform             columns of features, called `names`
//   kTargets               the number of the class of each target; then, unless no probabilities
//                          exist, those of each target's classes
struct Outputs {
  Task task = Task::kRegression;
  std::vector<std::string> classes;  // kBinary: two; kMulticlass, kLabel: all; else none
  bool float32 = false;              // the library's own output type; float64 otherwise
  std::vector<std::string> names;    // kTransform: of the columns; else none
  // As the file itself calls what comes out; empty where it has no such names. kTransform: one after
  // the other, the columns, and of these types; classifiers: the labels, then, unless kLabel, the
  // probabilities; else the values.
  std::vector<Tensor> tensors;
  // kBinary, kMulticlass: a value of one column with the number of the predicted class, where that
  // is not simply the most probable one.
  std::optional<ValueId> label;
  // kTargets: the classes of each; else none.
  std::vector<std::vector<std::string>> targets;

  // Classes of all targets together.
  std::size_t target_classes() const {
    std::size_t count = 0;
    for (const auto& each : targets) count += each.size();
    return count;
  }
};

// How far results may be from the training library's own, and why; `inspect` prints it.
struct Exactness {
  bool margin_bits = true;           // margins equal, bit for bit; else within the bound below
  std::uint32_t prediction_ulp = 0;  // predictions within this many units in the last place (of the
                                     // outputs' own type), or
  double relative = 0;               // within relative * max(1, |value|); both 0: bits
  std::string why;                   // where the bound comes from; empty if bits
};

struct Source {
  std::string library;  // "LightGBM"
  std::string version;  // as the file states it; may be empty
  std::string format;   // "text v4"
};

struct Model {
  Source source;
  std::vector<Input> inputs;
  std::vector<Tensor> tensors;  // that the inputs lie in, in order, as the file has them; or none
  std::vector<Node> nodes;
  ValueId margin = 0;      // the library's raw score
  ValueId prediction = 0;  // what its predict is made of: values, or probabilities
  Outputs outputs;
  Exactness exactness;
  std::vector<std::string> steps;  // what the file did, as a tree: two spaces a level
  std::vector<std::string> notes;  // what is unusual about the file, one sentence each
};

// Columns of each value, in order; value 0 first. Precondition: check() passed.
std::vector<std::uint32_t> widths_of(const Model& model);

// That each node is sound and reads earlier values of the right width, and that outputs fit the
// task. kInvalidArgument "model.graph.*", "model.tree.*".
Result<void> check(const Model& model);

// "binary classification", ...
std::string_view name_of(Task task);

}  // namespace slipway::model
