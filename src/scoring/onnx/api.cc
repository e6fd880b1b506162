// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

// The library's one exported function is looked up, not linked.
#define ORT_API_MANUAL_INIT
#include <onnxruntime_c_api.h>

namespace slipway::scoring {
namespace {

// In the order of ElementType.
constexpr int kTypes[] = {
    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,  ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,   ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,  ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,  ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,   ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING};

}  // namespace

Result<void> Api::ok(OrtStatus* status, const char* reason, std::string_view doing) const {
  if (status == nullptr) return {};
  std::string why = api_->GetErrorMessage(status);
  api_->ReleaseStatus(status);
  return Error(Code::kInvalidArgument, reason, fmt::format("{}: {}", doing, why));
}

int onnx_type(model::ElementType type) { return kTypes[static_cast<std::size_t>(type)]; }

Result<model::ElementType> element_type(int onnx_type) {
  const auto* const found = std::find(std::begin(kTypes), std::end(kTypes), onnx_type);
  if (found != std::end(kTypes)) return static_cast<model::ElementType>(found - kTypes);
  return Error(
      Code::kUnimplemented, kRun,
      fmt::format("comes out as ONNX element type {}, which slipway does not read", onnx_type));
}

}  // namespace slipway::scoring
