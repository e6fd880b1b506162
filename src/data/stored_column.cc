// SPDX-License-Identifier: Apache-2.0
#include "data/stored_column.h"

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "data/cell_text.h"
#include "frame/builder.h"
#include "frame/numbers.h"

namespace slipway::data {
namespace {

using frame::Column;
using frame::Type;
using frame::TypeId;

// Cells of a type with fixed width, copied as they are.
class FixedColumn final : public StoredColumn {
 public:
  explicit FixedColumn(Type type) : type_(type), width_(frame::width_of(type)) {}

  void append(const StoredCells& cells) override {
    values_.append(cells.values.data(), cells.values.size());
    for (std::int64_t row = 0; row < cells.rows; ++row) validity_.append(!cells.is_null(row));
  }
  void append_nulls(std::int64_t rows) override {
    values_.resize(values_.size() + static_cast<std::size_t>(rows) * width_);
    for (std::int64_t row = 0; row < rows; ++row) validity_.append(false);
  }
  Column finish() override {
    const std::int64_t length = validity_.length();
    return Column({.type = type_,
                   .length = length,
                   .validity = validity_.finish(),
                   .values = std::move(values_).freeze()});
  }

 private:
  const Type type_;
  const std::size_t width_;
  frame::MutableBuffer values_;
  frame::ValidityBuilder validity_;
};

class BoolColumn final : public StoredColumn {
 public:
  void append(const StoredCells& cells) override {
    for (std::int64_t row = 0; row < cells.rows; ++row) {
      cells.is_null(row) ? builder_.append_null() : builder_.append(cells.bool_at(row));
    }
  }
  void append_nulls(std::int64_t rows) override {
    for (std::int64_t row = 0; row < rows; ++row) builder_.append_null();
  }
  Column finish() override { return builder_.finish(); }

 private:
  frame::BoolBuilder builder_;
};

// The cells as a column of their own: the slow way, for types that are converted.
Column column_of(const StoredCells& cells) {
  if (cells.type.id == TypeId::kBool) {
    BoolColumn column;
    column.append(cells);
    return column.finish();
  }
  FixedColumn column(cells.type);
  column.append(cells);
  return column.finish();
}

bool is_text(const Type& type) { return type.id == TypeId::kString || type.id == TypeId::kBinary; }

class TextColumn final : public StoredColumn {
 public:
  explicit TextColumn(TypeId id) : id_(id) {}

  void append(const StoredCells& cells) override {
    if (!is_text(cells.type)) return append_converted(column_of(cells));
    for (std::int64_t row = 0; row < cells.rows; ++row) {
      cells.is_null(row) ? builder_.append_null() : builder_.append(cells.text_at(row));
    }
  }
  void append_nulls(std::int64_t rows) override {
    for (std::int64_t row = 0; row < rows; ++row) builder_.append_null();
  }
  Column finish() override { return builder_.finish(id_); }

 private:
  void append_converted(const Column& column) {
    const AppendCell append_cell = csv_cell(column.type());
    std::string text;
    for (std::int64_t row = 0; row < column.length(); ++row) {
      if (column.is_null(row)) {
        builder_.append_null();
        continue;
      }
      text.clear();
      append_cell(column, row, &text);
      builder_.append(text);
    }
  }

  const TypeId id_;
  frame::StringBuilder builder_;
};

class NumberColumn final : public StoredColumn {
 public:
  void append(const StoredCells& cells) override {
    const Column column = column_of(cells);
    std::vector<double> values(static_cast<std::size_t>(column.length()));
    CHECK(frame::read_numbers(column, values).has_value());  // common_type() saw to it
    for (std::int64_t row = 0; row < column.length(); ++row) {
      column.is_null(row) ? builder_.append_null()
                          : builder_.append(values[static_cast<std::size_t>(row)]);
    }
  }
  void append_nulls(std::int64_t rows) override {
    for (std::int64_t row = 0; row < rows; ++row) builder_.append_null();
  }
  Column finish() override { return builder_.finish(Type::of(TypeId::kFloat64)); }

 private:
  frame::FixedBuilder<double> builder_;
};

bool is_number(const Type& type) {
  return frame::is_numeric(type.id) || type.id == TypeId::kDecimal;
}

}  // namespace

Type common_type(const Type& a, const Type& b) {
  if (a == b) return a;
  return Type::of(is_number(a) && is_number(b) ? TypeId::kFloat64 : TypeId::kString);
}

std::unique_ptr<StoredColumn> StoredColumn::make(const Type& type) {
  if (is_text(type)) return std::make_unique<TextColumn>(type.id);
  if (type.id == TypeId::kBool) return std::make_unique<BoolColumn>();
  if (type.id == TypeId::kFloat64) return std::make_unique<NumberColumn>();
  return std::make_unique<FixedColumn>(type);
}

}  // namespace slipway::data
