// SPDX-License-Identifier: Apache-2.0
#include "evaluation/evaluator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "frame/builder.h"

namespace slipway::evaluation {
namespace {

using frame::Column;
using frame::Frame;
using frame::Type;
using frame::TypeId;

constexpr std::int64_t kRows = 4000;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double noise(std::int64_t row, std::uint64_t seed) {  // uniform in [0, 1), the same everywhere
  std::uint64_t z = (static_cast<std::uint64_t>(row) + seed * 1'000'003u) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

using NumberAt = std::function<double(std::int64_t)>;
using TextAt = std::function<std::string(std::int64_t)>;

Column numbers(const NumberAt& at, std::int64_t rows = kRows) {
  frame::FixedBuilder<double> out;
  for (std::int64_t row = 0; row < rows; ++row) {
    std::isnan(at(row)) ? out.append_null() : out.append(at(row));
  }
  return out.finish(Type::of(TypeId::kFloat64));
}

Column texts(const TextAt& at, std::int64_t rows = kRows) {
  frame::StringBuilder out;
  for (std::int64_t row = 0; row < rows; ++row) {
    at(row).empty() ? out.append_null() : out.append(at(row));
  }
  return out.finish();
}

Frame frame_of(std::vector<std::pair<std::string, Column>> columns) {
  std::vector<frame::Field> fields;
  std::vector<Column> values;
  for (auto& [name, column] : columns) {
    fields.push_back({name, column.type()});
    values.push_back(column);
  }
  return Frame::make(frame::Schema(fields), values).value();
}

std::string carrier_at(std::int64_t row) {
  return noise(row, 3) < 0.5 ? "AA" : noise(row, 3) < 0.9 ? "UA" : "DL";
}

// A little table of flights: a temperature, a carrier, a probability, and what happened.
struct Flights {
  NumberAt temp = [](std::int64_t row) { return 50 + 20 * noise(row, 1); };
  TextAt carrier = carrier_at;
  NumberAt p = [](std::int64_t row) { return noise(row, 2); };
  std::int64_t rows = kRows;

  Frame frame() const {
    const NumberAt late = [this](std::int64_t row) { return noise(row, 4) < p(row) ? 1.0 : 0.0; };
    return frame_of({{"temp", numbers(temp, rows)},
                     {"carrier", texts(carrier, rows)},
                     {"p_1", numbers(p, rows)},
                     {"late", numbers(late, rows)}});
  }
};

EvaluatorOptions flight_options() {
  EvaluatorOptions options;
  options.task = Task::kBinary;
  options.features = {{"temp", FeatureKind::kNumber, {}},
                      {"carrier", FeatureKind::kCategory, {"AA", "UA", "DL"}}};
  options.prediction = "p_1";
  options.classes = {"0", "1"};
  options.positive = "1";
  options.target = "late";
  return options;
}

Report evaluate(const EvaluatorOptions& options, const Frame& reference, const Frame& current) {
  Evaluator evaluator(options);
  const auto before = evaluator.add_reference(reference), after = evaluator.add_current(current);
  EXPECT_TRUE(before.has_value()) << before.error().message();
  EXPECT_TRUE(after.has_value()) << after.error().message();
  auto report = evaluator.finish();
  EXPECT_TRUE(report.has_value()) << report.error().message();
  return report ? std::move(report).value() : Report{};
}

const FeatureReport& feature(const Report& report, const std::string& name) {
  const auto at = std::find_if(report.features.begin(), report.features.end(),
                               [&](const auto& one) { return one.name == name; });
  EXPECT_NE(at, report.features.end()) << name;
  return *at;
}

bool says(const Report& report, const std::string& part) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const auto& sentence) {
    return sentence.find(part) != std::string::npos;
  });
}

std::string all_of(const Report& report) {
  std::string out;
  for (const auto& sentence : report.findings) out += sentence + "\n";
  return out;
}

