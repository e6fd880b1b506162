// Rows in: files of rows as a stream of frames.
//
//   ASSIGN_OR_RETURN(auto rows, data::read("flights/*.parquet", {.columns = {"origin", "dest"}}));
//   while (true) {
//     ASSIGN_OR_RETURN(const auto frame, rows->next());
//     if (!frame) break;
//   }
//
// Reads CSV, TSV, JSON lines (also an array of objects) and Parquet: a file, a pattern or a folder;
// text formats also packed (.gz, .zst). Rows come in the order of the files' names, then of the
// file; memory is bounded whatever the size. No row: a schema and no frames.
//
// Parquet keeps its types exactly; several files with number types that differ meet in the wider
// one. Text has no types: `expected` gives them, and the other columns are guessed from the first
// 20,480 rows so that nothing is lost: whole numbers (no leading zero), numbers (at most 15 digits
// if whole), true/false, ISO dates and times, else text. A later cell that does not fit is an
// error, never rounded or dropped. A time with an offset becomes UTC, one without is UTC.
// In text an empty cell, quoted or not, is missing; NaN is the text nan. A JSON key that first
// occurs after those rows must be named in `columns` (and typed in `expected`) to be seen.
//
// The filter is SQL as DuckDB has it; it can open no other file. Safe from any thread; a stream
// belongs to one thread at a time. Errors name file, line and column: README.md has their reasons.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/format.h"
#include "frame/frame.h"

namespace slipway::data {

struct ReadOptions {
  std::vector<std::string> columns;             // in this order; empty: all, in the file's order
  std::string filter;                           // "distance > 500 and origin = 'JFK'"
  std::optional<Format> format;                 // default: by the file's name
  std::map<std::string, frame::Type> expected;  // text formats only; other columns are guessed
  std::vector<std::string> missing = {""};      // CSV and TSV: cells that mean missing
  bool header = true;                           // CSV and TSV; without: column0, column1, ...
  std::int64_t batch_rows = 2048;  // some of them are in flight: they decide the peak of memory
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  std::size_t threads = 0;  // 0: as the size suggests, at most the cores that we may use
};

Result<std::unique_ptr<frame::FrameStream>> read(const std::string& uri,
                                                 const ReadOptions& options = {});

struct TableColumn {
  std::string name;
  std::string sql_type;             // "BIGINT", "STRUCT", ...
  std::optional<frame::Type> type;  // none: such a column cannot be read, the others can
};

struct Table {
  Format format = Format::kParquet;
  std::vector<std::string> files;
  std::vector<TableColumn> columns;  // all, in the file's order
  std::optional<std::int64_t> rows;  // where the file says so: Parquet
};

// What read() would find, without reading the rows.
Result<Table> describe(const std::string& uri, const ReadOptions& options = {});

}  // namespace slipway::data
