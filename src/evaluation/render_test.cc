// SPDX-License-Identifier: Apache-2.0
#include "evaluation/render.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "evaluation/html.h"

namespace slipway::evaluation {
namespace {

FeatureReport feature(std::string name, double psi, Verdict verdict) {
  FeatureReport f;
  f.name = std::move(name);
  f.reference = {.rows = 100, .missing = 1, .median = 4.0};
  f.current = {.rows = 200, .missing = 50, .median = 9.0};
  f.drift.psi = psi;
  f.drift.verdict = verdict;
  f.histogram = {.edges = {0, 1, 2}, .labels = {}, .reference = {0.5, 0.5}, .current = {0.1, 0.9}};
  f.psi_by_period = {psi, std::nullopt};
  return f;
}

Report binary_report() {
  Report report;
  report.title = "delay:1: live against train";
  report.reference_rows = 100;
  report.current_rows = 200;
  report.drifted_features = 1;
  report.features = {feature("temp", 0.48, Verdict::kDrifted),
                     feature("hour", 0.01, Verdict::kStable)};
  report.outputs = {feature("p_1", 0.02, Verdict::kStable)};
  report.findings = {"temp drifted most"};
  report.reference_performance = Performance{.rows = 100, .auc = 0.806};
  report.current_performance = Performance{.rows = 190,
                                           .without_target = 10,
                                           .auc = 0.72,
                                           .calibration = {{0.2, 0.1, 50}, {0.8, 0.7, 140}}};
  report.periods = {{.label = "2013-07",
                     .rows = 150,
                     .mean_prediction = 0.3,
                     .performance = Performance{.auc = 0.77}},
                    {.label = "2013-08", .rows = 50}};
  return report;
}

// Every opened element is closed, in order; void elements aside.
std::string balance_of(const std::string& html) {
  std::vector<std::string> open;
  for (auto at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
    const auto end = html.find('>', at);
    if (end == html.npos) return "an element without an end";
    const std::string tag = html.substr(at + 1, end - at - 1);
    if (tag.starts_with("!") || tag.starts_with("meta") || tag.ends_with("/")) continue;
    const std::string name =
        tag.substr(tag[0] == '/' ? 1 : 0, tag.find(' ') - (tag[0] == '/' ? 1 : 0));
    if (tag[0] != '/') {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

TEST(RenderHtml, IsWellFormedAndSelfContained) {
  for (const Report& report : {binary_report(), Report{}}) {
    const std::string html = render_html(report);
    EXPECT_EQ(balance_of(html), "");
    for (const char* outside : {"<script", "http://", "https://", "@import", "url("}) {
      EXPECT_EQ(html.find(outside), html.npos) << outside;
    }
    EXPECT_NE(html.find("prefers-color-scheme:dark"), html.npos);
    EXPECT_EQ(html.find("nan"), html.npos);
  }
}

TEST(RenderHtml, NamesFromTheDataCannotBecomeMarkup) {
  Report report = binary_report();
  const std::string evil = "<script>alert(\"x\")</script>' onload=";
  report.title = report.features[0].name = evil;
  report.findings = {evil};
  report.periods[0].label = evil;
  report.features[1].unseen_rows = 1;
  report.features[1].unseen = {{evil, 1}};
  report.features[1].histogram = {
      .edges = {}, .labels = {evil, "b"}, .reference = {0.5, 0.5}, .current = {0.5, 0.5}};
  report.schema = {{evil, ColumnProblem::kExtra, evil}};
  report.current_performance->confusion = ConfusionMatrix{{evil, "b"}, {1, 2, 3, 4}};
  const std::string html = render_html(report);
  EXPECT_EQ(html.find("<script"), html.npos);
  EXPECT_EQ(balance_of(html), "");
  EXPECT_EQ(html_escaped("a<b>&\"'\x01"), "a&lt;b&gt;&amp;&quot;&#39; ");
}

TEST(RenderText, SaysTheMainThingFirstAndFitsTheTerminal) {
  const std::string text = render_text(binary_report(), {.columns = 80});
  EXPECT_TRUE(text.starts_with(
      "1 of 2 features drifted; the prediction did not drift; AUC went from 0.806 to 0.720\n"));
  EXPECT_NE(text.find("temp     drifted    0.480"), text.npos) << text;
  EXPECT_EQ(text.find('\x1b'), text.npos) << "no colour unless asked for";
  EXPECT_NE(render_text(binary_report(), {.columns = 80, .colour = true}).find('\x1b'), text.npos);
}

TEST(RenderText, ControlCharactersInNamesDoNotReachTheTerminal) {
  Report report = binary_report();
  report.features[0].name = "temp\x1b[31m\r";
  EXPECT_EQ(render_text(report, {}).find('\x1b'), std::string::npos);
}

TEST(RenderJson, HoldsTheNumbersAndNullWhereThereIsNone) {
  const std::string text = render_json(binary_report());
  const JsonDocument document = JsonDocument::parse(text).value();
  const JsonView root = document.root();
  EXPECT_EQ(root.find("current_performance").find("auc").as_double(), 0.72);
  EXPECT_TRUE(root.find("current_performance").find("rmse").is_null());
  EXPECT_EQ(root.find("features").size(), 2u);
  const JsonView first = *root.find("features").array().begin();
  EXPECT_EQ(first.find("drift").find("verdict").as_string(), "drifted");
  EXPECT_EQ(first.find("psi_by_period").size(), 2u);
  EXPECT_TRUE(JsonDocument::parse(render_json(Report{})));
}

}  // namespace
}  // namespace slipway::evaluation
