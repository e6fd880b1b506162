// SPDX-License-Identifier: Apache-2.0
#include "deploy/oneoff/score.h"

#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/text.h"
#include "frame/builder.h"

namespace slipway::deploy::oneoff {
namespace {

using frame::Column;
using frame::Field;
using frame::Frame;
using frame::Schema;

constexpr const char* kIdColumn = "prediction_id";

// What stays the same for every frame of a run.
struct Run {
  const plan::Plan& plan;
  const ScoreOptions& options;
  plan::Binding binding;
  std::vector<std::size_t> keep;
  std::shared_ptr<const Schema> schema;
  std::atomic<std::int64_t>* model_cpu_ns;
};

// One frame on its way: filled by a thread of the pool, taken by the calling thread.
class Job {
 public:
  Job(Frame rows, std::int64_t first_row) : rows_(std::move(rows)), first_row_(first_row) {}

  void work(const Run& run) {
    auto scored = score(run);
    MutexLock lock(mutex_);
    scored_ = std::move(scored);
    done_.notify_all();
  }

  Result<Frame> take() {
    MutexLock lock(mutex_);
    while (!scored_) done_.wait(mutex_);
    return *std::move(scored_);
  }

 private:
  Result<Frame> score(const Run& run) const {
    std::int64_t scoring_ns = 0;
    auto outputs =
        run.plan.run(rows_, run.binding, {.raw = run.options.raw, .scoring_ns = &scoring_ns});
    *run.model_cpu_ns += scoring_ns;
    if (!outputs) {
      return std::move(outputs).error().with_context(
          fmt::format("rows {} to {}", first_row_, first_row_ + rows_.rows() - 1));
    }
    hand_over(run, outputs.value());
    return assemble(run, outputs.value());
  }

  frame::PredictionBatch batch_of(const Run& run, const Frame& outputs) const {
    return {.model = run.options.model,
            .version = run.plan.digest(),
            .request_id = run.options.run_id,
            .first_row = first_row_,
            .single = false,
            .time_us = run.options.time_us,
            .inputs = rows_,
            .outputs = outputs};
  }

  void hand_over(const Run& run, const Frame& outputs) const {
    for (frame::PredictionSink* sink : run.options.sinks) sink->accept(batch_of(run, outputs));
  }

  Frame assemble(const Run& run, const Frame& outputs) const {
    std::vector<Column> columns;
    if (run.options.with_id) {
      frame::StringBuilder ids;
      const auto batch = batch_of(run, outputs);
      for (std::int64_t row = 0; row < rows_.rows(); ++row) ids.append(prediction_id(batch, row));
      columns.push_back(ids.finish());
    }
    for (const std::size_t index : run.keep) columns.push_back(rows_.column(index));
    columns.insert(columns.end(), outputs.columns().begin(), outputs.columns().end());
    return Frame::trusted(run.schema, std::move(columns), rows_.rows());
  }

