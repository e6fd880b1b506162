// SPDX-License-Identifier: Apache-2.0
#include "data/prediction_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/text.h"
#include "data/prediction_layout.h"
#include "data/prediction_record.h"
#include "data/stored_column.h"
#include "frame/builder.h"
#include "store/log_reader.h"

namespace slipway::data {
namespace {

using frame::Type;
using frame::TypeId;

// The records of rows, each with its schema; what cannot be read is left out and told.
class Records {
 public:
  static Result<Records> open(const std::string& folder) {
    auto log = store::LogReader::open(folder);
    if (log) return Records(std::move(log).value());
    if (log.error().code() != Code::kNotFound) return std::move(log).error();
    return Error(Code::kNotFound, "data.no_prediction_log",
                 fmt::format("there is no prediction log in '{}': `slipway serve` writes one "
                             "unless it runs with --log off",
                             folder));
  }

  struct Item {
    const PredictionSchema* schema = nullptr;
    PredictionRows rows;
  };

  // nullopt at the end. The item is valid until the next call.
  Result<std::optional<Item>> next() {
    while (true) {
      ASSIGN_OR_RETURN(const auto record, log_.next());
      if (!record) break;
      auto decoded = decode_record(record->payload);
      if (!decoded) {
        report(fmt::format("segment {}: {}", record->segment, decoded.error().message()));
        continue;
      }
      if (auto* schema = std::get_if<PredictionSchema>(&decoded.value())) {
        schemas_.try_emplace(schema->id, std::move(*schema));
        continue;
      }
      const auto& rows = std::get<PredictionRows>(decoded.value());
      const auto known = schemas_.find(rows.schema_id);
      if (known != schemas_.end()) return std::optional(Item{&known->second, rows});
      report(fmt::format("segment {}: {} rows of unknown columns are left out", record->segment,
                         rows.rows));
    }
    for (; told_ < log_.damage().size(); ++told_) report(log_.damage()[told_].text());
    return std::optional<Item>();
  }

  void report(std::string text) { damage_.push_back(std::move(text)); }
  const std::vector<std::string>& damage() const { return damage_; }

 private:
  explicit Records(store::LogReader log) : log_(std::move(log)) {}

  store::LogReader log_;
  std::unordered_map<std::uint64_t, PredictionSchema> schemas_;
  std::size_t told_ = 0;  // of the log's own damage
  std::vector<std::string> damage_;
};

bool is_wanted(const PredictionQuery& query, const Records::Item& item) {
  return item.schema->model == query.model &&
         (!query.version || item.schema->version == *query.version) &&
         item.rows.time_us >= query.from_us && item.rows.time_us < query.until_us;
}

// All cells of a record, so that a bad one leaves no half row.
std::optional<std::vector<StoredCells>> cells_of(const Records::Item& item) {
  std::vector<StoredCells> cells;
  std::string_view bytes = item.rows.columns;
  for (const auto* schema : {&item.schema->inputs, &item.schema->outputs}) {
    for (const auto& field : schema->fields()) {
      auto read = read_cells(&bytes, field.type, item.rows.rows);
      if (!read) return std::nullopt;
      cells.push_back(*read);
    }
  }
  if (!bytes.empty() || cells.empty()) return std::nullopt;
  return cells;
}

class Predictions final : public PredictionStream {
 public:
  Predictions(Records records, PredictionQuery query, PredictionLayout layout)
      : records_(std::move(records)),
        query_(std::move(query)),
        layout_(std::move(layout)),
        schema_(std::make_shared<const frame::Schema>(layout_.fields())) {
    for (std::size_t i = PredictionLayout::kIdentityColumns; i < schema_->size(); ++i) {
      columns_.push_back(StoredColumn::make(schema_->fields()[i].type));
    }
  }

  const frame::Schema& schema() const override { return *schema_; }
  const std::vector<std::string>& damage() const override { return records_.damage(); }

  Result<std::optional<frame::Frame>> next() override {
    // By bytes too: a column of text holds less than 2 GiB.
    constexpr std::size_t kBytesMax = std::size_t{64} << 20;
    rows_ = 0;
    bytes_ = 0;
    while (rows_ < query_.batch_rows && bytes_ < kBytesMax) {
      ASSIGN_OR_RETURN(const auto item, records_.next());
      if (!item) break;
      if (is_wanted(query_, *item)) append(*item);
    }
    if (rows_ == 0) return std::optional<frame::Frame>();
    return std::optional(finish());
  }

