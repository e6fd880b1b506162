// numpy's .npy files, version 1 to 3: one array of one or two dimensions as a table.
//
//   if (is_npy(file->text())) ASSIGN_OR_RETURN(frame::Frame frame, read_npy(file->text()));
//
// Numbers become float64, integers and bools int64, texts (dtype U) strings; columns are called
// column0, column1, ... Object arrays hold a pickle and are refused. Errors: kInvalidArgument or
// kUnimplemented "data.npy". Pure functions. Source: NEP 1, "A simple file format for NumPy arrays".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "frame/frame.h"

namespace slipway::data {

bool is_npy(std::string_view bytes);
Result<frame::Frame> read_npy(std::string_view bytes);

}  // namespace slipway::data
