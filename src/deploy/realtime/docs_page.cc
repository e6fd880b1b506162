// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/docs_page.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "deploy/realtime/example.h"
#include "deploy/realtime/output_slice.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::size_t kExampleBytesMax = 64u << 10;    // longer ones explain less than they hide
constexpr std::size_t kRowsOpen = 12, kRowsMax = 500;  // of a table

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c2024;--soft:#60666d;--line:#e3e5e8;--link:#1f6feb}
@media(prefers-color-scheme:dark){:root{--bg:#121417;--card:#1a1d21;--ink:#e6e8ea;--soft:#9aa2ab;--line:#2c3138;--link:#6ea8fe}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:60rem;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0;font-weight:650;letter-spacing:-.01em}h2{font-size:17px;margin:0;font-weight:650}
h3{font-size:13px;margin:18px 0 6px;font-weight:600;color:var(--soft)}
p{margin:4px 0}a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}.soft{color:var(--soft)}
nav a{margin-right:18px}section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px 18px;margin:20px 0}
table{border-collapse:collapse;width:100%;font-size:14px}td{padding:5px 14px 5px 0;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td:first-child{width:45%;font-weight:550}details{margin-top:4px}summary{color:var(--link);cursor:pointer;font-size:14px}
pre{background:var(--bg);border:1px solid var(--line);border-radius:6px;margin:0;padding:10px 12px;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;max-height:22em;overflow-y:auto}
@media(max-width:600px){main{padding:18px 12px 40px}section{padding:14px}}
)css";

using Rows = std::vector<std::pair<std::string, std::string>>;

void write_rows(const Rows& rows, std::size_t begin, std::size_t end, std::string* out) {
  *out += "<table>";
  for (std::size_t i = begin; i < end; ++i) {
    fmt::format_to(std::back_inserter(*out), "<tr><td>{}</td><td class=\"soft\">{}</td></tr>\n",
                   html_escaped(rows[i].first), html_escaped(rows[i].second));
  }
  *out += "</table>\n";
}

// The first rows; the others when somebody asks.
void write_table(std::string_view title, const Rows& rows, std::string* out) {
  auto to = std::back_inserter(*out);
  fmt::format_to(to, "<h3>{}</h3>\n", title);
  const bool is_long = rows.size() > kRowsOpen + 1;
  write_rows(rows, 0, is_long ? kRowsOpen : rows.size(), out);
  if (!is_long) return;
  const std::size_t shown = std::min(rows.size(), kRowsMax);
  fmt::format_to(to, "<details><summary>{} more</summary>\n", rows.size() - kRowsOpen);
  write_rows(rows, kRowsOpen, shown, out);
  if (shown < rows.size())
    fmt::format_to(to, "<p class=\"soft\">and {} more</p>\n", rows.size() - shown);
  *out += "</details>\n";
}

Rows inputs_of(const Endpoint& endpoint) {
  Rows rows;
  for (const auto& group : endpoint.inputs.groups()) {
    if (group.control) continue;  // the server fills it
    rows.emplace_back(group.name,
                      fmt::format("{} {}", group.datatype, endpoint.inputs.shape_text(group.name)));
  }
  if (!endpoint.inputs.groups().empty()) return rows;
  for (const InputColumn& column : endpoint.inputs.columns()) {
    std::string wants(wanted(column.wire));
    if (!column.first_category.empty()) wants += fmt::format(", such as {}", column.first_category);
    rows.emplace_back(column.name, std::move(wants));
  }
  return rows;
}

Rows outputs_of(const Endpoint& endpoint) {
  Rows rows;
  for (const std::string& name : endpoint.layout.names) {
    const OutputSlice slice = output_slice(endpoint.layout, name);
    std::string shape = "rows";
    for (const std::uint32_t dim : slice.dims) shape += fmt::format(", {}", dim);
    rows.emplace_back(name, fmt::format("{} [{}]", slice.datatype, shape));
  }
  return rows;
}

void write_command(std::string_view title, std::string_view url, std::string_view body,
                   std::string* out) {
  if (body.size() > kExampleBytesMax) return;
  fmt::format_to(std::back_inserter(*out), "<h3>{}</h3>\n<pre>curl -s {} -d {}</pre>\n", title,
                 html_escaped(shell_quoted(url)), html_escaped(shell_quoted(body)));
}

void write_model(const Endpoint& endpoint, std::string_view url, std::string* out) {
  const model::Model& model = endpoint.plan().model();
  const std::string segment = path_segment(endpoint.name());
  fmt::format_to(
      std::back_inserter(*out),
      "<section id=\"{0}\">\n<h2>{1}</h2>\n<p class=\"soft\">version {2}, {3}, {4}</p>\n",
      html_escaped(segment), html_escaped(endpoint.name()), html_escaped(endpoint.version()),
      html_escaped(model.source.library), model::name_of(model.outputs.task));
  const Rows inputs = inputs_of(endpoint);
  write_table(fmt::format("{} input{}", inputs.size(), inputs.size() == 1 ? "" : "s"), inputs, out);
  write_table("Outputs", outputs_of(endpoint), out);
  write_command("Ask it: Open Inference Protocol",
                fmt::format("{}/v2/models/{}/infer", url, segment), example_infer(endpoint.inputs),
                out);
  write_command("Ask it: rows by column name", fmt::format("{}/v1/models/{}:predict", url, segment),
                example_instances(endpoint.inputs), out);
  *out += "</section>\n";
}

}  // namespace

// Links are relative: whatever stands before us has its own idea of where we are.
void write_docs_page(const HomePage& page, Endpoints& endpoints, std::string* out) {
  fmt::format_to(
      std::back_inserter(*out),
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{2}</style></head>\n<body><main>\n<h1>{0} {1}</h1>\n"
      "<p class=\"soft\">{3} model{4} served</p>\n"
      "<nav><a href=\"docs/openapi.json\">OpenAPI 3.1</a><a href=\"../metrics\">Metrics</a>"
      "<a href=\"models/stats\">Statistics</a><a href=\"health/ready\">Readiness</a></nav>\n",
      html_escaped(page.server), html_escaped(page.version), kStyle, endpoints.all().size(),
      endpoints.all().size() == 1 ? " is" : "s are");
  for (const auto& [name, versions] : endpoints.all()) write_model(*versions.back(), page.url, out);
  *out += "</main></body></html>\n";
}

}  // namespace slipway::deploy::realtime
