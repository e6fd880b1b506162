// ONNX Runtime's own answers. tools/oracles/onnx/make.py made the cases; SLIPWAY_ONNX_GOLDEN names
// another folder of them (`make oracles` does). What is lifted without a bound has ONNX Runtime's
// bits; the rest is within what the model promises.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <variant>
#include <vector>

#include "base/env.h"
#include "base/json.h"
#include "frame/builder.h"
#include "frame/numbers.h"
#include "model/blob.h"
#include "model/import/import.h"
#include "plan/plan.h"
#include "plan/ulp.h"

namespace slipway {
namespace {

std::string folder() {
  return posix_env().variable("SLIPWAY_ONNX_GOLDEN").value_or("tests/golden/onnx");
}

std::vector<double> read_numbers(const std::string& path) {
  const std::string bytes = posix_env().read_file(path).value();
  std::vector<double> numbers(bytes.size() / sizeof(double));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(double));
  return numbers;
}

// A table from the description of its columns: texts stand there, numbers in a file, row by row.
frame::Frame table_of(JsonView columns, const std::vector<double>& numbers, std::size_t rows) {
  std::vector<frame::Field> fields;
  std::vector<frame::Column> made;
  std::size_t next = 0;
  const std::size_t width = numbers.size() / rows;
  for (const JsonView item : columns.array()) {
    const JsonView texts = item.find("texts");
    if (texts.is_missing()) {
      std::vector<double> values;
      for (std::size_t r = 0; r < rows; ++r) values.push_back(numbers[r * width + next]);
      ++next;
      made.push_back(frame::column_of(values));
    } else {
      std::vector<std::string> values;
      for (const JsonView text : texts.array()) values.emplace_back(*text.as_string());
      made.push_back(frame::column_of(values));
    }
    fields.push_back(
        {.name = std::string(*item.find("name").as_string()), .type = made.back().type()});
  }
  return frame::Frame::make(frame::Schema(std::move(fields)), std::move(made)).value();
}

bool within(const model::Model& model, double found, double expected) {
  if (plan::same_number(found, expected)) return true;
  const model::Exactness& promised = model.exactness;
  if (promised.relative > 0)
    return std::abs(found - expected) <= promised.relative * std::max(1.0, std::abs(expected));
  // In units of the last place of 1, for 1 - p is as far off as p.
  return std::abs(found - expected) <= promised.prediction_ulp * 0x1p-24;
}

struct Count {
  std::size_t cases = 0, lifted = 0, bits = 0, rows = 0, rows_equal = 0;
};

bool is_lifted(const model::Model& model) {
  return std::none_of(model.nodes.begin(), model.nodes.end(), [](const model::Node& node) {
    return std::holds_alternative<model::OnnxGraph>(node.op);
  });
}

// A label may differ where another class is as probable, within the bound.
bool tied(const model::Model& model, const frame::Frame& found, std::size_t row) {
  const auto& promised = model.exactness;
  const double slack = std::max(promised.relative, promised.prediction_ulp * 0x1p-24);
  std::vector<double> p;
  for (const auto& name : model.outputs.classes) {
    const frame::Column* column = found.column("p_" + name);
    if (column == nullptr) return false;
    std::vector<double> values(static_cast<std::size_t>(column->length()));
    if (!frame::read_numbers(*column, values)) return false;
    p.push_back(values[row]);
  }
  std::sort(p.rbegin(), p.rend());
  return p[0] - p[1] <= 2 * slack;
}

void compare(const model::Model& model, const frame::Frame& found, const frame::Frame& expected,
             const std::string& name, Count* count) {
  const auto rows = static_cast<std::size_t>(expected.rows());
  std::vector<bool> equal(rows, true);
  for (std::size_t c = 0; c < expected.columns().size(); ++c) {
    const std::string& column = expected.schema().fields()[c].name;
    const frame::Column* ours = found.column(column);
    ASSERT_NE(ours, nullptr) << name << " has no column " << column;
    if (frame::is_text(expected.column(c).type().id)) {
      for (std::size_t r = 0; r < rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        if (ours->text_at(row) == expected.column(c).text_at(row)) continue;
        equal[r] = false;
        EXPECT_TRUE(tied(model, found, r))
            << name << " row " << r << " " << column << ": " << ours->text_at(row)
            << ", ONNX Runtime says " << expected.column(c).text_at(row);
      }
      continue;
    }
    std::vector<double> a(rows), b(rows);
    ASSERT_TRUE(frame::read_numbers(*ours, a));
    ASSERT_TRUE(frame::read_numbers(expected.column(c), b));
    for (std::size_t r = 0; r < rows; ++r) {
      equal[r] = equal[r] && plan::same_number(a[r], b[r]);
      EXPECT_TRUE(within(model, a[r], b[r])) << name << " row " << r << " " << column << ": "
                                             << a[r] << ", ONNX Runtime says " << b[r];
    }
  }
  count->rows += rows;
  count->rows_equal += static_cast<std::size_t>(std::count(equal.begin(), equal.end(), true));
}

void run_case(JsonView item, Count* count) {
  const std::string name(*item.find("name").as_string());
  const std::string path = folder() + "/" + name;
  auto imported = model::import_file(path + ".onnx");
  ASSERT_TRUE(imported) << imported.error().message();
  // As a package has it, too.
  auto again = model::read_blob(model::write_blob(imported.value()), nullptr);
  ASSERT_TRUE(again) << again.error().message();
  const model::Model& model = again.value();
  EXPECT_EQ(is_lifted(model), *item.find("lifted").as_bool())
      << name << ": " << (model.notes.empty() ? "" : model.notes.back());
  const auto rows = static_cast<std::size_t>(*item.find("rows").as_int64());
  const auto table = table_of(item.find("inputs"), read_numbers(path + ".rows"), rows);
  const auto expected = table_of(item.find("outputs"), read_numbers(path + ".out"), rows);
  const auto compiled = plan::Plan::compile(model, "sha256:test");
  const auto ready = compiled->ready();
  ASSERT_TRUE(ready) << name << ": " << ready.error().message();
  const auto binding = compiled->bind(table.schema());
  ASSERT_TRUE(binding) << name << ": " << binding.error().message();
  const auto found = compiled->run(table, binding.value());
  ASSERT_TRUE(found) << name << ": " << found.error().message();
  ++count->cases;
  count->lifted += is_lifted(model) ? 1 : 0;
  count->bits += model.exactness.margin_bits && model.exactness.prediction_ulp == 0 ? 1 : 0;
  compare(model, found.value(), expected, name, count);
}

TEST(OnnxGolden, AnswersAreOnnxRuntimesOwn) {
  const std::string text = posix_env().read_file(folder() + "/cases.json").value();
  const auto document = JsonDocument::parse(text).value();
  Count count;
  for (const JsonView item : document.root().find("cases").array()) run_case(item, &count);
  EXPECT_GT(count.cases, 20U);
  std::printf("ONNX: %zu models (%zu lifted, %zu promise bits), %zu of %zu rows bit-equal\n",
              count.cases, count.lifted, count.bits, count.rows_equal, count.rows);
}

}  // namespace
}  // namespace slipway