  const Frame rows_;
  const std::int64_t first_row_;
  Mutex mutex_;
  Condition done_;
  std::optional<Result<Frame>> scored_ GUARDED_BY(mutex_);
};

Result<std::vector<std::size_t>> columns_to_keep(const Schema& rows,
                                                 const std::vector<std::string>& names) {
  std::vector<std::size_t> kept;
  for (const auto& name : names) {
    const auto column = rows.find(name);
    if (!column) {
      const auto known = rows.names();
      const auto near = nearest(name, known);
      return Error(Code::kInvalidArgument, "oneoff.keep",
                   fmt::format("--keep names column '{}', which the rows do not have{}", name,
                               near ? fmt::format(" (did you mean '{}'?)", *near) : ""));
    }
    kept.push_back(*column);
  }
  return kept;
}

// Frames in order, each handed to the pool as soon as there is room.
class Pipeline {
 public:
  Pipeline(const Run& run, frame::FrameStream& rows, frame::FrameSink& out)
      : run_(run), rows_(rows), out_(out) {
    const std::size_t threads = run.options.pool == nullptr ? 0 : run.options.pool->size();
    limit_ = run.options.frames_in_flight > 0 ? run.options.frames_in_flight : 2 * threads + 2;
  }
  // Jobs still running look at `run_`: none may outlive the pipeline.
  ~Pipeline() {
    for (const auto& job : jobs_) (void)job->take().has_value();
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  Result<ScoreSummary> run() {
    while (true) {
      if (run_.options.cancelled && run_.options.cancelled()) {
        return Error(Code::kCancelled, "oneoff.cancelled", "interrupted; nothing was written");
      }
      ASSIGN_OR_RETURN(const bool more, fill());
      if (jobs_.empty() && !more) return ScoreSummary{.rows = written_};
      RETURN_IF_ERROR(write_oldest());
    }
  }

 private:
  Result<bool> fill() {
    while (!ended_ && jobs_.size() < limit_) {
      ASSIGN_OR_RETURN(std::optional<Frame> frame, rows_.next());
      ended_ = !frame.has_value();
      if (ended_) break;
      const std::int64_t first = read_;
      read_ += frame->rows();
      auto job = std::make_shared<Job>(*std::move(frame), first);
      jobs_.push_back(job);
      if (run_.options.pool != nullptr && run_.options.pool->size() > 0) {
        run_.options.pool->submit([job, this] { job->work(run_); });
      } else {
        job->work(run_);
      }
    }
    return !ended_;
  }

  Result<void> write_oldest() {
    const auto job = jobs_.front();
    auto frame = job->take();
    jobs_.pop_front();
    if (!frame) return std::move(frame).error();
    RETURN_IF_ERROR(out_.write(frame.value()));
    written_ += frame.value().rows();
    if (run_.options.progress) run_.options.progress(written_);
    return {};
  }

  const Run& run_;
  frame::FrameStream& rows_;
  frame::FrameSink& out_;
  std::size_t limit_;
  std::deque<std::shared_ptr<Job>> jobs_;  // shared with the pool's task
  bool ended_ = false;
  std::int64_t read_ = 0;
  std::int64_t written_ = 0;
};

}  // namespace

Result<Schema> score_schema(const plan::Plan& plan, const Schema& rows,
                            const ScoreOptions& options) {
  ASSIGN_OR_RETURN(const auto kept, columns_to_keep(rows, options.keep));
  std::vector<Field> fields;
  if (options.with_id)
    fields.push_back({.name = kIdColumn, .type = frame::Type::of(frame::TypeId::kString)});
  for (const std::size_t index : kept) fields.push_back(rows.fields()[index]);
  for (const Field& field : plan.output_schema({.raw = options.raw}).fields()) {
    if (Schema(fields).find(field.name)) {
      return Error(Code::kInvalidArgument, "oneoff.keep",
                   fmt::format("--keep names column '{}', but an output has that name: rename the "
                               "column in the rows",
                               field.name));
    }
    fields.push_back(field);
  }
  return Schema(std::move(fields));
}

Result<ScoreSummary> score(const plan::Plan& plan, frame::FrameStream& rows, frame::FrameSink& out,
                           const ScoreOptions& options) {
  ASSIGN_OR_RETURN(plan::Binding binding, plan.bind(rows.schema()));
  ASSIGN_OR_RETURN(auto keep, columns_to_keep(rows.schema(), options.keep));
  ASSIGN_OR_RETURN(Schema schema, score_schema(plan, rows.schema(), options));
  std::atomic<std::int64_t> model_cpu_ns = 0;
  const Run run{plan,
                options,
                std::move(binding),
                std::move(keep),
                std::make_shared<const Schema>(std::move(schema)),
                &model_cpu_ns};
  ASSIGN_OR_RETURN(ScoreSummary summary, Pipeline(run, rows, out).run());
  summary.model_cpu_ns = model_cpu_ns;
  return summary;
}

}  // namespace slipway::deploy::oneoff
