// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/home_page.h"

#include <fmt/format.h>

#include <iterator>

#include "deploy/realtime/example.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:@";

}  // namespace

std::string path_segment(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (kUrlSafe.find(c) != std::string_view::npos) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

void write_home_page(const HomePage& page, Endpoints& endpoints, std::string* out) {
  auto to = std::back_inserter(*out);
  fmt::format_to(to, "{} {}\n\n", page.server, page.version);
  if (endpoints.all().empty()) *out += "No model is served.\n\n";
  for (const auto& [name, versions] : endpoints.all()) {
    const auto& endpoint = versions.back();
    const model::Model& model = endpoint->plan().model();
    fmt::format_to(to, "{}, version {}: {}, {}, {} inputs\n\n", name, endpoint->version(),
                   model.source.library, model::name_of(model.outputs.task),
                   endpoint->inputs.size());
    const std::string url = fmt::format("{}/v2/models/{}/infer", page.url, path_segment(name));
    fmt::format_to(to, "  curl -s {} -d {}\n\n", shell_quoted(url),
                   shell_quoted(example_infer(endpoint->inputs)));
  }
  fmt::format_to(to,
                 "GET  /v2/models/MODEL            inputs and outputs\n"
                 "POST /v2/models/MODEL/infer      Open Inference Protocol\n"
                 "POST /v1/models/MODEL:predict    V1\n"
                 "POST /invocations               MLflow\n"
                 "GET  /v2/docs                    a page; /v2/docs/openapi.json\n"
                 "GET  /v2/health/ready\n"
                 "GET  /metrics\n");
}

}  // namespace slipway::deploy::realtime
