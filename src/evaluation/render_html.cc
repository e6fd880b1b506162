// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "evaluation/html.h"
#include "evaluation/render.h"
#include "evaluation/svg.h"
#include "evaluation/words.h"

namespace slipway::evaluation {
namespace {

std::string rows_text(std::int64_t rows) { return grouped(static_cast<std::uint64_t>(rows)); }

HtmlCell words(std::string_view text) { return {html_escaped(text), ""}; }
HtmlCell number(const std::optional<double>& value, int decimals = 3) {
  return {figure(value, decimals), "n"};
}
HtmlCell count(std::int64_t value) { return {rows_text(value), "n"}; }

std::string badge(Verdict verdict) {
  return fmt::format("<span class=\"v {0}\">{0}</span>", word_of(verdict));
}

std::string card(std::string_view title, const std::string& content, std::string_view note = "") {
  std::string out = fmt::format("<div class=\"card\"><h3>{}</h3>{}", html_escaped(title), content);
  if (!note.empty()) out += fmt::format("<p class=\"soft small\">{}</p>", html_escaped(note));
  return out + "</div>\n";
}

std::string tile(const std::string& value, std::string_view label) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", value,
                     html_escaped(label));
}

std::string header_section(const Report& report) {
  std::string out =
      fmt::format("<p class=\"soft small\">{} · {}</p>\n<h1>{}</h1>\n", html_escaped(report.title),
                  html_escaped(report.created), html_escaped(headline(report)));
  if (report.findings.empty()) return out;
  out += "<ul class=\"findings\">\n";
  for (const auto& finding : report.findings)
    out += fmt::format("<li>{}</li>\n", html_escaped(finding));
  return out + "</ul>\n";
}

std::string tiles_section(const Report& report) {
  std::string out = "<div class=\"tiles\">\n";
  out += tile(rows_text(report.current_rows),
              fmt::format("rows, against {} of reference", rows_text(report.reference_rows)));
  out += tile(fmt::format("{} of {}", report.drifted_features, report.features.size()),
              "features drifted");
  if (!report.outputs.empty()) {
    out +=
        tile(figure(report.outputs[0].drift.psi),
             fmt::format("PSI of the prediction ({})", word_of(report.outputs[0].drift.verdict)));
  }
  const auto before = main_measure(report.task, report.reference_performance);
  const auto now = main_measure(report.task, report.current_performance);
  if (now)
    out += tile(fmt::format("{} → {}", figure(before), figure(now)),
                fmt::format("{}, reference → current", main_measure_name(report.task)));
  if (report.current_performance && report.current_performance->positive_share) {
    const auto& reference = report.reference_performance;
    const auto share = reference ? reference->positive_share : std::nullopt;
    out += tile(fmt::format("{} → {}", share ? percent(*share) : "-",
                            percent(*report.current_performance->positive_share)),
                "really positive, reference → current");
  }
  return out + "</div>\n";
}

std::string plots_section(const Report& report) {
  std::string cards;
  std::vector<std::string> labels;
  std::vector<std::optional<double>> measures, predictions;
  for (const auto& period : report.periods) {
    labels.push_back(period.label);
    measures.push_back(main_measure(report.task, period.performance));
    predictions.push_back(period.mean_prediction);
  }
  const bool measured =
      std::any_of(measures.begin(), measures.end(), [](const auto& m) { return m.has_value(); });
  if (measured) {
    cards +=
        card(fmt::format("{} by period", main_measure_name(report.task)),
             svg_line(labels, measures, main_measure(report.task, report.reference_performance),
                      "performance by period"),
             "dashed: the reference");
  }
  if (!labels.empty() && !report.outputs.empty()) {
    cards += card("Mean prediction by period",
                  svg_line(labels, predictions, report.outputs[0].reference.mean,
                           "mean prediction by period"),
                  "dashed: the reference");
  }
  for (const auto& output : report.outputs)
    cards += card("Prediction: " + output.name, svg_histogram(output.histogram));
  const auto& now = report.current_performance;
  if (now && !now->calibration.empty()) {
    const auto& before = report.reference_performance;
    cards += card("Calibration",
                  svg_calibration(before ? before->calibration : std::vector<CalibrationBin>(),
                                  now->calibration),
                  "observed share over predicted; on the diagonal the model means what it says");
  }
  if (cards.empty()) return "";
  return "<h2>Prediction and performance<span class=\"soft small\"><span class=\"key "
         "r\"></span>reference"
         "<span class=\"key c\"></span>current</span></h2>\n<div class=\"grid\">\n" +
         cards + "</div>\n";
}

