// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"
#include "evaluation/render.h"
#include "evaluation/words.h"

namespace slipway::evaluation {
namespace {

constexpr std::size_t kFeaturesShown = 24;

// Names come from data: control characters would move the cursor, and width is counted in characters.
std::string clean(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(1, utf8_sequence(text.substr(at)));
    if (characters + 1 == width && at + length < text.size()) return out + "…";
    const auto first = static_cast<unsigned char>(text[at]);
    out += first < 0x20 || first == 0x7F ? std::string("?") : std::string(text.substr(at, length));
    at += length;
    ++characters;
  }
  return out + std::string(width - std::min(width, characters), ' ');
}

std::string bar(double share, std::size_t width) {
  const auto filled =
      static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width) + 0.5);
  std::string out;
  for (std::size_t i = 0; i < width; ++i) out += i < filled ? "█" : "·";
  return out;
}

class Painter {
 public:
  explicit Painter(bool on) : on_(on) {}
  std::string verdict(Verdict verdict) const {
    const std::string word = fmt::format("{:8}", word_of(verdict));
    if (!on_) return word;
    const char* code = verdict == Verdict::kDrifted  ? "1;33"
                       : verdict == Verdict::kMoving ? "33"
                                                     : "2";
    return fmt::format("\x1b[{}m{}\x1b[0m", code, word);
  }
  std::string strong(const std::string& text) const {
    return on_ ? fmt::format("\x1b[1m{}\x1b[0m", text) : text;
  }

 private:
  bool on_;
};

std::string feature_line(const FeatureReport& f, std::size_t name_width, const Painter& paint) {
  const bool number = f.kind == FeatureKind::kNumber;
  const std::string second =
      number ? "KS   " + figure(f.drift.ks) : "chi² " + figure(f.drift.chi_square, 0);
  const std::string missing = missing_share(f.reference) + " → " + missing_share(f.current);
  const double psi = f.drift.psi.value_or(0);
  return fmt::format("{} {} {:>7} {} {:<15} {}\n", clean(f.name, name_width),
                     paint.verdict(f.drift.verdict), figure(f.drift.psi), bar(psi / 0.5, 10),
                     second, missing);
}

std::string feature_table(const Report& report, std::size_t name_width, const Painter& paint) {
  std::string text = paint.strong(fmt::format("{:{}} {:8} {:>7} {:10} {:<15} {}", "feature",
                                              name_width, "verdict", "PSI", "", "", "missing")) +
                     "\n";
  const std::size_t shown = std::min(report.features.size(), kFeaturesShown);
  for (std::size_t i = 0; i < shown; ++i)
    text += feature_line(report.features[i], name_width, paint);
  if (shown < report.features.size())
    text += fmt::format("and {} more\n", report.features.size() - shown);
  for (const auto& output : report.outputs) text += feature_line(output, name_width, paint);
  return text;
}

std::string period_table(const Report& report, const Painter& paint) {
  if (report.periods.empty()) return "";
  std::string text = "\n" +
                     paint.strong(fmt::format("{:10} {:>10} {:>9} {:>12} {:>15} {:>9}", "period",
                                              "rows", main_measure_name(report.task), "mean pred.",
                                              "PSI of pred.", "drifted")) +
                     "\n";
  for (const auto& period : report.periods) {
    text += fmt::format("{:10} {:>10} {:>9} {:>12} {:>15} {:>9}\n", period.label,
                        grouped(static_cast<std::uint64_t>(period.rows)),
                        figure(main_measure(report.task, period.performance)),
                        figure(period.mean_prediction), figure(period.prediction.psi),
                        period.drifted_features);
  }
  return text;
}

struct Measure {
  const char* name;
  std::optional<double> Performance::*value;
};

std::vector<Measure> measures_of(Task task) {
  switch (task) {
    case Task::kRegression:
      return {{"RMSE", &Performance::rmse},
              {"MAE", &Performance::mae},
              {"R²", &Performance::r2},
              {"bias", &Performance::bias}};
    case Task::kBinary:
      return {{"AUC", &Performance::auc},
              {"average precision", &Performance::average_precision},
              {"log loss", &Performance::log_loss},
              {"Brier score", &Performance::brier},
              {"calibration error", &Performance::ece_width},
              {"precision", &Performance::precision},
              {"recall", &Performance::recall},
              {"share positive", &Performance::positive_share}};
    case Task::kMulticlass:
      return {{"accuracy", &Performance::accuracy},
              {"macro F1", &Performance::macro_f1},
              {"log loss", &Performance::log_loss}};
  }
  return {};
}

std::string performance_table(const Report& report, const Painter& paint) {
  if (!report.reference_performance && !report.current_performance) return "";
  std::string text =
      "\n" +
      paint.strong(fmt::format("{:18} {:>10} {:>10}", "performance", "reference", "current")) +
      "\n";
  const auto value = [](const std::optional<Performance>& performance,
                        std::optional<double> Performance::*member) {
    return performance ? figure((*performance).*member) : std::string("-");
  };
  for (const auto& measure : measures_of(report.task)) {
    text += fmt::format("{:18} {:>10} {:>10}\n", measure.name,
                        value(report.reference_performance, measure.value),
                        value(report.current_performance, measure.value));
  }
  return text;
}

}  // namespace

std::string render_text(const Report& report, const TextOptions& options) {
  const Painter paint(options.colour);
  std::size_t longest = 8;
  for (const auto& feature : report.features) longest = std::max(longest, feature.name.size());
  const std::size_t room = static_cast<std::size_t>(std::max(options.columns, 80)) - 56;
  std::string text = paint.strong(headline(report)) + "\n";
  text += fmt::format("{} ({} against {} rows)\n\n", clean(report.title, report.title.size()),
                      grouped(static_cast<std::uint64_t>(report.current_rows)),
                      grouped(static_cast<std::uint64_t>(report.reference_rows)));
  for (const auto& finding : report.findings) text += "- " + clean(finding, finding.size()) + "\n";
  if (!report.findings.empty()) text += "\n";
  text += feature_table(report, std::min(longest, room), paint);
  return text + period_table(report, paint) + performance_table(report, paint);
}

}  // namespace slipway::evaluation
