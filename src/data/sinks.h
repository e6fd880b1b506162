// The sinks behind write.h, one for each kind of format.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "data/write.h"
#include "frame/frame.h"

namespace slipway::data {

// options.format is set.
Result<std::unique_ptr<frame::FrameSink>> write_text(const std::string& path,
                                                     const frame::Schema& schema,
                                                     const WriteOptions& options);
Result<std::unique_ptr<frame::FrameSink>> write_parquet(const std::string& path,
                                                        const frame::Schema& schema,
                                                        const WriteOptions& options);

// The frame has the columns that the file was begun with.
Result<void> check_same_schema(const frame::Schema& expected, const frame::Schema& found);

}  // namespace slipway::data