std::string features_section(const Report& report) {
  const std::vector<HtmlCell> head{
      {"feature"},     {"verdict"},     {"distribution"},         {"PSI", "n"},
      {"JS", "n"},     {"KS", "n"},     {"Wasserstein / σ", "n"}, {"χ²", "n"},
      {"median", "n"}, {"missing", "n"}};
  std::vector<std::vector<HtmlCell>> rows;
  for (const auto& f : report.features) {
    const bool numeric = f.kind == FeatureKind::kNumber;
    const std::string median =
        numeric ? fmt::format("{} → {}", figure(f.reference.median, 1), figure(f.current.median, 1))
                : "";
    rows.push_back(
        {words(f.name),
         {badge(f.drift.verdict)},
         {svg_mini_histogram(f.histogram)},
         number(f.drift.psi),
         number(f.drift.jensen_shannon),
         number(f.drift.ks),
         number(f.drift.wasserstein_normed),
         number(f.drift.chi_square, 0),
         {median, "n"},
         {html_escaped(missing_share(f.reference) + " → " + missing_share(f.current)), "n"}});
  }
  return "<h2>Features, most drifted first<span class=\"soft small\"><span class=\"key "
         "r\"></span>reference"
         "<span class=\"key c\"></span>current</span></h2>\n" +
         html_table(head, rows);
}

HtmlCell heat_cell(const std::optional<double>& psi) {
  if (!psi) return {"-", "heat"};
  const double strength = std::clamp(*psi / 0.5, 0.0, 1.0) * 0.75;
  return {fmt::format("<span style=\"display:block;margin:-6px -10px;padding:6px "
                      "10px;background:rgba(var(--heat),{:.2f})\">{:.2f}</span>",
                      strength, *psi),
          "heat"};
}

std::string heat_section(const Report& report) {
  if (report.periods.empty() || report.features.empty()) return "";
  std::vector<HtmlCell> head{{"PSI"}};
  for (const auto& period : report.periods) head.push_back({html_escaped(period.label), "n"});
  std::vector<std::vector<HtmlCell>> rows;
  const auto add = [&](const FeatureReport& f) {
    std::vector<HtmlCell> row{words(f.name)};
    for (const auto& psi : f.psi_by_period) row.push_back(heat_cell(psi));
    rows.push_back(std::move(row));
  };
  for (const auto& output : report.outputs) add(output);
  for (const auto& feature : report.features) add(feature);
  return "<h2>Drift by period</h2>\n" + html_table(head, rows);
}

std::string periods_section(const Report& report) {
  if (report.periods.empty()) return "";
  std::vector<std::vector<HtmlCell>> rows;
  for (const auto& period : report.periods) {
    rows.push_back({words(period.label), count(period.rows),
                    number(main_measure(report.task, period.performance)),
                    number(period.mean_prediction), number(period.prediction.psi),
                    count(period.drifted_features)});
  }
  return "<h2>Periods</h2>\n" + html_table({{"period"},
                                            {"rows", "n"},
                                            {std::string(main_measure_name(report.task)), "n"},
                                            {"mean prediction", "n"},
                                            {"PSI of the prediction", "n"},
                                            {"features drifted", "n"}},
                                           rows);
}

struct Measure {
  const char* name;
  std::optional<double> Performance::*value;
};

constexpr Measure kMeasures[] = {
    {"AUC", &Performance::auc},
    {"average precision", &Performance::average_precision},
    {"log loss", &Performance::log_loss},
    {"Brier score", &Performance::brier},
    {"calibration error, equal width", &Performance::ece_width},
    {"calibration error, equal frequency", &Performance::ece_frequency},
    {"accuracy", &Performance::accuracy},
    {"precision", &Performance::precision},
    {"recall", &Performance::recall},
    {"F1", &Performance::f1},
    {"macro F1", &Performance::macro_f1},
    {"share positive", &Performance::positive_share},
    {"RMSE", &Performance::rmse},
    {"MAE", &Performance::mae},
    {"R²", &Performance::r2},
    {"bias (prediction - target)", &Performance::bias}};

