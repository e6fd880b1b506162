// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "deploy/realtime/cell.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::size_t kValuesMax = std::size_t{1} << 24;

template <typename... Args>
Error invalid(const char* reason, fmt::format_string<Args...> text, Args&&... args) {
  return Error(Code::kInvalidArgument, reason, fmt::format(text, std::forward<Args>(args)...));
}

// The column of scores to rank by: the only value, or the second class's probability.
Result<std::size_t> score_column(const Endpoint& endpoint) {
  const OutputLayout& layout = endpoint.layout;
  const std::size_t wanted = layout.is_classifier() ? 2 : 1;
  if (layout.values == wanted && layout.tensors.empty()) return layout.first_value() + wanted - 1;
  return invalid("realtime.ranking",
                 "'{}' cannot rank: one value a row, or two classes, expected; it gives {}",
                 endpoint.name(),
                 layout.is_classifier() ? fmt::format("{} classes", layout.values)
                                        : fmt::format("{} values", layout.values));
}

Result<void> read_candidate(JsonView candidate, JsonView context, std::size_t row,
                            const InputTable& inputs, RowBuilder* rows) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const InputColumn& column = inputs.columns()[i];
    const JsonView own = candidate.find(column.name);
    const JsonView value = own.is_missing() ? context.find(column.name) : own;
    if (value.is_missing()) {
      std::vector<std::string> names;
      for (const JsonView part : {candidate, context}) {
        for (const JsonMember member : part.object()) names.emplace_back(member.key);
      }
      return missing_column(column, names).with_context(fmt::format("candidate {}", row));
    }
    if (!put_json(value, inputs, i, row, rows))
      return bad_cell("candidate", row, column, value.describe());
  }
  return {};
}

}  // namespace

Result<RankingRequest> decode_ranking(JsonView root, const Endpoint& endpoint,
                                      DecodeScratch* scratch) {
  RETURN_IF_ERROR(score_column(endpoint));
  const JsonView candidates = root.find("candidates"), context = root.find("context");
  if (!candidates.is_array())
    return invalid("realtime.request",
                   "the body must be an object with an array 'candidates', and a 'context' for "
                   "what they share; "
                   "found {} there",
                   candidates.describe());
  if (!context.is_missing() && !context.is_object())
    return invalid("realtime.request", "'context' must be an object of columns, found {}",
                   context.describe());
  const JsonView top = root.find("top_k");
  if (!top.is_missing() && top.as_uint64().value_or(0) == 0)
    return invalid("realtime.request", "'top_k' must be a whole number from 1, found {}",
                   top.describe());
  // What can be seen without reading values, so that no memory is taken for rows that are not there.
  std::size_t row = 0;
  for (const JsonView candidate : candidates.array()) {
    if (!candidate.is_object())
      return invalid("realtime.request", "candidate {} must be an object of columns, found {}", row,
                     candidate.describe());
    ++row;
  }
  // A candidate may be a few bytes and have as many values as the context.
  if (row > kValuesMax / std::max<std::size_t>(endpoint.inputs.size(), 1))
    return invalid("realtime.request",
                   "at most {} candidates at a time for a model of {} columns, found {}",
                   kValuesMax / endpoint.inputs.size(), endpoint.inputs.size(), row);
  RowBuilder rows(endpoint.inputs, row, &scratch->rows);
  row = 0;
  for (const JsonView candidate : candidates.array())
    RETURN_IF_ERROR(read_candidate(candidate, context, row++, endpoint.inputs, &rows));
  return RankingRequest{&rows.finish(), static_cast<std::size_t>(top.as_uint64().value_or(0))};
}

void write_ranking(const Endpoint& endpoint, const frame::Frame& scores, std::size_t top,
                   std::string* out) {
  const auto count = static_cast<std::size_t>(scores.rows());
  const std::size_t at = score_column(endpoint).value();
  const bool is_float32 = endpoint.layout.is_float32;
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = is_float32 ? static_cast<double>(scores.column(at).values<float>()[i])
                           : scores.column(at).values<double>()[i];
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto before = [&](std::size_t a, std::size_t b) {
    const double left = values[a], right = values[b];
    if (left > right || right > left) return left > right;
    if ((left != left) != (right != right)) return right != right;
    return a < b;
  };
  const std::size_t wanted = top == 0 ? count : std::min(top, count);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted), order.end(),
                    before);
  JsonWriter json(out, {.pretty = false, .non_finite = JsonWriter::NonFinite::kToken});
  json.begin_object().key("ranking").begin_array();
  for (std::size_t i = 0; i < wanted; ++i) {
    json.begin_object().member("index", order[i]).key("score");
    is_float32 ? json.value(static_cast<float>(values[order[i]])) : json.value(values[order[i]]);
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace slipway::deploy::realtime
