// slipway bench --against: the same model and rows in other libraries' hands, turn by turn with
// slipway's C interface (libslipway.so, beside the binary in ../lib) in one Python process.
//
//   ASSIGN_OR_RETURN(const std::string json, duel({"xgboost"}, plan, file, rows, arguments));
//   ASSIGN_OR_RETURN(const std::string text, duel_text(json));
//
// The Python of --python loads the model file, which executes what is in it: only what --against
// asks for, and said on stderr. A rival that is not installed, or does not take the model, is named
// with its reason, not an error. Errors: kInvalidArgument "app.option", kFailedPrecondition
// "app.rivals.*".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/arguments.h"
#include "base/result.h"
#include "frame/frame.h"
#include "plan/plan.h"

namespace slipway::app {

// The rivals that there are.
std::vector<std::string_view> rival_names();

// What is asked of them.
struct DuelRows {
  const std::vector<double>& values;  // encoded
  std::vector<std::size_t> batches;
  double seconds = 1;                   // per number of rows, all contenders together
  const frame::Frame* frame = nullptr;  // the same as they were given; none if they were drawn
};

// The script's answer, JSON: {"cells": [...], "left_out": [...]}; rivals_script.cc has the fields.
Result<std::string> duel(const std::vector<std::string>& rivals, const plan::Plan& plan,
                         const std::string& file, const DuelRows& rows, const Arguments& arguments);

// For people.
Result<std::string> duel_text(const std::string& json);

}  // namespace slipway::app
