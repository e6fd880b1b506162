// Rows out: frames into a file of rows.
//
//   ASSIGN_OR_RETURN(auto out, data::write("scores.parquet", schema));
//   for (const auto& frame : frames) RETURN_IF_ERROR(out->write(frame));
//   RETURN_IF_ERROR(out->finish());
//
// Writes Parquet (zstd), CSV, TSV or JSON lines, by the file's suffix. The file appears under its
// name when finish() succeeds, complete; before that, and after an error, what was there is there
// still. Memory is bounded whatever the number of rows. The path "-" is standard output, for the
// text formats.
//
// Text forms: numbers in the fewest digits that read back to the same bits; dates and times in ISO
// 8601, times in UTC with a Z; a category as its text. CSV and TSV: a missing value is an empty
// cell, the empty text "" in quotes, NaN nan. JSON lines: missing and NaN are both null. Parquet
// keeps types, and null and NaN apart; a category is written as text.
//
// A sink belongs to one thread at a time. Errors: kInvalidArgument "data.format",
// "data.duplicate_column", "data.schema_differs", "data.binary_in_text"; kResourceExhausted
// "data.disk_full", "io.disk_full"; those of base/env.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/env.h"
#include "base/result.h"
#include "data/format.h"
#include "frame/frame.h"

namespace slipway::data {

struct WriteOptions {
  std::optional<Format> format;  // default: by the file's name; CSV on standard output
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  Env* env = nullptr;  // not owned; null means the machine's
};

Result<std::unique_ptr<frame::FrameSink>> write(const std::string& path,
                                                const frame::Schema& schema,
                                                const WriteOptions& options = {});

}  // namespace slipway::data
