// SPDX-License-Identifier: Apache-2.0
#include "evaluation/html.h"

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::evaluation {
namespace {

// Two hues that colour-blind people tell apart, and words beside them everywhere.
constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c2024;--soft:#60666d;--line:#e3e5e8;--ref:#8a929b;--cur:#1f6feb;--warn:#b45309;--warnbg:#fdf0dd;--heat:180,83,9}
@media(prefers-color-scheme:dark){:root{--bg:#121417;--card:#1a1d21;--ink:#e6e8ea;--soft:#9aa2ab;--line:#2c3138;--ref:#78818b;--cur:#6ea8fe;--warn:#f0a856;--warnbg:#38291a;--heat:240,168,86}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1180px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:20px;line-height:1.3;margin:4px 0 6px;font-weight:650;letter-spacing:-.01em}
h2{font-size:16px;margin:34px 0 10px;font-weight:650}
p{margin:6px 0}.soft{color:var(--soft)}.small{font-size:13px}
ul.findings{margin:12px 0 0;padding-left:20px}ul.findings li{margin:3px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:20px 0 0}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.tile b{display:block;font-size:22px;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em;line-height:1.25}
.tile span{color:var(--soft);font-size:13px}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(400px,1fr));gap:12px}
.card h3{font-size:14px;margin:0 0 6px;font-weight:600}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:6px 10px;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:middle}
tr:last-child td{border-bottom:0}th{font-weight:600;color:var(--soft);font-size:12.5px}
.n{text-align:right;font-variant-numeric:tabular-nums}.heat{text-align:right;font-variant-numeric:tabular-nums;font-size:13px}
.v{font-size:12.5px;padding:1px 7px;border-radius:9px;border:1px solid var(--line);color:var(--soft)}
.v.drifted{background:var(--warnbg);border-color:var(--warn);color:var(--warn);font-weight:600}.v.moving{border-color:var(--warn);color:var(--warn)}
svg{display:block;width:100%;height:auto}svg.mini{width:120px;height:30px}
svg text{fill:var(--soft);font:11px system-ui,sans-serif}.axis{stroke:var(--line);stroke-width:1}
.ref-fill{fill:var(--ref);opacity:.35}.ref-line{stroke:var(--ref);stroke-width:1.5;fill:none}
.cur-fill{fill:var(--cur)}.cur-line{stroke:var(--cur);stroke-width:2;fill:none}.half{opacity:.75}.dash{stroke-dasharray:4 4}.diagonal{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 12px}.key.r{background:var(--ref);opacity:.6}.key.c{background:var(--cur)}
@media(max-width:600px){main{padding:16px 12px 40px}h1{font-size:18px}.tile b{font-size:19px}.grid{grid-template-columns:1fr}.tiles{grid-template-columns:1fr 1fr}th,td{padding:5px 8px}}
@media print{body{background:#fff}.card,.tile,.scroll{break-inside:avoid}}
)css";

std::string row_of(const std::vector<HtmlCell>& cells, std::string_view tag) {
  std::string out = "<tr>";
  for (const auto& cell : cells) {
    const std::string attribute = cell.kind.empty() ? "" : fmt::format(" class=\"{}\"", cell.kind);
    out += fmt::format("<{0}{1}>{2}</{0}>", tag, attribute, cell.html);
  }
  return out + "</tr>\n";
}

}  // namespace

std::string html_table(const std::vector<HtmlCell>& head,
                       const std::vector<std::vector<HtmlCell>>& rows) {
  std::string out =
      "<div class=\"scroll\"><table><thead>\n" + row_of(head, "th") + "</thead><tbody>\n";
  for (const auto& row : rows) out += row_of(row, "td");
  return out + "</tbody></table></div>\n";
}

std::string html_page(std::string_view title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style></head>\n<body><main>\n{}</main></body></html>\n",
      html_escaped(title), kStyle, body);
}

}  // namespace slipway::evaluation
