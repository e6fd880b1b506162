// SPDX-License-Identifier: Apache-2.0
#include "app/sample_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"
#include "frame/builder.h"

namespace slipway::app {
namespace {

using frame::Column;
using frame::Frame;
using model::Input;
using model::InputKind;

// Steele, Lea and Flood's SplitMix64: the same draws everywhere.
class Draws {
 public:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }

 private:
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  std::uint64_t state_ = 20240229;
};

// Values worth trying in each column: what trees compare it with, and the numbers beside. Trees that
// read a made column say nothing of inputs, but their thresholds do no harm.
std::vector<std::vector<double>> thresholds_of(const model::Model& model) {
  constexpr std::size_t kEnough = 1000;
  std::vector<std::vector<double>> out(model.inputs.size());
  for (const model::Node& node : model.nodes) {
    const auto* trees = std::get_if<model::TreeEnsemble>(&node.op);
    if (trees == nullptr) continue;
    for (std::size_t s = 0; s < trees->splits(); ++s) {
      const std::uint32_t column = trees->feature[s];
      if (trees->rule[s].is_category() || column >= out.size() || out[column].size() > kEnough)
        continue;
      const double at = trees->threshold[s];
      const double infinity = std::numeric_limits<double>::infinity();
      out[column].insert(out[column].end(),
                         {at, std::nextafter(at, infinity), std::nextafter(at, -infinity)});
    }
  }
  return out;
}

double number(const std::vector<double>& thresholds, bool missing_too, Draws& draws) {
  constexpr std::array<double, 12> kPlain{0, 1, 2, -1, 0.5, -0.25, 3, 7, 10, 42, 100, 1234.5};
  if (missing_too && draws.below(12) == 0) return std::numeric_limits<double>::quiet_NaN();
  if (!thresholds.empty() && draws.below(3) != 0) return thresholds[draws.below(thresholds.size())];
  return kPlain[draws.below(kPlain.size())];
}

// Words that its vectorizers know, if they have a vocabulary.
std::vector<std::string> words_of(const model::Model& model) {
  std::vector<std::string> words{"a", "the", "slipway", "word"};
  for (const model::Node& node : model.nodes) {
    const auto* counts = std::get_if<model::TextCounts>(&node.op);
    if (counts == nullptr) continue;
    const auto* bytes = reinterpret_cast<const char*>(counts->bytes.data());
    for (std::size_t i = 0; i + 1 < counts->begin.size() && words.size() < 1000; ++i)
      words.emplace_back(bytes + counts->begin[i], counts->begin[i + 1] - counts->begin[i]);
  }
  return words;
}

std::string some_words(const std::vector<std::string>& words, Draws& draws) {
  std::string text;
  for (std::size_t i = draws.below(8); i < 8; ++i) text += words[draws.below(words.size())] + " ";
  return text;
}

Column texts(const Input& input, const std::vector<std::string>& words, std::int64_t count,
             bool strangers, Draws& draws) {
  frame::StringBuilder builder;
  for (std::int64_t row = 0; row < count; ++row) {
    if (input.kind == InputKind::kText && input.categories.empty()) {
      builder.append(some_words(words, draws));
    } else if (input.categories.empty() || (strangers && draws.below(10) == 0)) {
      builder.append(words[draws.below(std::min<std::size_t>(words.size(), 4))]);
    } else {
      builder.append(input.categories[draws.below(input.categories.size())]);
    }
  }
  return builder.finish();
}

Column numbers(const Input& input, const std::vector<double>& thresholds, std::int64_t count,
               bool strangers, Draws& draws) {
  std::vector<double> values;
  for (std::int64_t row = 0; row < count; ++row) {
    if (input.categories.empty()) {
      values.push_back(number(thresholds, strangers, draws));
    } else {
      values.push_back(
          parse_double(input.categories[draws.below(input.categories.size())]).value_or(0));
    }
  }
  return frame::column_of(values);
}

Column bools(std::int64_t count, Draws& draws) {
  frame::BoolBuilder builder;
  for (std::int64_t row = 0; row < count; ++row) builder.append(draws.below(2) == 1);
  return builder.finish();
}

Result<Frame> drawn(const plan::Plan& plan, std::int64_t count, bool strangers, Draws& draws) {
  const auto thresholds = thresholds_of(plan.model());
  const auto words = words_of(plan.model());
  std::vector<Column> columns;
  for (std::size_t i = 0; i < plan.model().inputs.size(); ++i) {
    const Input& input = plan.model().inputs[i];
    switch (plan.input_schema().fields()[i].type.id) {
      case frame::TypeId::kString:
        columns.push_back(texts(input, words, count, strangers, draws));
        break;
      case frame::TypeId::kBool:
        columns.push_back(bools(count, draws));
        break;
      default:
        columns.push_back(numbers(input, thresholds[i], count, strangers, draws));
    }
  }
  return Frame::make(plan.input_schema(), std::move(columns));
}

// The rows that the model takes.
Result<std::vector<std::int64_t>> taken(const plan::Plan& plan, const Frame& rows) {
  ASSIGN_OR_RETURN(const plan::Binding binding, plan.bind(rows.schema()));
  std::vector<std::int64_t> kept;
  for (std::int64_t row = 0; row < rows.rows(); ++row)
    if (plan.run(rows.slice(row, 1), binding)) kept.push_back(row);
  return kept;
}

// Columns of a frame that was drawn are numbers, texts or bools.
Column picked(const Column& column, const std::vector<std::int64_t>& rows) {
  if (column.type().id == frame::TypeId::kString) {
    frame::StringBuilder builder;
    for (const std::int64_t row : rows) builder.append(column.text_at(row));
    return builder.finish();
  }
  if (column.type().id == frame::TypeId::kBool) {
    frame::BoolBuilder builder;
    for (const std::int64_t row : rows) builder.append(column.bool_at(row));
    return builder.finish();
  }
  std::vector<double> values;
  for (const std::int64_t row : rows)
    values.push_back(column.values<double>()[static_cast<std::size_t>(row)]);
  return frame::column_of(values);
}

}  // namespace

Result<Frame> sample_rows(const plan::Plan& plan, std::int64_t count) {
  Draws draws;
  for (const bool strangers : {true, false}) {
    ASSIGN_OR_RETURN(const Frame rows, drawn(plan, count, strangers, draws));
    ASSIGN_OR_RETURN(const auto kept, taken(plan, rows));
    // A model that refuses most of them does not take what is missing or unknown.
    if (static_cast<std::int64_t>(kept.size()) < (strangers ? count / 4 : 1)) continue;
    std::vector<Column> columns;
    for (const Column& column : rows.columns()) columns.push_back(picked(column, kept));
    return Frame::make(plan.input_schema(), std::move(columns));
  }
  return Error(Code::kFailedPrecondition, "app.sample",
               "the model refuses every row that could be drawn for it: give some with --rows");
}

}  // namespace slipway::app
