// What of predictions goes on to a sink: a share of the requests, without the columns that are withheld.
//
//   SelectedPredictions selected(*log, {.share = 0.1, .withheld = {"ssn", "delay:carrier"}});
//   selected.accept(batch);                        // it is a PredictionSink
//
// Requests are drawn at random, each by itself, with all of its rows. A withheld column, of inputs or outputs, is left
// out as if there were none, for copies that shadows get (`delay~shadow`), too. Both cost nothing where they are not
// asked for. Never blocks; thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "frame/prediction.h"

namespace slipway::data {

struct PredictionSelection {
  double share = 1;                   // of the requests
  std::vector<std::string> withheld;  // names of columns; "MODEL:COLUMN" of one model's alone
};

class SelectedPredictions final : public frame::PredictionSink {
 public:
  // `next` outlives this.
  SelectedPredictions(frame::PredictionSink& next, PredictionSelection selection)
      : next_(next), selection_(std::move(selection)) {}

  void accept(const frame::PredictionBatch& batch) noexcept override;

 private:
  // Of frames of one schema: which columns stay, and the schema of these.
  struct Projection {
    std::string model;
    std::shared_ptr<const frame::Schema> from, to;
    std::vector<std::size_t> columns;
  };
  static constexpr std::size_t kProjectionsMax = 256;

  bool is_withheld(std::string_view model, std::string_view column) const;
  frame::Frame without(std::string_view model, const frame::Frame& frame) EXCLUDES(mutex_);
  const Projection& projection_of(std::string_view model,
                                  const std::shared_ptr<const frame::Schema>& schema)
      REQUIRES(mutex_);

  frame::PredictionSink& next_;
  const PredictionSelection selection_;
  Mutex mutex_;
  std::deque<Projection> projections_ GUARDED_BY(mutex_);
};

// The name of `withheld` that no model has; empty if there is none. `columns`: those of each model.
struct ColumnsOfModel {
  std::string model;
  std::vector<std::string> columns;
};
std::string unknown_column(const std::vector<std::string>& withheld,
                           const std::vector<ColumnsOfModel>& models);

}  // namespace slipway::data
