// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "frame/builder.h"
#include "model/import/import.h"
#include "plan/parity.h"
#include "plan/ulp.h"

namespace slipway::plan {
namespace {

using frame::Column;
using frame::Frame;
using frame::Schema;
using frame::Type;
using frame::TypeId;

// Left (margin -1) if the carrier is AA, else by x <= 2: 0.5 or 3.
constexpr const char* kBinary =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=binary "
    "sigmoid:1\n"
    "feature_names=carrier x\nfeature_infos=0:1 "
    "[0:9]\n\nTree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\n"
    "threshold=0 2\ndecision_type=1 10\nleft_child=-1 -2\nright_child=1 -3\nleaf_value=-1 0.5 "
    "3\ncat_boundaries=0 1\n"
    "cat_threshold=1\n\nend of trees\n\npandas_categorical:[[\"AA\", \"UA\"]]\n";

std::shared_ptr<const Plan> binary_plan() {
  return Plan::compile(model::import_bytes(kBinary, "test").value(), "sha256:0");
}

Column texts(const std::vector<const char*>& values) {
  frame::StringBuilder builder;
  for (const char* value : values) value != nullptr ? builder.append(value) : builder.append_null();
  return builder.finish();
}

Frame table(std::vector<std::pair<std::string, Column>> columns) {
  std::vector<frame::Field> fields;
  std::vector<Column> values;
  for (auto& [name, column] : columns) {
    fields.push_back({.name = name, .type = column.type()});
    values.push_back(std::move(column));
  }
  return Frame::make(Schema(std::move(fields)), std::move(values)).value();
}

Frame run(const Plan& plan, const Frame& rows) {
  return plan.run(rows, plan.bind(rows.schema()).value(), {.raw = true}).value();
}

TEST(Plan, NamesTypesAndOrdersItsOutputs) {
  const auto plan = binary_plan();
  EXPECT_EQ(plan->output_schema().names(), (std::vector<std::string>{"label", "p_0", "p_1"}));
  EXPECT_EQ(plan->output_schema({.raw = true}).names().back(), "margin");
  EXPECT_EQ(plan->input_schema().fields()[0].type, Type::of(TypeId::kString));
}

TEST(Plan, UnknownAndMissingCategoriesAreMissing) {
  const Frame rows = table({{"x", frame::column_of(std::vector<double>{1, 1, 1, 9})},
                            {"carrier", texts({"AA", "ZZ", nullptr, "UA"})}});
  const Frame out = run(*binary_plan(), rows);
  const auto margins = out.column("margin")->values<double>();
  EXPECT_EQ(std::vector<double>(margins.begin(), margins.end()),
            (std::vector<double>{-1, 0.5, 0.5, 3}));
  EXPECT_EQ(out.column("label")->text_at(0), "0");
  EXPECT_EQ(out.column("label")->text_at(3), "1");
}

TEST(Plan, ADictionaryColumnIsTheSameAsItsTexts) {
  frame::DictionaryBuilder carriers;
  for (const char* name : {"UA", "AA", "QQ"}) carriers.append(name);
  carriers.append_null();
  const std::vector<double> x{1, 2, 3, 4};
  const Frame a = table({{"carrier", carriers.finish()}, {"x", frame::column_of(x)}});
  const Frame b =
      table({{"carrier", texts({"UA", "AA", "QQ", nullptr})}, {"x", frame::column_of(x)}});
  EXPECT_TRUE(frame::equal(run(*binary_plan(), a), run(*binary_plan(), b)));
}

TEST(Plan, RowsDoNotDependOnTheirNeighbours) {
  std::vector<double> x;
  frame::StringBuilder carrier;
  for (int i = 0; i < 1000; ++i) {
    x.push_back(i % 7 == 0 ? std::numeric_limits<double>::quiet_NaN() : i % 10);
    carrier.append(i % 3 == 0 ? "AA" : "UA");
  }
  const Frame rows = table({{"carrier", carrier.finish()}, {"x", frame::column_of(x)}});
  const auto plan = binary_plan();
  const Frame all = run(*plan, rows);
  std::vector<Frame> singles;
  for (std::int64_t row = 0; row < rows.rows(); ++row)
    singles.push_back(run(*plan, rows.slice(row, 1)));
  EXPECT_TRUE(frame::equal(frame::concatenate(singles), all));
}

TEST(Plan, NoRowsGiveNoRows) {
  const Frame rows =
      table({{"carrier", texts({"AA"})}, {"x", frame::column_of(std::vector<double>{1})}});
  const Frame out = run(*binary_plan(), rows.slice(0, 0));
  EXPECT_EQ(out.rows(), 0);
  EXPECT_EQ(out.columns().size(), 4u);
}

TEST(Plan, SaysWhichColumnIsMissingOrOfTheWrongType) {
  const auto plan = binary_plan();
  const auto missing = plan->bind(
      table({{"carier", texts({"AA"})}, {"x", frame::column_of(std::vector<double>{1})}}).schema());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason(), "plan.missing_column");
  EXPECT_NE(missing.error().message().find("column 'carrier' is missing"), std::string::npos);
  EXPECT_NE(missing.error().message().find("did you mean 'carier'?"), std::string::npos);
  const auto type =
      plan->bind(table({{"carrier", texts({"AA"})}, {"x", texts({"many"})}}).schema());
  EXPECT_EQ(type.error().reason(), "plan.column_type");
  EXPECT_NE(type.error().message().find("column 'x' is string, the model wants a number"),
            std::string::npos);
  const auto number = plan->bind(
      table({{"carrier", frame::column_of(std::vector<double>{1})}, {"x", texts({"1"})}}).schema());
  EXPECT_NE(number.error().message().find("a category as text such as 'AA'"), std::string::npos);
}

// 400 blocks of rows take more than a tenth of a millisecond on any machine. Where texts could come out, blocks would wait for
// each other: a plan that gives none must not ask for any.
TEST(Plan, AsksAPoolForHelpWithManyRows) {
  ThreadPool pool("test", 2);
  const auto plan =
      Plan::compile(model::import_bytes(kBinary, "test").value(), "sha256:0", {.pool = &pool});
  const auto rows = [](std::size_t count) {
    return table({{"carrier", texts(std::vector<const char*>(count, "UA"))},
                  {"x", frame::column_of(std::vector<double>(count, 1.5))}});
  };
  run(*plan, rows(512));
  EXPECT_EQ(pool.handed(), 0u);
  const Frame out = run(*plan, rows(400 * 512));
  EXPECT_EQ(pool.handed(), pool.size());
  EXPECT_EQ(out.column("margin")->values<double>().back(), 0.5);
}

TEST(Parity, CountsEqualBitsAndNamesTheFirstThatIsNot) {
  const auto plan = binary_plan();
  const Frame rows = table({{"carrier", texts({"AA", "UA", "UA"})},
                            {"x", frame::column_of(std::vector<double>{1, 1, 9})}});
  const auto report = [&](std::vector<double> margins) {
    const Frame expected = table({{"margin", frame::column_of(margins)}});
    return check_parity(*plan, ParityVectors::make(*plan, rows, expected).value()).value();
  };
  EXPECT_EQ(report({-1, 0.5, 3}).sentence(), "exact: bits on 3 of 3 supplied rows");
  const ParityReport off = report({-1, 0.5, std::nextafter(3, 4)});
  EXPECT_FALSE(off.passed()) << "margins promise bits";
  EXPECT_EQ(off.first->row, 2);
  EXPECT_EQ(off.first->ulp, 1u);
  EXPECT_NE(
      off.sentence().find("column 'margin', 3 against the library's 3.0000000000000004 (1 ulp)"),
      std::string::npos);
}

TEST(Parity, PredictionsMayDifferWithinTheBound) {
  const auto plan = binary_plan();
  const Frame rows =
      table({{"carrier", texts({"UA"})}, {"x", frame::column_of(std::vector<double>{9})}});
  const double p = run(*plan, rows).column("p_1")->values<double>()[0];
  const auto report = [&](const char* name, double value) {
    const Frame expected = table({{name, frame::column_of(std::vector<double>{value})}});
    return check_parity(*plan, ParityVectors::make(*plan, rows, expected).value()).value();
  };
  EXPECT_EQ(report("p_1", std::nextafter(p, 0)).sentence(),
            "exact: bits on 0 of 1 supplied rows, the others within 1 ulp");
  EXPECT_FALSE(report("p_1", p * 0.999).passed());
  EXPECT_TRUE(report("p_0", (1 - p) + 0x1p-53).passed()) << "1 - p carries p's absolute error";
  EXPECT_TRUE(report("whatever", p).passed()) << "one unnamed column is the library's predict";
}

TEST(Parity, VectorsSurviveTheirBytes) {
  const auto plan = binary_plan();
  const Frame rows = table({{"carrier", texts({"AA", nullptr, ""})},
                            {"x", frame::column_of(std::vector<double>{1, NAN, -0.0})}});
  const Frame expected = table({{"label", texts({"0", "1", "1"})},
                                {"margin", frame::column_of(std::vector<double>{-1, 0.5, 0.5})}});
  const auto vectors = ParityVectors::make(*plan, rows, expected).value();
  const std::string bytes = vectors.to_bytes();
  const auto again = ParityVectors::from_bytes(bytes).value();
  EXPECT_TRUE(frame::equal(again.rows(), vectors.rows()));
  EXPECT_TRUE(frame::equal(again.expected(), vectors.expected()));
  EXPECT_EQ(again.to_bytes(), bytes);
  EXPECT_FALSE(ParityVectors::from_bytes(bytes.substr(0, bytes.size() - 1)));
}

TEST(Parity, RefusesOutputsThatBelongToOtherRows) {
  const auto plan = binary_plan();
  const Frame rows = table({{"id", frame::column_of(std::vector<double>{1, 2})},
                            {"carrier", texts({"AA", "UA"})},
                            {"x", frame::column_of(std::vector<double>{1, 1})}});
  const Frame turned = table({{"id", frame::column_of(std::vector<double>{2, 1})},
                              {"margin", frame::column_of(std::vector<double>{0.5, -1})}});
  EXPECT_EQ(ParityVectors::make(*plan, rows, turned).error().reason(), "plan.parity.order");
  EXPECT_EQ(ParityVectors::make(*plan, rows, turned.slice(0, 1)).error().reason(),
            "plan.parity.rows");
  const Frame unknown = table({{"a", texts({"x", "y"})}, {"b", texts({"x", "y"})}});
  EXPECT_EQ(ParityVectors::make(*plan, rows, unknown).error().reason(), "plan.parity.columns");
}

TEST(Ulp, CountsNumbersBetween) {
  EXPECT_EQ(ulp_distance(1.0, std::nextafter(1.0, 2.0)), 1u);
  EXPECT_EQ(ulp_distance(1.0F, std::nextafter(1.0F, 2.0F)), 1u) << "floats are counted in floats";
  EXPECT_EQ(ulp_distance(1e-45F, -1e-45F), 2u);
  EXPECT_EQ(ulp_distance(0.0, -0.0), 0u);
  EXPECT_EQ(ulp_distance(5e-324, -5e-324), 2u);
  EXPECT_EQ(ulp_distance(NAN, NAN), 0u);
  EXPECT_EQ(ulp_distance<double>(NAN, 1.0), ~std::uint64_t{0});
  EXPECT_EQ(ulp_distance<double>(INFINITY, 1.0), ~std::uint64_t{0});
}

}  // namespace
}  // namespace slipway::plan