 private:
  void append(const Records::Item& item) {
    const auto* places = layout_.places_of(item.schema->id);
    if (places == nullptr) return;  // first logged after the layout was made
    const auto cells = cells_of(item);
    if (!cells) {
      return records_.report(
          fmt::format("request '{}': its {} rows cannot be read and are left out",
                      item.rows.request_id, item.rows.rows));
    }
    append_identity(item);
    std::vector<bool> given(columns_.size());
    for (std::size_t i = 0; i < cells->size(); ++i) {
      const std::size_t at = (*places)[i] - PredictionLayout::kIdentityColumns;
      if (given[at]) continue;  // a name that occurs twice in one schema
      columns_[at]->append((*cells)[i]);
      given[at] = true;
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!given[i]) columns_[i]->append_nulls(item.rows.rows);
    }
    rows_ += item.rows.rows;
    bytes_ += item.rows.columns.size();
  }

  void append_identity(const Records::Item& item) {
    const PredictionRows& rows = item.rows;
    const std::string request(rows.request_id);
    for (std::int64_t row = 0; row < rows.rows; ++row) {
      ids_.append(rows.single ? request : fmt::format("{}/{}", request, rows.first_row + row));
      times_.append(rows.time_us);
      models_.append(item.schema->model);
      versions_.append(item.schema->version);
    }
  }

  frame::Frame finish() {
    std::vector<frame::Column> columns;
    columns.push_back(ids_.finish());
    columns.push_back(times_.finish(Type::of(TypeId::kTimestamp)));
    columns.push_back(models_.finish());
    columns.push_back(versions_.finish());
    for (const auto& column : columns_) columns.push_back(column->finish());
    return frame::Frame::trusted(schema_, std::move(columns), rows_);
  }

  Records records_;
  const PredictionQuery query_;
  const PredictionLayout layout_;
  const std::shared_ptr<const frame::Schema> schema_;  // every frame has the same one
  frame::StringBuilder ids_, models_, versions_;
  frame::FixedBuilder<std::int64_t> times_;
  std::vector<std::unique_ptr<StoredColumn>> columns_;
  std::int64_t rows_ = 0;  // in the batch that is being built
  std::size_t bytes_ = 0;  // of the records that they came from
};

Error not_logged(const std::string& folder, const PredictionQuery& query,
                 const std::vector<std::string>& models) {
  const std::string what = query.version
                               ? fmt::format("model '{}' version '{}'", query.model, *query.version)
                               : fmt::format("model '{}'", query.model);
  return Error(Code::kNotFound, "data.model_not_logged",
               fmt::format("the prediction log in '{}' holds nothing of {} in that time; it has {}",
                           folder, what, models.empty() ? "no predictions" : join(models, ", ")));
}

}  // namespace

Result<std::vector<LoggedModel>> list_predictions(const std::string& folder) {
  ASSIGN_OR_RETURN(Records records, Records::open(folder));
  std::map<std::pair<std::string, std::string>, LoggedModel> models;
  while (true) {
    ASSIGN_OR_RETURN(const auto item, records.next());
    if (!item) break;
    const std::int64_t time_us = item->rows.time_us;
    const auto [entry, added] = models.try_emplace({item->schema->model, item->schema->version},
                                                   LoggedModel{.model = item->schema->model,
                                                               .version = item->schema->version,
                                                               .first_us = time_us,
                                                               .last_us = time_us});
    LoggedModel& model = entry->second;
    model.rows += item->rows.rows;
    model.first_us = std::min(model.first_us, time_us);
    model.last_us = std::max(model.last_us, time_us);
  }
  std::vector<LoggedModel> listed;
  for (auto& [key, model] : models) listed.push_back(std::move(model));
  return listed;
}

Result<std::unique_ptr<PredictionStream>> read_predictions(const std::string& folder,
                                                           const PredictionQuery& query) {
  // Twice through the log: the columns must be known before the first row is given.
  ASSIGN_OR_RETURN(Records first, Records::open(folder));
  PredictionLayout layout;
  std::vector<std::string> models;
  bool any = false;
  while (true) {
    ASSIGN_OR_RETURN(const auto item, first.next());
    if (!item) break;
    if (std::find(models.begin(), models.end(), item->schema->model) == models.end()) {
      models.push_back(item->schema->model);
    }
    if (!is_wanted(query, *item)) continue;
    layout.add(*item->schema);
    any = true;
  }
  if (!any) return not_logged(folder, query, models);
  ASSIGN_OR_RETURN(Records records, Records::open(folder));
  return std::unique_ptr<PredictionStream>(
      std::make_unique<Predictions>(std::move(records), query, std::move(layout)));
}

}  // namespace slipway::data
