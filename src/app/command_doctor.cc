// slipway doctor: what is wrong here, and the exact commands for what is served.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "app/commands.h"
#include "app/doctor_machine.h"
#include "app/doctor_server.h"
#include "base/env.h"
#include "base/json_writer.h"
#include "net/http_client.h"

namespace slipway::app {
namespace {

using Verdict = Finding::Verdict;

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kNote:
      return "note";
    case Verdict::kWrong:
      return "wrong";
  }
  return "";
}

void write_finding(const Finding& finding, JsonWriter* json) {
  json->member("verdict", name_of(finding.verdict)).member("text", finding.text);
}

std::string json_of(const std::vector<Finding>& here, const std::string& url,
                    const ServerReport& server) {
  std::string text;
  JsonWriter json(&text);
  const auto write = [&](const std::vector<Finding>& findings) {
    json.begin_array();
    for (const Finding& finding : findings) {
      json.begin_object();
      write_finding(finding, &json);
      json.end_object();
    }
    json.end_array();
  };
  json.begin_object().key("here");
  write(here);
  json.key("server").begin_object().member("url", url).key("findings");
  write(server.findings);
  json.key("models").begin_array();
  for (const ModelReport& model : server.models) {
    json.begin_object().member("name", model.name);
    write_finding(model.finding, &json);
    json.member("curl", model.curl).member("grpcurl", model.grpcurl).end_object();
  }
  json.end_array().end_object().end_object();
  return text;
}

void print_findings(const std::vector<Finding>& findings, std::string* out) {
  for (const Finding& finding : findings) {
    fmt::format_to(std::back_inserter(*out), "  {:6}{}\n", name_of(finding.verdict), finding.text);
  }
}

std::string text_of(const std::vector<Finding>& here, const std::string& url,
                    const ServerReport& server) {
  std::string out = "here\n";
  print_findings(here, &out);
  fmt::format_to(std::back_inserter(out), "{}\n", url);
  print_findings(server.findings, &out);
  for (const ModelReport& model : server.models) {
    print_findings({model.finding}, &out);
    for (const std::string* command : {&model.curl, &model.grpcurl}) {
      if (!command->empty()) fmt::format_to(std::back_inserter(out), "\n{}\n", *command);
    }
    out += '\n';
  }
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace

Result<int> run_doctor(const Arguments& arguments, const Console& console) {
  std::string url = arguments.text("URL");
  if (url.find("://") == url.npos) url = "http://" + url;
  while (url.ends_with('/')) url.pop_back();
  if (const auto parsed = net::parse_http_url(url); !parsed)
    return Error(Code::kInvalidArgument, "app.option", std::string(parsed.error().message()));
  const auto here = look_at_machine(arguments.text("home"));
  ASSIGN_OR_RETURN(const ServerReport server,
                   ask_server({.url = url,
                               .key = posix_env().variable("SLIPWAY_API_KEY").value_or(""),
                               .ca_file = arguments.text("ca")}));
  console.print(console.json() ? json_of(here, url, server) : text_of(here, url, server));
  const auto is_wrong = [](const Finding& finding) { return finding.verdict == Verdict::kWrong; };
  const bool all_well = std::none_of(here.begin(), here.end(), is_wrong) &&
                        std::none_of(server.findings.begin(), server.findings.end(), is_wrong) &&
                        std::none_of(server.models.begin(), server.models.end(),
                                     [&](const auto& each) { return is_wrong(each.finding); });
  return all_well ? kDone : kRefused;
}

}  // namespace slipway::app
