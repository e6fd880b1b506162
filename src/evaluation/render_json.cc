// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "evaluation/render.h"
#include "evaluation/words.h"

namespace slipway::evaluation {
namespace {

void number(JsonWriter& json, std::string_view name, const std::optional<double>& value) {
  json.key(name);
  value ? json.value(*value) : json.null();
}

void write_drift(JsonWriter& json, std::string_view name, const Drift& drift) {
  json.key(name).begin_object().member("verdict", word_of(drift.verdict));
  number(json, "psi", drift.psi);
  number(json, "jensen_shannon", drift.jensen_shannon);
  number(json, "ks", drift.ks);
  number(json, "ks_p", drift.ks_p);
  number(json, "wasserstein", drift.wasserstein);
  number(json, "wasserstein_normed", drift.wasserstein_normed);
  number(json, "chi_square", drift.chi_square);
  number(json, "chi_square_p", drift.chi_square_p);
  number(json, "l_infinity", drift.l_infinity);
  number(json, "hellinger", drift.hellinger);
  json.end_object();
}

void write_summary(JsonWriter& json, std::string_view name, const ColumnSummary& column) {
  json.key(name).begin_object().member("rows", column.rows).member("missing", column.missing);
  json.member("infinite", column.infinite).member("distinct", column.distinct);
  number(json, "minimum", column.minimum);
  number(json, "maximum", column.maximum);
  number(json, "mean", column.mean);
  number(json, "deviation", column.deviation);
  number(json, "median", column.median);
  json.end_object();
}

void write_histogram(JsonWriter& json, const Histogram& histogram) {
  json.key("histogram").begin_object().key("edges").values(histogram.edges);
  json.key("labels").begin_array();
  for (const auto& label : histogram.labels) json.value(label);
  json.end_array();
  json.key("reference").values(histogram.reference);
  json.key("current").values(histogram.current).end_object();
}

void write_feature(JsonWriter& json, const FeatureReport& feature) {
  json.begin_object().member("name", feature.name);
  json.member("kind", feature.kind == FeatureKind::kNumber ? "number" : "category");
  write_drift(json, "drift", feature.drift);
  write_summary(json, "reference", feature.reference);
  write_summary(json, "current", feature.current);
  json.member("out_of_range", feature.out_of_range).member("unseen_rows", feature.unseen_rows);
  json.key("unseen").begin_array();
  for (const auto& [value, rows] : feature.unseen)
    json.begin_object().member("value", value).member("rows", rows).end_object();
  json.end_array();
  write_histogram(json, feature.histogram);
  json.key("psi_by_period").begin_array();
  for (const auto& psi : feature.psi_by_period) psi ? json.value(*psi) : json.null();
  json.end_array().end_object();
}

void write_features(JsonWriter& json, std::string_view name,
                    const std::vector<FeatureReport>& features) {
  json.key(name).begin_array();
  for (const auto& feature : features) write_feature(json, feature);
  json.end_array();
}

void write_calibration(JsonWriter& json, const Performance& performance) {
  json.key("calibration").begin_array();
  for (const auto& bin : performance.calibration) {
    json.begin_object()
        .member("predicted", bin.predicted)
        .member("observed", bin.observed)
        .member("rows", bin.rows)
        .end_object();
  }
  json.end_array().key("confusion");
  if (!performance.confusion) {
    json.null();
    return;
  }
  json.begin_object().key("classes").begin_array();
  for (const auto& name : performance.confusion->classes) json.value(name);
  json.end_array().key("counts").begin_array();
  for (const auto count : performance.confusion->counts) json.value(count);
  json.end_array().end_object();
}

void write_performance(JsonWriter& json, std::string_view name,
                       const std::optional<Performance>& performance) {
  json.key(name);
  if (!performance) {
    json.null();
    return;
  }
  const Performance& p = *performance;
  json.begin_object().member("rows", p.rows).member("without_target", p.without_target);
  number(json, "positive_share", p.positive_share);
  number(json, "auc", p.auc);
  number(json, "average_precision", p.average_precision);
  number(json, "log_loss", p.log_loss);
  number(json, "brier", p.brier);
  number(json, "accuracy", p.accuracy);
  number(json, "precision", p.precision);
  number(json, "recall", p.recall);
  number(json, "f1", p.f1);
  number(json, "ece_width", p.ece_width);
  number(json, "ece_frequency", p.ece_frequency);
  number(json, "macro_f1", p.macro_f1);
  number(json, "mae", p.mae);
  number(json, "rmse", p.rmse);
  number(json, "r2", p.r2);
  number(json, "bias", p.bias);
  write_calibration(json, p);
  json.end_object();
}

void write_periods(JsonWriter& json, const std::vector<Period>& periods) {
  json.key("periods").begin_array();
  for (const auto& period : periods) {
    json.begin_object().member("label", period.label).member("rows", period.rows);
    number(json, "mean_prediction", period.mean_prediction);
    json.member("drifted_features", period.drifted_features);
    write_drift(json, "prediction", period.prediction);
    write_performance(json, "performance", period.performance);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string render_json(const Report& report) {
  std::string out;
  JsonWriter json(&out, {.pretty = true});
  json.begin_object()
      .member("model", report.model)
      .member("title", report.title)
      .member("created", report.created);
  json.member("task", word_of(report.task))
      .member("positive", report.positive)
      .member("compat", report.compat);
  json.member("headline", headline(report)).key("findings").begin_array();
  for (const auto& finding : report.findings) json.value(finding);
  json.end_array().key("thresholds").begin_object();
  json.member("psi_moving", report.thresholds.psi_moving)
      .member("psi_drifted", report.thresholds.psi_drifted);
  json.member("share_of_features", report.thresholds.share_of_features).end_object();
  json.member("reference_rows", report.reference_rows).member("current_rows", report.current_rows);
  json.member("drifted_features", report.drifted_features)
      .member("moving_features", report.moving_features);
  json.key("schema").begin_array();
  for (const auto& finding : report.schema) {
    json.begin_object()
        .member("column", finding.column)
        .member("problem", word_of(finding.problem));
    json.member("detail", finding.detail).end_object();
  }
  json.end_array();
  write_features(json, "features", report.features);
  write_features(json, "outputs", report.outputs);
  write_performance(json, "reference_performance", report.reference_performance);
  write_performance(json, "current_performance", report.current_performance);
  write_periods(json, report.periods);
  json.end_object();
  return out;
}

}  // namespace slipway::evaluation
