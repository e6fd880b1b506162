// SPDX-License-Identifier: Apache-2.0
#include "evaluation/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "evaluation/html.h"

namespace slipway::evaluation {
namespace {

// The drawing area of a plot with axes, in the units of its viewBox.
constexpr double kWidth = 480, kHeight = 210, kLeft = 46, kRight = 12, kTop = 10, kBottom = 26;

struct Scale {
  double from, to;    // values
  double begin, end;  // drawing
  double operator()(double value) const {
    return begin + (end - begin) * (value - from) / (to - from);
  }
};

double largest(const Histogram& h) {
  double top = 1e-9;
  for (const double share : h.reference) top = std::max(top, share);
  for (const double share : h.current) top = std::max(top, share);
  return top;
}

std::string bin_name(const Histogram& h, std::size_t bin) {
  if (!h.labels.empty()) return h.labels[bin];
  return fmt::format("{:.4g} to {:.4g}", h.edges[bin], h.edges[bin + 1]);
}

// Both samples' bars over the same bins, in the rectangle x, y, width, height.
std::string bars(const Histogram& h, double x, double y, double width, double height) {
  std::string out;
  const std::size_t bins = h.current.size();
  const double top = largest(h);
  const double step = width / static_cast<double>(std::max<std::size_t>(bins, 1));
  for (std::size_t bin = 0; bin < bins; ++bin) {
    const double at = x + step * static_cast<double>(bin);
    const double before = bin < h.reference.size() ? height * h.reference[bin] / top : 0;
    const double now = height * h.current[bin] / top;
    out += fmt::format(
        "<rect class=\"ref-fill\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
        at, y + height - before, std::max(step - 0.5, 0.5), before);
    out += fmt::format(
        "<rect class=\"cur-fill half\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\">",
        at + step * 0.25, y + height - now, std::max(step * 0.5, 0.5), now);
    out += fmt::format("<title>{}: {:.1f} % now, {:.1f} % in the reference</title></rect>",
                       html_escaped(bin_name(h, bin)), 100 * h.current[bin],
                       bin < h.reference.size() ? 100 * h.reference[bin] : 0.0);
  }
  return out;
}

std::string text(double x, double y, std::string_view anchor, std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                     html_escaped(words));
}

std::string line(double x1, double y1, double x2, double y2, std::string_view kind) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>",
                     kind, x1, y1, x2, y2);
}

std::string open_plot(std::string_view label) {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", kWidth, kHeight,
                     html_escaped(label));
}

// Three horizontal lines with their values.
std::string value_axis(const Scale& y, int decimals, bool as_percent) {
  std::string out;
  for (int i = 0; i <= 2; ++i) {
    const double value = y.from + (y.to - y.from) * i / 2;
    out += line(kLeft, y(value), kWidth - kRight, y(value), "axis");
    out += text(kLeft - 6, y(value) + 4, "end",
                as_percent ? fmt::format("{:.0f} %", 100 * value)
                           : fmt::format("{:.{}f}", value, decimals));
  }
  return out;
}

std::string bin_axis(const Histogram& h) {
  std::string out;
  const double step =
      (kWidth - kLeft - kRight) / static_cast<double>(std::max<std::size_t>(h.current.size(), 1));
  if (h.labels.empty() && !h.edges.empty()) {
    const std::size_t ends[] = {0, h.edges.size() / 2, h.edges.size() - 1};
    const char* anchors[] = {"start", "middle", "end"};
    for (int i = 0; i < 3; ++i) {
      out += text(kLeft + step * static_cast<double>(ends[i]), kHeight - 8, anchors[i],
                  fmt::format("{:.4g}", h.edges[ends[i]]));
    }
    return out;
  }
  const std::size_t every =
      std::max<std::size_t>(1, h.labels.size() / 8 + (h.labels.size() % 8 != 0 ? 1 : 0));
  for (std::size_t bin = 0; bin < h.labels.size(); bin += every) {
    out += text(kLeft + step * (static_cast<double>(bin) + 0.5), kHeight - 8, "middle",
                h.labels[bin].substr(0, 12));
  }
  return out;
}