std::string performance_section(const Report& report) {
  const auto& before = report.reference_performance;
  const auto& now = report.current_performance;
  if (!before && !now) return "";
  std::vector<std::vector<HtmlCell>> rows;
  for (const auto& measure : kMeasures) {
    const auto was = before ? (*before).*measure.value : std::nullopt;
    const auto is = now ? (*now).*measure.value : std::nullopt;
    if (was || is) rows.push_back({words(measure.name), number(was, 4), number(is, 4)});
  }
  rows.push_back(
      {words("rows with a target"), count(before ? before->rows : 0), count(now ? now->rows : 0)});
  rows.push_back({words("rows without, left out"), count(before ? before->without_target : 0),
                  count(now ? now->without_target : 0)});
  return "<h2>Performance</h2>\n" +
         html_table({{"measure"}, {"reference", "n"}, {"current", "n"}}, rows);
}

std::string confusion_section(const Report& report) {
  if (!report.current_performance || !report.current_performance->confusion) return "";
  const ConfusionMatrix& matrix = *report.current_performance->confusion;
  std::vector<HtmlCell> head{{"really \\ predicted"}};
  for (const auto& name : matrix.classes) head.push_back({html_escaped(name), "n"});
  std::vector<std::vector<HtmlCell>> rows;
  const std::size_t n = matrix.classes.size();
  for (std::size_t actual = 0; actual < n; ++actual) {
    std::vector<HtmlCell> row{words(matrix.classes[actual])};
    for (std::size_t predicted = 0; predicted < n; ++predicted)
      row.push_back(count(matrix.counts[actual * n + predicted]));
    rows.push_back(std::move(row));
  }
  return "<h2>Confusion, current rows</h2>\n" + html_table(head, rows);
}

std::string quality_section(const Report& report) {
  std::vector<std::vector<HtmlCell>> rows;
  for (const auto& finding : report.schema)
    rows.push_back({words(finding.column), words(word_of(finding.problem)), words(finding.detail)});
  for (const auto& f : report.features) {
    if (f.unseen_rows > 0) {
      std::vector<std::string> seen;
      for (const auto& [value, times] : f.unseen)
        seen.push_back(fmt::format("{} ({})", value, rows_text(times)));
      rows.push_back(
          {words(f.name), words("unknown categories"),
           words(fmt::format("{} rows: {}", rows_text(f.unseen_rows), join(seen, ", ")))});
    }
    if (f.out_of_range > 0) {
      rows.push_back(
          {words(f.name), words("out of range"),
           words(fmt::format("{} rows beyond {} to {}", rows_text(f.out_of_range),
                             figure(f.reference.minimum, 2), figure(f.reference.maximum, 2)))});
    }
    if (f.current.infinite > 0)
      rows.push_back(
          {words(f.name), words("infinite"), words(rows_text(f.current.infinite) + " rows")});
  }
  if (rows.empty()) return "<h2>Data quality</h2>\n<p class=\"soft\">Nothing to report.</p>\n";
  return "<h2>Data quality</h2>\n" + html_table({{"column"}, {"what"}, {"detail"}}, rows);
}

std::string footnotes(const Report& report) {
  return fmt::format(
      "<h2>How to read this</h2>\n<p class=\"soft small\">PSI: population stability index, in "
      "nats; below {} stable, from {} "
      "drifted, between them moving. Numbers are binned {}, so shares compare. JS: Jensen-Shannon "
      "distance (natural logarithm, "
      "0 to 0.83). KS: largest distance of the two distribution functions. Wasserstein / σ: how "
      "far the values moved, in standard "
      "deviations of the reference. χ²: against the reference's shares. Missing, infinite and "
      "unknown values are counted apart. "
      "Exact definitions: docs/reference/monitoring.md.</p>\n",
      report.thresholds.psi_moving, report.thresholds.psi_drifted,
      report.compat ? "as Evidently does, over both samples"
                    : "at the reference's quantiles, with the tails in bins of their own");
}

}  // namespace

std::string render_html(const Report& report) {
  return html_page(report.title, header_section(report) + tiles_section(report) +
                                     plots_section(report) + features_section(report) +
                                     heat_section(report) + periods_section(report) +
                                     performance_section(report) + confusion_section(report) +
                                     quality_section(report) + footnotes(report));
}

}  // namespace slipway::evaluation
