// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/onnx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "model/import/onnx/lift.h"
#include "model/import/onnx/proto.h"
#include "model/import/onnx/whole.h"
#include "model/import/onnx/wire.h"

namespace slipway::model {
namespace {

Error refuse(const char* reason, std::string what) {
  return Error(Code::kUnimplemented, reason, std::move(what));
}

// Whose operators ONNX Runtime itself has, and none of which opens files.
constexpr std::array<std::string_view, 4> kDomains{"", "ai.onnx.ml", "ai.onnx.preview.training",
                                                   "com.microsoft"};
// Of these, the ones that name files to open.
constexpr std::array<std::string_view, 1> kReachOut{"EPContext"};

Result<void> check_domains(const OnnxFile& file) {
  for (const auto& [domain, type] : file.domains) {
    const auto& own = file.function_domains;
    if (std::find(kDomains.begin(), kDomains.end(), domain) != kDomains.end() ||
        std::find(own.begin(), own.end(), domain) != own.end())
      continue;
    return refuse("model.onnx.domain",
                  fmt::format("operator '{}' is of the domain '{}', which needs a library of its "
                              "own: slipway loads none; export with standard operators, or with "
                              "the operator as a function inside the file",
                              type, domain));
  }
  for (const OnnxNode& node : file.graph.nodes) {
    if (std::find(kReachOut.begin(), kReachOut.end(), node.type) == kReachOut.end()) continue;
    return refuse("model.onnx.domain",
                  fmt::format("operator '{}' opens files that the model names", node.type));
  }
  return {};
}

Result<void> check_inside(const OnnxFile& file) {
  if (!file.external) return {};
  return refuse("model.onnx.external",
                fmt::format("tensor '{}' lies outside this file: put all into one with "
                            "onnx.save(onnx.load(IN), OUT, save_as_external_data=False)",
                            *file.external));
}

std::string opsets_of(const OnnxFile& file) {
  std::string text;
  for (const auto& [domain, version] : file.opsets)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        domain.empty() ? std::string_view("ai.onnx") : domain, version);
  return text;
}

Result<Model> lifted_or_whole(const OnnxFile& file, std::string_view bytes) {
  auto lifted = lift(file);
  if (lifted) {
    lifted.value().notes.emplace_back(
        "slipway's own operators compute it; no ONNX Runtime is needed");
    return lifted;
  }
  ASSIGN_OR_RETURN(Model whole, run_whole(file, bytes));
  whole.notes.push_back(fmt::format("it runs whole in ONNX Runtime: {}", lifted.error().message()));
  return whole;
}

}  // namespace

bool is_onnx(std::string_view bytes) {
  constexpr std::uint32_t kGraph = 7;
  constexpr std::array<std::uint32_t, 12> kKnown{1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26};
  if (bytes.empty() || bytes[0] == '\x80' || bytes[0] == '{') return false;
  WireReader reader(bytes);
  for (int fields = 0; fields < 10'000; ++fields) {
    const auto field = reader.next();
    if (!field) return fields >= 2;  // cut off: its reader will say where
    if (!field.value()) return false;
    const std::uint32_t number = field.value()->number;
    if (std::find(kKnown.begin(), kKnown.end(), number) == kKnown.end()) return false;
    if (number == kGraph) return field.value()->type == WireType::kBytes;
  }
  return false;
}

Result<OnnxFile> open_onnx(std::string_view bytes) {
  ASSIGN_OR_RETURN(OnnxFile file, read_onnx_file(bytes));
  RETURN_IF_ERROR(check_inside(file));
  RETURN_IF_ERROR(check_domains(file));
  return file;
}

Result<Model> read_onnx(std::string_view bytes) {
  ASSIGN_OR_RETURN(const OnnxFile file, open_onnx(bytes));
  ASSIGN_OR_RETURN(Model model, lifted_or_whole(file, bytes));
  model.source = {
      "ONNX", opsets_of(file),
      fmt::format("IR {} by {} {}", file.ir_version, file.producer, file.producer_version)};
  RETURN_IF_ERROR(check(model));
  return model;
}

}  // namespace slipway::model
