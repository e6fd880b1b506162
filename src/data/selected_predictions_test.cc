// SPDX-License-Identifier: Apache-2.0
#include "data/selected_predictions.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "frame/builder.h"

namespace slipway::data {
namespace {

using frame::Frame;

Frame frame_of(const std::vector<std::string>& names) {
  std::vector<frame::Field> fields;
  std::vector<frame::Column> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double value = static_cast<double>(i);
    columns.push_back(frame::column_of(std::span<const double>(&value, 1)));
    fields.push_back({.name = names[i], .type = columns.back().type()});
  }
  return Frame::make(frame::Schema(std::move(fields)), std::move(columns)).value();
}

class Kept final : public frame::PredictionSink {
 public:
  void accept(const frame::PredictionBatch& batch) noexcept override {
    std::string values;
    for (const frame::Column& column : batch.inputs.columns())
      values += std::to_string(static_cast<int>(column.values<double>()[0]));
    lines.push_back(std::string(batch.model) + " " + join(batch.inputs.schema().names(), ",") +
                    "=" + values + " -> " + join(batch.outputs.schema().names(), ","));
    schemas.push_back(batch.inputs.shared_schema());
  }
  std::vector<std::string> lines;
  std::vector<std::shared_ptr<const frame::Schema>> schemas;
};

void log(frame::PredictionSink* sink, const std::string& model, const Frame& inputs,
         const Frame& outputs) {
  sink->accept(
      {.model = model, .version = "v", .request_id = "r", .inputs = inputs, .outputs = outputs});
}

TEST(SelectedPredictions, WithheldColumnsAreLeftOutWhereverTheyAre) {
  Kept kept;
  SelectedPredictions selected(kept, {.withheld = {"ssn", "delay:carrier", "label", "a:b"}});
  const Frame inputs = frame_of({"distance", "ssn", "carrier", "a:b"});
  const Frame outputs = frame_of({"label", "p_1"});
  for (const char* model : {"delay", "delay~shadow", "other", "delay2"})
    log(&selected, model, inputs, outputs);
  log(&selected, "a", frame_of({"b", "c"}), outputs);
  EXPECT_EQ(kept.lines,
            (std::vector<std::string>{"delay distance=0 -> p_1", "delay~shadow distance=0 -> p_1",
                                      "other distance,carrier=02 -> p_1",
                                      "delay2 distance,carrier=02 -> p_1", "a c=1 -> p_1"}));
  // The log describes a schema once, by its address.
  log(&selected, "delay", inputs, outputs);
  EXPECT_EQ(kept.schemas.back(), kept.schemas.front());
}

TEST(SelectedPredictions, AShareOfTheRequestsGoesOn) {
  const Frame inputs = frame_of({"x"}), outputs = frame_of({"y"});
  for (const double share : {0.0, 0.3, 1.0}) {
    Kept kept;
    SelectedPredictions selected(kept, {.share = share, .withheld = {}});
    constexpr int kRequests = 20'000;
    for (int i = 0; i < kRequests; ++i) log(&selected, "delay", inputs, outputs);
    // Six standard deviations.
    EXPECT_NEAR(static_cast<double>(kept.lines.size()), share * kRequests, share == 0.3 ? 390 : 0);
  }
}

TEST(SelectedPredictions, ANameThatNoModelHasIsFound) {
  const std::vector<ColumnsOfModel> models{{"delay", {"carrier", "distance"}}, {"risk", {"age"}}};
  EXPECT_EQ(unknown_column({"carrier", "risk:age", "age"}, models), "");
  EXPECT_EQ(unknown_column({"carrier", "carier"}, models), "carier");
  EXPECT_EQ(unknown_column({"risk:carrier"}, models), "risk:carrier");
  EXPECT_EQ(unknown_column({"delay"}, models), "delay");
}

}  // namespace
}  // namespace slipway::data