void expect_same(const Report& a, const Report& b) {
  ASSERT_EQ(a.features.size(), b.features.size());
  for (std::size_t i = 0; i < a.features.size(); ++i) {
    EXPECT_EQ(a.features[i].name, b.features[i].name);
    EXPECT_EQ(a.features[i].drift.psi, b.features[i].drift.psi);
    EXPECT_EQ(a.features[i].drift.ks_p, b.features[i].drift.ks_p);
    EXPECT_EQ(a.features[i].drift.chi_square, b.features[i].drift.chi_square);
    EXPECT_EQ(a.features[i].current.mean, b.features[i].current.mean);
    EXPECT_EQ(a.features[i].histogram.current, b.features[i].histogram.current);
    EXPECT_EQ(a.features[i].psi_by_period, b.features[i].psi_by_period);
  }
  EXPECT_EQ(a.current_performance->auc, b.current_performance->auc);
  EXPECT_EQ(a.current_performance->log_loss, b.current_performance->log_loss);
  EXPECT_EQ(a.findings, b.findings);
}

TEST(Evaluator, TheSameRowsAreStable) {
  const Frame rows = Flights().frame();
  const Report report = evaluate(flight_options(), rows, rows);
  EXPECT_EQ(feature(report, "temp").drift.psi, 0);
  EXPECT_EQ(feature(report, "temp").drift.ks, 0);
  EXPECT_EQ(feature(report, "temp").drift.ks_p, 1);
  EXPECT_EQ(feature(report, "carrier").drift.chi_square, 0);
  EXPECT_EQ(report.drifted_features, 0);
  EXPECT_EQ(report.findings, std::vector<std::string>{"none of 2 features drifted"});
}

TEST(Evaluator, NumbersDoNotDependOnHowRowsWereCutNorOnThreads) {
  Flights later;
  later.temp = [](std::int64_t row) { return 55 + 20 * noise(row, 7); };
  later.p = [](std::int64_t row) { return noise(row, 8); };
  const Frame reference = Flights().frame(), current = later.frame();
  const Report whole = evaluate(flight_options(), reference, current);

  ThreadPool pool("evaluate", 3);
  EvaluatorOptions options = flight_options();
  options.pool = &pool;
  Evaluator evaluator(options);
  for (std::int64_t row = 0; row < kRows; row += 700) {
    const std::int64_t rows = std::min<std::int64_t>(700, kRows - row);
    ASSERT_TRUE(evaluator.add_current(current.slice(row, rows)).has_value());
    ASSERT_TRUE(evaluator.add_reference(reference.slice(row, rows)).has_value());
  }
  expect_same(whole, evaluator.finish().value());
}

TEST(Evaluator, ADriftedColumnComesFirstAndIsSaidInWords) {
  Flights later;
  later.temp = [](std::int64_t row) { return 68 + 20 * noise(row, 7); };
  const Report report = evaluate(flight_options(), Flights().frame(), later.frame());
  EXPECT_EQ(report.features.front().name, "temp");
  EXPECT_EQ(report.features.front().drift.verdict, Verdict::kDrifted);
  EXPECT_EQ(report.drifted_features, 1);
  EXPECT_TRUE(says(report, "temp drifted: PSI")) << all_of(report);
  EXPECT_TRUE(says(report, "its median went from 60")) << all_of(report);
  EXPECT_TRUE(says(report, "temp lies beyond the reference's 50")) << all_of(report);
}

TEST(Evaluator, OneOutlierHidesNoDriftUnlessCompatible) {
  Flights later;
  later.temp = [](std::int64_t row) { return row == 17 ? 1e6 : 58 + 20 * noise(row, 7); };
  EvaluatorOptions options = flight_options();
  const Report robust = evaluate(options, Flights().frame(), later.frame());
  options.compat = true;
  const Report compatible = evaluate(options, Flights().frame(), later.frame());
  EXPECT_GT(*feature(robust, "temp").drift.psi, 0.5);
  EXPECT_LT(*feature(compatible, "temp").drift.psi, 0.01) << "as Evidently: this is the defect";
  EXPECT_LT(feature(robust, "temp").histogram.edges.back(), 100) << "plots stay readable too";
}

TEST(Evaluator, OneOutlierIsNoDrift) {
  Flights later;
  later.temp = [](std::int64_t row) { return row == 17 ? 1e300 : 50 + 20 * noise(row, 1); };
  const Report report = evaluate(flight_options(), Flights().frame(), later.frame());
  EXPECT_EQ(feature(report, "temp").drift.verdict, Verdict::kStable);
  EXPECT_EQ(feature(report, "temp").out_of_range, 1);
}

