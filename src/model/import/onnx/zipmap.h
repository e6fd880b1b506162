// ZipMap makes a map per row out of a matrix that is there already. This takes it out of a file, so
// that the matrix itself comes out, under the map's name.
//
//   ASSIGN_OR_RETURN(const std::string plain, without_zipmaps(file, bytes));
//
// Everything else stays as it is, byte for byte. Pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/import/onnx/proto.h"

namespace slipway::model {

bool has_zipmap(const OnnxGraphParts& graph);

// The same with an Identity in each ZipMap's place, and its output a tensor of floats.
Result<std::string> without_zipmaps(const OnnxFile& file, std::string_view bytes);

}  // namespace slipway::model
