// The graph that an importer puts together, operator by operator, and what it learns about the
// inputs on the way: which columns are numbers, which are text, which texts matter.
//
//   Builder builder({"age", "city"});
//   ASSIGN_OR_RETURN(const ValueId centred, builder.arith(table.value, Arith::kSub, mean));
//   ASSIGN_OR_RETURN(Model model, std::move(builder).finish(...));
//
// Every add checks the operator, so that a file that contradicts itself is an error at the step
// that does. Not thread-safe. Errors: "model.graph.*", and "model.sklearn.column" for a column that
// is used both as number and as text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/import/sklearn/estimator.h"
#include "model/model.h"

namespace slipway::model::sklearn {

// A column of a value. While `input` is set, it still holds that input as it came in: a number, or
// the code of its text.
struct Column {
  std::string name;
  int input = -1;
};

// A value with the names of its columns.
struct Table {
  ValueId value = 0;
  std::vector<Column> columns;

  std::size_t width() const { return columns.size(); }
};

class Builder {
 public:
  explicit Builder(std::vector<std::string> input_names);

  Table inputs() const;  // value 0
  std::uint32_t width(ValueId value) const { return widths_[value]; }

  Result<ValueId> add(std::vector<ValueId> inputs, Operator op);
  Result<ValueId> arith(ValueId in, Arith kind, std::vector<double> operand);
  Result<ValueId> combine(Arith kind, ValueId a, ValueId b);
  Result<ValueId> map(ValueId in, MapKind kind);
  Result<ValueId> reduce(ValueId in, ReduceKind kind);
  Result<ValueId> select(ValueId in, std::vector<std::uint32_t> columns);
  Result<ValueId> concat(std::vector<ValueId> in);
  Result<ValueId> constant(ValueId in, std::vector<double> values);
  Result<ValueId> matmul(ValueId in, const Matrix& weights, std::vector<double> bias);  // in x out
  Result<ValueId> link(ValueId in, LinkKind kind, double scale = 1);

  Result<Table> select(const Table& in, const std::vector<std::uint32_t>& columns);
  Result<Table> concat(const std::vector<Table>& in);
  // The table as numbers: columns that are still inputs become number inputs.
  Result<void> use_as_numbers(const Table& in, const Estimator& by);
  // The same, and refuses rows that the estimator would refuse.
  Result<ValueId> numbers(const Table& in, Requirement what, const Estimator& by);

  // The code of a text in a column that is still an input, which becomes a text input; or the
  // column's own number.
  Result<double> key_of(const Column& column, const Scalar& scalar, const Estimator& by);
  bool is_text(const Column& column) const;
  Result<void> use_as_text(const Column& column, const Estimator& by);
  // The same, but for the text itself: the number of the input.
  Result<std::uint32_t> read_text(const Table& in, const Estimator& by);

  // What the caller says that rows hold, where the model keeps no names; `texts`: per input.
  void tell_columns(std::vector<bool> texts) { told_texts_ = std::move(texts); }
  bool columns_are_told() const { return !told_texts_.empty(); }
  bool is_told_text(const Column& column) const {
    return column.input >= 0 && told_texts_[static_cast<std::size_t>(column.input)];
  }

  // Another model's graph on these columns, which are its inputs in order: its values, by number.
  Result<std::vector<ValueId>> graft(const Model& model, const Table& in, const Estimator& by);
  void float32(bool yes) { model_.outputs.float32 = yes; }
  bool is_float32() const { return model_.outputs.float32; }

  // What cannot be exact: the widest bound wins.
  void bound(double relative, std::uint32_t ulp, std::string_view why);
  // 109 for 1.9.x of the library that made the file; 0 if unknown.
  int version() const { return version_; }
  void version(std::string_view text);
  void bound_margin() { exactness_.margin_bits = false; }

  // The steps, for `inspect`.
  class Level {
   public:
    explicit Level(Builder* builder) : builder_(builder) { ++builder_->depth_; }
    ~Level() { --builder_->depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Builder* builder_;
  };
  void step(std::string_view text);
  void note(std::string text) { model_.notes.push_back(std::move(text)); }
  Result<void> enter(const Estimator& estimator);  // against steps inside steps without end
  void leave() { --nesting_; }

  // Drops inputs that nothing reads, where inputs have names of their own.
  Result<Model> finish(Source source, Outputs outputs, ValueId margin, ValueId prediction,
                       bool drop_unused) &&;

 private:
  enum class Use : std::uint8_t { kNone, kNumber, kText };
  Result<void> use(int input, Use as, const Estimator& by);
  void drop_unused_inputs(Model* model) const;
  bool always_finite(ValueId value) const;

  Model model_;
  Exactness exactness_;
  std::vector<std::uint32_t> widths_;
  std::vector<Use> uses_;
  std::vector<bool> adopted_;  // per input: a grafted model has said what it is
  std::vector<bool> texts_;    // their text itself is read
  std::vector<std::map<std::string, double, std::less<>>> codes_;
  std::vector<bool> told_texts_;
  int version_ = 0;
  int depth_ = 0;
  int nesting_ = 0;
};

}  // namespace slipway::model::sklearn
