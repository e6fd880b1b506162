// The rows of a query as a stream of frames, in the order in which DuckDB gives them; memory is
// bounded whatever the number of rows.
//
//   ASSIGN_OR_RETURN(auto stream, open_query(session, sql, {.batch_rows = 16384}));
//   while (true) {
//     ASSIGN_OR_RETURN(const auto frame, stream->next());
//     if (!frame) break;
//   }
//
// Frames have up to batch_rows rows (rounded up to DuckDB's chunks of 2048), fewer where texts are
// long. A stream belongs to one thread at a time and may be dropped before its end.
// Errors: DuckDB's own, as `explain` turns them; those of columns.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/duckdb/session.h"
#include "frame/frame.h"

namespace slipway::data {

struct QueryOptions {
  std::int64_t batch_rows = 16384;
  std::vector<std::string> names;  // of the columns; empty: DuckDB's
  std::function<Error(Error)> explain = [](Error error) { return error; };
};

// Every column must have a type that we read (Session::describe tells). The session is shared with
// its streams, because it must outlive them; one of them is read at a time.
Result<std::unique_ptr<frame::FrameStream>> open_query(std::shared_ptr<Session> session,
                                                       const std::string& sql,
                                                       QueryOptions options);

// All rows of a small query.
Result<frame::Frame> fetch_rows(const std::shared_ptr<Session>& session, const std::string& sql);

}  // namespace slipway::data