TEST(Evaluator, EmptyConstantMissingAndInfiniteColumnsNeverStopAReport) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<NumberAt> columns = {
      [](std::int64_t) { return kNaN; },
      [](std::int64_t) { return 5.0; },
      [=](std::int64_t row) { return row % 2 == 0 ? infinity : -infinity; },
      [](std::int64_t row) { return row % 2 == 0 ? 1.7e308 : -1.7e308; },
      [](std::int64_t row) { return 1.7e308 * noise(row, 5) * (row % 2 == 0 ? 1 : -1); },
      [](std::int64_t row) { return static_cast<double>(row % 21) * 5e-324; }};
  for (const bool compat : {false, true}) {
    for (const auto& a : columns) {
      for (const auto& b : columns) {
        EvaluatorOptions options = flight_options();
        options.compat = compat;
        Flights before, after;
        before.temp = a;
        after.temp = b;
        after.carrier = [](std::int64_t) { return ""; };
        const Report report = evaluate(options, before.frame(), after.frame());
        EXPECT_EQ(feature(report, "carrier").drift.verdict, Verdict::kUnknown);
        for (const auto& value :
             {feature(report, "temp").drift.wasserstein_normed, feature(report, "temp").drift.psi,
              feature(report, "temp").current.deviation}) {
          EXPECT_TRUE(!value || std::isfinite(*value));
        }
      }
    }
  }
}

TEST(Evaluator, AMissingColumnIsAFinding) {
  const Frame rows = Flights().frame();
  const Frame without = frame_of({{"carrier", rows.column(1)},
                                  {"p_1", rows.column(2)},
                                  {"late", rows.column(3)},
                                  {"tail", rows.column(0)}});
  const Report report = evaluate(flight_options(), rows, without);
  ASSERT_EQ(report.schema.size(), 2u);
  EXPECT_EQ(report.schema[0].column, "temp");
  EXPECT_EQ(report.schema[0].problem, ColumnProblem::kMissing);
  EXPECT_EQ(report.schema[1].column, "tail");
  EXPECT_EQ(report.schema[1].problem, ColumnProblem::kExtra);
  EXPECT_FALSE(feature(report, "temp").drift.psi);
  EXPECT_TRUE(says(report, "column temp is missing: the current rows lack it"));
}

TEST(Evaluator, ATypeThatChangedIsAFindingAndNumbersInTextAreStillRead) {
  const Frame rows = Flights().frame();
  const Column spelled = texts([](std::int64_t row) { return std::to_string(50 + row % 20); });
  const Frame other = frame_of({{"temp", spelled},
                                {"carrier", rows.column(1)},
                                {"p_1", rows.column(2)},
                                {"late", rows.column(3)}});
  const Report report = evaluate(flight_options(), rows, other);
  ASSERT_EQ(report.schema.size(), 1u);
  EXPECT_EQ(report.schema[0].problem, ColumnProblem::kTypeChanged);
  EXPECT_EQ(report.schema[0].detail, "string, the reference has float64");
  EXPECT_EQ(feature(report, "temp").current.missing, 0);
  EXPECT_EQ(feature(report, "temp").current.minimum, 50);
}

TEST(Evaluator, AColumnThatBecameConstantIsAFinding) {
  Flights later;
  later.carrier = [](std::int64_t) { return "AA"; };
  const Report report = evaluate(flight_options(), Flights().frame(), later.frame());
  ASSERT_EQ(report.schema.size(), 1u);
  EXPECT_EQ(report.schema[0].problem, ColumnProblem::kConstant);
  EXPECT_EQ(report.schema[0].detail, "always 'AA', the reference varies");
}

