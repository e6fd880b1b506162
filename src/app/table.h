// Tables as commands read and write them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/read.h"
#include "frame/frame.h"
#include "plan/plan.h"

namespace slipway::app {

// Text formats have no types of their own: the model's inputs say what they should be read as.
data::ReadOptions read_options_for(const plan::Plan& plan);

// All rows in memory: for samples. Errors: above a million rows.
Result<frame::Frame> read_sample(const std::string& path, const data::ReadOptions& options = {});

// Rows of the whole source where it says so (Parquet); 0 if not known.
std::uint64_t rows_if_known(const std::string& path);

}  // namespace slipway::app