// Room above and below, so that a flat line is drawn in the middle.
Scale value_scale(const std::vector<std::optional<double>>& values,
                  std::optional<double> reference) {
  double low = reference.value_or(INFINITY), high = reference.value_or(-INFINITY);
  for (const auto& value : values) {
    if (!value) continue;
    low = std::min(low, *value);
    high = std::max(high, *value);
  }
  if (!(low <= high)) low = 0, high = 1;
  const double room = std::max((high - low) * 0.15, std::max(std::abs(high), 0.01) * 0.01);
  return {low - room, high + room, kHeight - kBottom, kTop};
}

std::string calibration_line(const std::vector<CalibrationBin>& bins, const Scale& x,
                             const Scale& y, bool current) {
  std::string points, dots;
  for (const auto& bin : bins) {
    points += fmt::format("{:.1f},{:.1f} ", x(bin.predicted), y(bin.observed));
    dots += fmt::format(
        "<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>predicted {:.3f}, "
        "observed {:.3f}, {} rows"
        "</title></circle>",
        current ? "cur-fill" : "ref-fill", x(bin.predicted), y(bin.observed), bin.predicted,
        bin.observed, bin.rows);
  }
  return fmt::format("<polyline class=\"{}\" points=\"{}\"/>{}", current ? "cur-line" : "ref-line",
                     points, dots);
}

}  // namespace

std::string svg_mini_histogram(const Histogram& histogram) {
  return "<svg class=\"mini\" viewBox=\"0 0 120 30\" preserveAspectRatio=\"none\" role=\"img\" "
         "aria-label=\"distribution\">" +
         bars(histogram, 0, 1, 120, 29) + "</svg>";
}

std::string svg_histogram(const Histogram& histogram) {
  const Scale y{0, largest(histogram), kHeight - kBottom, kTop};
  return open_plot("distribution, reference and current") + value_axis(y, 0, true) +
         bars(histogram, kLeft, kTop, kWidth - kLeft - kRight, kHeight - kTop - kBottom) +
         bin_axis(histogram) + "</svg>";
}

std::string svg_line(const std::vector<std::string>& labels,
                     const std::vector<std::optional<double>>& values,
                     std::optional<double> reference, std::string_view title) {
  const Scale y = value_scale(values, reference);
  const double step = (kWidth - kLeft - kRight - 40) /
                      static_cast<double>(std::max<std::size_t>(labels.size(), 2) - 1);
  std::string out = open_plot(title) + value_axis(y, 3, false), path, dots;
  if (reference) out += line(kLeft, y(*reference), kWidth - kRight, y(*reference), "ref-line dash");
  bool joined = false;
  const std::size_t every = labels.size() / 7 + 1;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double x = kLeft + 20 + step * static_cast<double>(i);
    if (i % every == 0) out += text(x, kHeight - 8, "middle", labels[i]);
    if (!values[i]) {
      joined = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", joined ? "L" : "M", x, y(*values[i]));
    dots += fmt::format(
        "<circle class=\"cur-fill\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"><title>{}: "
        "{:.4g}</title></circle>",
        x, y(*values[i]), html_escaped(labels[i]), *values[i]);
    joined = true;
  }
  return out + fmt::format("<path class=\"cur-line\" d=\"{}\"/>{}</svg>", path, dots);
}

std::string svg_calibration(const std::vector<CalibrationBin>& reference,
                            const std::vector<CalibrationBin>& current) {
  double top = 0.1;
  for (const auto* bins : {&reference, &current}) {
    for (const auto& bin : *bins) top = std::max({top, bin.predicted, bin.observed});
  }
  top = std::min(1.0, std::ceil(top * 10) / 10);
  const Scale x{0, top, kLeft, kWidth - kRight}, y{0, top, kHeight - kBottom, kTop};
  std::string out = open_plot("observed share over predicted") + value_axis(y, 1, false);
  out += line(x(0), y(0), x(top), y(top), "diagonal");
  for (int i = 0; i <= 2; ++i)
    out += text(x(top * i / 2), kHeight - 8,
                i == 0   ? "start"
                : i == 1 ? "middle"
                         : "end",
                fmt::format("{:.2g}", top * i / 2));
  return out + calibration_line(reference, x, y, false) + calibration_line(current, x, y, true) +
         "</svg>";
}

}  // namespace slipway::evaluation