TEST(Evaluator, CategoriesThatNobodyKnewAreCountedAndNamed) {
  Flights later;
  later.carrier = [](std::int64_t row) {
    return row % 40 == 0 ? "ZZ" : row % 100 == 1 ? "QQ" : carrier_at(row);
  };
  const Report report = evaluate(flight_options(), Flights().frame(), later.frame());
  const auto& carrier = feature(report, "carrier");
  EXPECT_EQ(carrier.unseen_rows, 140);
  ASSERT_EQ(carrier.unseen.size(), 2u);
  EXPECT_EQ(carrier.unseen[0], (std::pair<std::string, std::int64_t>("ZZ", 100)));
  EXPECT_TRUE(says(report, "carrier: 2 values the model never saw: 140 rows, most often 'ZZ'"))
      << all_of(report);
  EXPECT_TRUE(carrier.drift.chi_square) << "an unseen category makes nothing infinite";
}

TEST(Evaluator, ACategoryThatOnlyTheModelKnowsIsNotUnseen) {
  Flights before;
  before.carrier = [](std::int64_t row) { return row % 2 == 0 ? "AA" : "UA"; };
  const Report report = evaluate(flight_options(), before.frame(), Flights().frame());
  EXPECT_EQ(feature(report, "carrier").unseen_rows, 0);
}

TEST(Evaluator, ThousandsOfRareCategoriesDoNotDriftByChance) {
  Flights before, after;
  before.carrier = [](std::int64_t row) {
    return std::to_string(static_cast<int>(noise(row, 20) * 3000));
  };
  after.carrier = [](std::int64_t row) {
    return std::to_string(static_cast<int>(noise(row, 21) * 3000));
  };
  const Report report = evaluate(flight_options(), before.frame(), after.frame());
  EXPECT_LT(*feature(report, "carrier").drift.psi, 0.1);
  EXPECT_EQ(feature(report, "carrier").histogram.labels.back(), "(other)");
}

TEST(Evaluator, ARareCategoryThatBecomesFrequentIsDrift) {
  Flights before, after;
  before.carrier = [](std::int64_t row) {
    return std::to_string(static_cast<int>(noise(row, 20) * 3000));
  };
  after.carrier = [=](std::int64_t row) { return row % 3 == 0 ? "2999" : before.carrier(row); };
  const Report report = evaluate(flight_options(), before.frame(), after.frame());
  EXPECT_EQ(feature(report, "carrier").drift.verdict, Verdict::kDrifted);
}

// One row a minute from 2013-06-30 12:00 UTC on.
Frame with_time(const Frame& rows, bool as_date) {
  frame::FixedBuilder<std::int64_t> times;
  frame::FixedBuilder<std::int32_t> dates;
  constexpr std::int64_t kStart = 1372593600;
  for (std::int64_t row = 0; row < rows.rows(); ++row) {
    const std::int64_t seconds = kStart + row * 60;
    times.append(seconds * 1'000'000);
    dates.append(static_cast<std::int32_t>(seconds / 86400));
  }
  auto columns = rows.columns();
  auto fields = rows.schema().fields();
  columns.push_back(as_date ? dates.finish(Type::of(TypeId::kDate))
                            : times.finish(Type::of(TypeId::kTimestamp)));
  fields.push_back({"time", columns.back().type()});
  return Frame::make(frame::Schema(fields), columns).value();
}

TEST(Evaluator, SplitsCurrentRowsByDayWeekAndMonth) {
  EvaluatorOptions options = flight_options();
  options.time = "time";
  options.by = By::kDay;
  const Frame reference = Flights().frame(), current = with_time(reference, false);
  const Report days = evaluate(options, reference, current);
  ASSERT_EQ(days.periods.size(), 4u);
  EXPECT_EQ(days.periods[0].label, "2013-06-30");
  EXPECT_EQ(days.periods[0].rows, 720);
  EXPECT_EQ(days.periods[1].label, "2013-07-01");
  EXPECT_EQ(days.periods[1].rows, 1440);
  options.by = By::kWeek;
  const Report weeks = evaluate(options, reference, with_time(reference, true));
  ASSERT_EQ(weeks.periods.size(), 2u);
  EXPECT_EQ(weeks.periods[0].label, "2013-W26");
  EXPECT_EQ(weeks.periods[1].label, "2013-W27");
  options.by = By::kMonth;
  EXPECT_EQ(evaluate(options, reference, current).periods[1].label, "2013-07");
}

