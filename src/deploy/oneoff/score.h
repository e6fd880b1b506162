// One-off: a table in, a table of predictions out, once.
//
//   ASSIGN_OR_RETURN(const ScoreSummary summary, score(*plan, *rows, *sink, {.keep = {"id"}, .pool
//   = &pool}));
//
// Frames are read and written in order by the calling thread and scored by the pool in between; at
// most `frames_in_flight` of them are in memory, so memory does not grow with the table. Outputs do
// not depend on threads. One run belongs to one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "frame/frame.h"
#include "frame/prediction.h"
#include "plan/plan.h"

namespace slipway::deploy::oneoff {

struct ScoreOptions {
  bool raw = false;
  std::vector<std::string> keep;  // input columns copied in front
  bool with_id = false;           // prediction_id first
  std::string run_id;             // what prediction ids start with; needed for with_id and sinks
  std::string model;              // names for the sinks
  std::int64_t time_us = 0;
  std::span<frame::PredictionSink* const> sinks;
  std::function<void(std::int64_t rows)> progress;  // rows done so far, from the calling thread
  std::function<bool()> cancelled;                  // asked between frames
  ThreadPool* pool = nullptr;                       // null: everything on the calling thread
  std::size_t frames_in_flight = 0;                 // 0: twice the pool's threads and two more
};

struct ScoreSummary {
  std::int64_t rows = 0;
  std::int64_t model_cpu_ns = 0;  // of the model's graph alone, all threads together
};

// The columns of what score() writes. Errors: a column to keep that is not there, or that has an
// output's name.
Result<frame::Schema> score_schema(const plan::Plan& plan, const frame::Schema& rows,
                                   const ScoreOptions& options);

// Reads `rows` to the end and writes each scored frame to `out`; out.finish() is the caller's.
// Errors: the stream's, the sink's, the plan's (with the row where one is known); kCancelled
// "oneoff.cancelled".
Result<ScoreSummary> score(const plan::Plan& plan, frame::FrameStream& rows, frame::FrameSink& out,
                           const ScoreOptions& options);

}  // namespace slipway::deploy::oneoff