TEST(Evaluator, ADriftInOnePeriodShowsThere) {
  EvaluatorOptions options = flight_options();
  options.time = "time";
  options.by = By::kDay;
  Flights later;
  const auto calm = later.temp;
  later.temp = [=](std::int64_t row) { return calm(row) + (row >= 720 && row < 2160 ? 15 : 0); };
  later.p = [](std::int64_t row) { return noise(row, 2) * (row < 720 ? 0.5 : 1); };
  const Report report = evaluate(options, Flights().frame(), with_time(later.frame(), false));
  const auto& psi = feature(report, "temp").psi_by_period;
  ASSERT_EQ(psi.size(), 4u);
  EXPECT_LT(*psi[0], 0.1);
  EXPECT_GT(*psi[1], 1);
  EXPECT_EQ(report.periods[1].drifted_features, 1);
  EXPECT_EQ(report.periods[2].drifted_features, 0);
  EXPECT_EQ(report.periods[0].prediction.verdict, Verdict::kDrifted);
  EXPECT_NEAR(*report.periods[0].mean_prediction, 0.25, 0.02);
  EXPECT_EQ(report.periods[3].performance->rows, report.periods[3].rows);
}

Report with_target(const Column& target) {
  const Frame rows = Flights().frame();
  const Frame changed = frame_of({{"temp", rows.column(0)},
                                  {"carrier", rows.column(1)},
                                  {"p_1", rows.column(2)},
                                  {"late", target}});
  return evaluate(flight_options(), rows, changed);
}

TEST(Evaluator, TargetsMayBeTextNumbersOrBool) {
  const Flights flights;
  const auto is_late = [&](std::int64_t row) { return noise(row, 4) < flights.p(row); };
  const Report report = with_target(numbers([&](auto row) { return is_late(row) ? 1 : 0; }));
  const auto expected = report.reference_performance->auc;
  ASSERT_TRUE(expected);
  frame::BoolBuilder bools;
  frame::FixedBuilder<std::int8_t> bytes;
  for (std::int64_t row = 0; row < kRows; ++row) {
    bools.append(is_late(row));
    bytes.append(is_late(row) ? 1 : 0);
  }
  const Column as_text = texts([&](auto row) { return is_late(row) ? "1" : "0"; });
  const Column as_word = texts([&](auto row) { return is_late(row) ? "True" : "false"; });
  const Column as_decimal = texts([&](auto row) { return is_late(row) ? "1.0" : "0.0"; });
  EXPECT_EQ(with_target(bools.finish()).current_performance->auc, expected);
  EXPECT_EQ(with_target(bytes.finish(Type::of(TypeId::kInt8))).current_performance->auc, expected);
  EXPECT_EQ(with_target(as_text).current_performance->auc, expected);
  EXPECT_EQ(with_target(as_word).current_performance->auc, expected);
  EXPECT_EQ(with_target(as_decimal).current_performance->auc, expected);
}

TEST(Evaluator, RowsWithoutATargetAreCountedAndLeftOut) {
  const Report report =
      with_target(numbers([](auto row) { return row % 4 == 0 ? kNaN : (row % 3 == 0 ? 1 : 0); }));
  EXPECT_EQ(report.current_performance->without_target, 1000);
  EXPECT_EQ(report.current_performance->rows, 3000);
}

TEST(Evaluator, WorsePerformanceIsTheFirstSentence) {
  const Report report = with_target(numbers([](auto row) { return noise(row, 9) < 0.5 ? 1 : 0; }));
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings.front().rfind("AUC fell from 0.8", 0), 0u) << all_of(report);
}

TEST(Evaluator, MulticlassReportsTheLabel) {
  EvaluatorOptions options;
  options.task = Task::kMulticlass;
  options.label = "label";
  options.classes = {"a", "b", "c"};
  options.target = "kind";
  const TextAt kind = [](std::int64_t row) { return std::string(1, "abc"[row % 3]); };
  const TextAt guess = [&](std::int64_t row) { return row % 9 == 0 ? "b" : kind(row); };
  const auto p = [&](const std::string& name) {
    return numbers([=](std::int64_t row) { return guess(row) == name ? 0.8 : 0.1; });
  };
  const Frame rows = frame_of({{"label", texts(guess)},
                               {"p_a", p("a")},
                               {"p_b", p("b")},
                               {"p_c", p("c")},
                               {"kind", texts(kind)}});
  const Report report = evaluate(options, rows, rows);
  const auto& performance = *report.current_performance;
  EXPECT_NEAR(*performance.accuracy, 8.0 / 9, 1e-3);
  EXPECT_EQ(performance.confusion->counts[1], 445) << "a taken for b";
  EXPECT_TRUE(performance.auc && performance.macro_f1 && performance.log_loss);
  EXPECT_EQ(report.outputs.front().kind, FeatureKind::kCategory);
  EXPECT_EQ(report.outputs.front().current.distinct, 3);
}

TEST(Evaluator, RegressionReadsNumbersAlsoFromText) {
  EvaluatorOptions options;
  options.task = Task::kRegression;
  options.prediction = "prediction";
  options.target = "delay";
  const Frame rows = frame_of(
      {{"prediction", numbers([](auto row) { return static_cast<double>(row % 7) + 1; })},
       {"delay", texts([](auto row) { return row == 5 ? "" : std::to_string(row % 7); })}});
  const Report report = evaluate(options, rows, rows);
  EXPECT_EQ(report.current_performance->mae, 1);
  EXPECT_EQ(report.current_performance->rmse, 1);
  EXPECT_EQ(report.current_performance->bias, 1);
  EXPECT_EQ(report.current_performance->without_target, 1);
  EXPECT_TRUE(says(report, "predictions are 1 too high on average")) << all_of(report);
}

void expect_refused(const EvaluatorOptions& options, const Frame& rows, const char* reason,
                    const std::string& part) {
  Evaluator evaluator(options);
  const auto added = evaluator.add_current(rows);
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().code(), Code::kInvalidArgument);
  EXPECT_EQ(added.error().reason(), reason);
  EXPECT_NE(added.error().message().find(part), std::string::npos) << added.error().message();
}

TEST(Evaluator, RefusesWhatItCannotMeasureAndSaysWhatToDo) {
  const Frame rows = Flights().frame();
  EvaluatorOptions options = flight_options();
  options.target = "lat";
  expect_refused(options, rows, "evaluation.missing_target", "did you mean 'late'?");
  options.target = "carrier";
  expect_refused(options, rows, "evaluation.unknown_class",
                 "no class of the model: these are 0, 1");
  options = flight_options();
  options.prediction = "score";
  expect_refused(options, rows, "evaluation.missing_prediction", "column 'score' is missing");
  options = flight_options();
  options.by = By::kDay;
  options.time = "when";
  expect_refused(options, rows, "evaluation.missing_time", "column 'when' is missing");
  options.time = "temp";
  expect_refused(options, rows, "evaluation.time_type", "periods need a timestamp or a date");
  options = flight_options();
  options.target = "time";
  expect_refused(options, with_time(rows, true), "evaluation.target_type", "'time' is date");
  options.task = Task::kRegression;
  options.target = "carrier";
  expect_refused(options, rows, "evaluation.target_type", "which is no number");
}

TEST(Evaluator, RefusesToFinishWithoutRows) {
  Evaluator nothing(flight_options());
  EXPECT_EQ(nothing.finish().error().reason(), "evaluation.no_reference_rows");
  Evaluator half(flight_options());
  ASSERT_TRUE(half.add_reference(Flights().frame()).has_value());
  const auto report = half.finish();
  EXPECT_EQ(report.error().reason(), "evaluation.no_current_rows");
  EXPECT_NE(report.error().message().find("nothing to compare"), std::string::npos);
}

TEST(Evaluator, ARefusedFrameLeavesNothingBehind) {
  const Frame rows = Flights().frame();
  Evaluator evaluator(flight_options());
  ASSERT_TRUE(evaluator.add_reference(rows).has_value());
  const Frame bad = frame_of({{"temp", rows.column(0)},
                              {"carrier", rows.column(1)},
                              {"p_1", rows.column(2)},
                              {"late", rows.column(1)}});
  ASSERT_FALSE(evaluator.add_current(bad).has_value());
  ASSERT_TRUE(evaluator.add_current(rows).has_value());
  EXPECT_EQ(evaluator.finish().value().current_rows, kRows);
}

}  // namespace
}  // namespace slipway::evaluation
