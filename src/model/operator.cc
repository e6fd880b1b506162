// SPDX-License-Identifier: Apache-2.0
#include "model/operator.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace slipway::model {
namespace {

using Widths = std::span<const std::uint32_t>;

constexpr std::uint64_t kMaxWidth = std::uint64_t{1} << 26;

Error bad(const char* reason, std::string message) {
  return Error(Code::kInvalidArgument, reason, std::move(message));
}

Error sizes(std::string what) { return bad("model.graph.sizes", std::move(what)); }

Result<std::uint32_t> one_input(Widths in) {
  if (in.size() == 1) return in[0];
  return bad("model.graph.inputs", fmt::format("{} inputs, 1 expected", in.size()));
}

Result<std::uint32_t> width(std::uint64_t columns) {
  if (columns <= kMaxWidth) return static_cast<std::uint32_t>(columns);
  return bad("model.graph.width", fmt::format("{} columns, at most {}", columns, kMaxWidth));
}

// Offsets into a list: one more than owners, from 0, never falling, ending at its size.
Result<void> check_offsets(const Array<std::uint32_t>& begin, std::size_t owners,
                           std::size_t size) {
  if (begin.size() == owners + 1 && begin[0] == 0 && begin[owners] == size &&
      std::is_sorted(begin.begin(), begin.end()))
    return {};
  return bad("model.graph.offsets", fmt::format("{} offsets for {} owners do not rise from 0 to {}",
                                                begin.size(), owners, size));
}

Result<void> check_below(const Array<std::uint32_t>& indices, std::uint32_t limit) {
  const auto beyond = std::find_if(indices.begin(), indices.end(),
                                   [=](std::uint32_t index) { return index >= limit; });
  if (beyond == indices.end()) return {};
  return bad("model.graph.column", fmt::format("column {} of {}", *beyond, limit));
}

template <typename T>
Result<void> check_per_column(const Array<T>& values, std::uint32_t columns, const char* what) {
  if (values.size() == columns) return {};
  return sizes(fmt::format("{} {} for {} columns", values.size(), what, columns));
}

Result<std::uint32_t> width_of_op(const TreeEnsemble& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  if (op.width != columns) {
    return bad("model.graph.width",
               fmt::format("trees expect rows of {} columns, the input has {}", op.width, columns));
  }
  RETURN_IF_ERROR(check(op));
  return op.outputs;
}

Result<std::uint32_t> width_of_op(const Link&, Widths in) { return one_input(in); }

Result<std::uint32_t> width_of_op(const Select& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_below(op.columns, columns));
  return width(op.columns.size());
}

Result<std::uint32_t> width_of_op(const Concat&, Widths in) {
  std::uint64_t total = 0;
  for (const std::uint32_t columns : in) total += columns;
  return width(total);
}

Result<std::uint32_t> width_of_op(const Constant& op, Widths in) {
  RETURN_IF_ERROR(one_input(in));
  return width(op.values.size());
}

Result<std::uint32_t> width_of_op(const Lookup& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_offsets(op.begin, columns, op.keys.size()));
  RETURN_IF_ERROR(check_per_column(op.missing, columns, "missing values"));
  RETURN_IF_ERROR(check_per_column(op.otherwise, columns, "other values"));
  RETURN_IF_ERROR(check_per_column(op.refuse, columns, "refusals"));
  const bool refuses =
      std::any_of(op.refuse.begin(), op.refuse.end(), [](auto r) { return r != 0; });
  if (op.keys.size() != op.values.size() || (refuses && op.names.size() != columns))
    return sizes(fmt::format("{} keys, {} values, {} names", op.keys.size(), op.values.size(),
                             op.names.size()));
  return columns;
}

Result<std::uint32_t> width_of_op(const Indicator& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_per_column(op.widths, columns, "widths"));
  std::uint64_t total = 0;
  for (const std::uint32_t each : op.widths) total += each;
  return width(total);
}

Result<std::uint32_t> width_of_op(const Replace& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_per_column(op.from, columns, "values to replace"));
  RETURN_IF_ERROR(check_per_column(op.to, columns, "replacements"));
  return columns;
}

Result<std::uint32_t> width_of_op(const IsMissing& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_per_column(op.from, columns, "values"));
  return columns;
}

Result<std::uint32_t> width_of_op(const Require& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  if (op.names.size() != columns || op.who.size() != 1)
    return sizes(fmt::format("{} names for {} columns", op.names.size(), columns));
  return columns;
}

Result<std::uint32_t> width_of_op(const Arithmetic& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  if (op.operand.size() != 1) RETURN_IF_ERROR(check_per_column(op.operand, columns, "operands"));
  return columns;
}

Result<std::uint32_t> width_of_op(const Map&, Widths in) { return one_input(in); }

Result<std::uint32_t> width_of_op(const Combine&, Widths in) {
  if (in.size() == 2 && (in[0] == in[1] || in[0] == 1 || in[1] == 1)) return std::max(in[0], in[1]);
  return bad("model.graph.inputs", "two inputs of equal width, or one of one column, expected");
}

Result<std::uint32_t> width_of_op(const Reduce&, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  if (columns == 0) return sizes("a row without columns has no largest one");
  return std::uint32_t{1};
}

Result<std::uint32_t> width_of_op(const Bin& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_offsets(op.begin, columns, op.edges.size()));
  return columns;
}

Result<std::uint32_t> width_of_op(const Interpolate& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_offsets(op.begin, columns, op.x.size()));
  for (std::uint32_t c = 0; c < columns; ++c) {
    if (op.begin[c] == op.begin[c + 1]) return sizes(fmt::format("column {} has no points", c));
  }
  if (op.x.size() != op.y.size())
    return sizes(fmt::format("{} x for {} y", op.x.size(), op.y.size()));
  return columns;
}

Result<std::uint32_t> width_of_op(const Products& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  if (op.begin.empty()) return sizes("no products");
  RETURN_IF_ERROR(check_offsets(op.begin, op.begin.size() - 1, op.factors.size()));
  RETURN_IF_ERROR(check_below(op.factors, columns));
  return width(op.begin.size() - 1);
}

Result<std::uint32_t> width_of_op(const WeightedMedian& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_per_column(op.weights, columns, "weights"));
  if (columns == 0) return sizes("no columns to take the median of");
  return std::uint32_t{1};
}

Result<std::uint32_t> width_of_op(const MatMul& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  if (op.weights.size() != std::uint64_t{op.columns} * columns)
    return sizes(fmt::format("{} weights for {} x {}", op.weights.size(), columns, op.columns));
  if (!op.bias.empty()) RETURN_IF_ERROR(check_per_column(op.bias, op.columns, "biases"));
  return width(op.columns);
}

Result<std::uint32_t> width_of_op(const Distances& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  if (columns == 0 || op.points.size() % columns != 0)
    return sizes(fmt::format("{} coordinates of points with {}", op.points.size(), columns));
  return width(op.points.size() / columns);
}

Result<std::uint32_t> width_of_op(const Neighbors& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t points, one_input(in));
  if (op.values.size() != std::uint64_t{points} * op.columns || op.k > points)
    return sizes(
        fmt::format("{} values for {} points, {} nearest", op.values.size(), points, op.k));
  if (op.who.size() > 1) return sizes("rows are refused in one name");
  RETURN_IF_ERROR(check_per_column(op.empty, op.columns, "values for no neighbour"));
  return width(op.columns);
}

Result<std::uint32_t> width_of_op(const NearestMean& op, Widths in) {
  if (in.size() != 2 || in[0] != in[1])
    return bad("model.graph.inputs", "distances and as many values expected");
  if (op.k == 0 || op.k > in[0]) return sizes(fmt::format("{} nearest of {} points", op.k, in[0]));
  return std::uint32_t{1};
}

Result<std::uint32_t> width_of_op(const NeighborFill& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  if (columns == 0 || op.points.size() % columns != 0 || op.k == 0)
    return sizes(fmt::format("{} coordinates of points with {}", op.points.size(), columns));
  RETURN_IF_ERROR(check_per_column(op.otherwise, columns, "values for no neighbour"));
  return columns;
}

// That the input exists and is text is for model.cc to say.
Result<std::uint32_t> width_of_op(const TextCounts& op, Widths in) {
  constexpr std::uint32_t kLongestGram = 1000;
  RETURN_IF_ERROR(one_input(in));
  if (op.least < 1 || op.least > op.most || op.most > kLongestGram)
    return sizes(fmt::format("n-grams of {} to {}", op.least, op.most));
  if (op.begin.empty() != (op.hashed > 0))
    return sizes("either a vocabulary or a number of columns to hash into expected");
  if (op.hashed > 0) return width(op.hashed);
  RETURN_IF_ERROR(check_offsets(op.begin, op.begin.size() - 1, op.bytes.size()));
  return width(op.begin.size() - 1);
}

Result<std::uint32_t> width_of_op(const TextWeights& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  if (!op.weights.empty()) RETURN_IF_ERROR(check_per_column(op.weights, columns, "weights"));
  return columns;
}

// Which of its inputs are text is for model.cc to check.
Result<std::uint32_t> width_of_op(const HashColumns& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_below(op.inputs, columns));
  if (op.as.size() != op.inputs.size() || op.names.size() != op.inputs.size() || op.columns == 0)
    return sizes(fmt::format("{} inputs, {} names, {} columns", op.inputs.size(), op.names.size(),
                             op.columns));
  for (const HashedAs as : op.as)
    if (as > HashedAs::kText) return sizes("an input is hashed in no way that is known");
  return width(op.columns);
}

Result<void> check_ids(const Array<std::uint32_t>& ids, std::size_t tokens, bool none_too) {
  for (const std::uint32_t id : ids) {
    if (id >= tokens && !(none_too && id == Tokenize::kNone))
      return sizes(fmt::format("token {} of {}", id, tokens));
  }
  return {};
}

// As for TextCounts, the input is for model.cc to check; the steps' words are for the kernel, which
// passes over what it does not know: a reader has refused it.
Result<std::uint32_t> width_of_op(const Tokenize& op, Widths in) {
  constexpr std::uint32_t kLongest = 1 << 20;
  constexpr std::size_t kIds = std::size_t{1} << 31;  // added tokens are no pieces of words
  RETURN_IF_ERROR(one_input(in));
  if (op.length < 1 || op.length > kLongest || op.begin.empty())
    return sizes(fmt::format("{} tokens a row", op.length));
  const std::size_t tokens = op.begin.size() - 1;
  RETURN_IF_ERROR(check_offsets(op.begin, tokens, op.bytes.size()));
  RETURN_IF_ERROR(check_ids(op.merges, tokens, false));
  RETURN_IF_ERROR(check_ids(op.added_ids, kIds, false));
  RETURN_IF_ERROR(check_ids(op.frame, kIds, true));
  const bool known =
      op.unknown < tokens || (op.unknown == Tokenize::kNone && op.rule == TokenRule::kBpe);
  if (!known || op.merges.size() % 3 != 0 || op.normalizers.size() % 3 != 0 ||
      op.splitters.size() % 3 != 0 || (!op.affixes.empty() && op.affixes.size() != 2) ||
      op.added.size() != op.added_ids.size() || op.added.size() != op.added_flags.size() ||
      op.frame.size() != op.frame_types.size() || op.frame.size() > op.length ||
      std::count(op.frame.begin(), op.frame.end(), Tokenize::kNone) != 1)
    return sizes("its lists do not fit each other");
  return width(std::uint64_t{3} * op.length);
}

Result<std::uint32_t> width_of_op(const Splines& op, Widths in) {
  constexpr std::uint32_t kLargestDegree = 100;
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  RETURN_IF_ERROR(check_offsets(op.begin, columns, op.knots.size()));
  RETURN_IF_ERROR(check_per_column(op.edge, columns, "edges"));
  RETURN_IF_ERROR(check_per_column(op.reach, columns, "reaches"));
  if (op.names.size() != columns || op.degree > kLargestDegree)
    return sizes(fmt::format("{} names, degree {}", op.names.size(), op.degree));
  std::uint64_t total = 0;
  for (std::uint32_t c = 0; c < columns; ++c) {
    const std::uint64_t knots = op.begin[c + 1] - op.begin[c];
    const std::uint64_t splines = splines_of(knots, op.degree, op.beyond);
    if (splines == 0 || op.edge[c] >= knots || op.reach[c] > splines ||
        !std::is_sorted(op.knots.begin() + op.begin[c], op.knots.begin() + op.begin[c + 1]))
      return sizes(
          fmt::format("{} knots of column {} make no splines of degree {}", knots, c, op.degree));
    total += splines;
  }
  return width(total);
}

Result<std::uint32_t> width_of_op(const Pairs& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  const std::uint64_t pairs = std::uint64_t{op.classes} * (op.classes - 1) / 2;
  if (op.classes < 2 || pairs != columns)
    return sizes(fmt::format("{} decisions for {} classes", columns, op.classes));
  return width(op.classes);
}

// Values of all keys; each table's keys must rise, which also rules out that one comes twice.
Result<void> check_keys(const CategoryStatistics& op) {
  std::uint64_t values = 0;
  for (std::size_t t = 0; t < op.tables(); ++t) {
    const auto keys =
        op.keys.span().subspan(op.key_begin[t], op.key_begin[t + 1] - op.key_begin[t]);
    if (std::adjacent_find(keys.begin(), keys.end(), std::greater_equal<>()) != keys.end())
      return bad("model.graph.keys", fmt::format("the keys of table {} do not rise", t));
    values += std::uint64_t{op.widths[t]} * keys.size();
  }
  if (values == op.values.size()) return {};
  return sizes(fmt::format("{} values where the keys have {}", op.values.size(), values));
}

Result<std::uint32_t> width_of_op(const CategoryStatistics& op, Widths in) {
  ASSIGN_OR_RETURN(const std::uint32_t columns, one_input(in));
  const std::size_t tables = op.tables();
  RETURN_IF_ERROR(check_offsets(op.category_begin, tables, op.category_column.size()));
  RETURN_IF_ERROR(check_offsets(op.condition_begin, tables, op.condition_column.size()));
  RETURN_IF_ERROR(check_offsets(op.key_begin, tables, op.keys.size()));
  RETURN_IF_ERROR(check_below(op.category_column, columns));
  RETURN_IF_ERROR(check_below(op.condition_column, columns));
  if (op.condition_value.size() != op.condition_column.size() ||
      op.condition_rule.size() != op.condition_column.size())
    return sizes(fmt::format("{} conditions, {} values, {} rules", op.condition_column.size(),
                             op.condition_value.size(), op.condition_rule.size()));
  RETURN_IF_ERROR(check_keys(op));
  std::uint64_t total = 0;
  for (const std::uint32_t each : op.widths) total += each;
  if (total != op.otherwise.size())
    return sizes(fmt::format("{} values for unseen keys, {} columns", op.otherwise.size(), total));
  return width(total);
}

// ---- a whole ONNX graph ----

Result<void> check_tensors(std::size_t tensors, const Array<ElementType>& types,
                           const Array<std::uint32_t>& begin, std::size_t dims) {
  if (types.size() != tensors)
    return sizes(fmt::format("{} types for {} tensors", types.size(), tensors));
  const bool known = std::all_of(types.begin(), types.end(), [](ElementType type) {
    return static_cast<std::size_t>(type) < words(type).size();
  });
  if (!known) return bad("model.graph.type", "a tensor's type is none that there is");
  return check_offsets(begin, tensors, dims);
}

std::uint64_t columns_at(const Array<std::uint32_t>& begin, const Array<std::uint32_t>& dims,
                         std::size_t tensor) {
  return columns_of(dims.data() + begin[tensor], begin[tensor + 1] - begin[tensor]);
}

Result<void> check_sequences(const OnnxGraph& op, Widths in) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] != in[0] || op.input_begin[i + 1] != op.input_begin[i] + 1 ||
        op.input_type[i] == ElementType::kText)
      return sizes("sequences of tokens are tensors of one dim, as long as each other");
  }
  if (in.empty() || op.mask > in.size() || in[0] == 0) return sizes("no mask of tokens");
  return {};
}

Result<void> check_pooling(const OnnxGraph& op) {
  if (op.pooling.size() != op.outputs.size())
    return sizes(fmt::format("{} ways to pool {} tensors", op.pooling.size(), op.outputs.size()));
  for (std::size_t i = 0; i < op.pooling.size(); ++i) {
    if (op.pooling[i] == Pooling::kNone) continue;
    if (op.pooling[i] > Pooling::kMean || op.mask == 0 || !is_float(op.output_type[i]))
      return sizes(fmt::format("tensor '{}' cannot be pooled", op.outputs[i]));
  }
  return {};
}

// That the texts exist is for model.cc to say.
Result<std::uint32_t> width_of_op(const OnnxGraph& op, Widths in) {
  if (in.size() != op.inputs.size() || in.empty() || op.text_input.size() != in.size())
    return bad("model.graph.inputs",
               fmt::format("{} inputs for {} tensors", in.size(), op.inputs.size()));
  RETURN_IF_ERROR(
      check_tensors(op.inputs.size(), op.input_type, op.input_begin, op.input_dims.size()));
  RETURN_IF_ERROR(
      check_tensors(op.outputs.size(), op.output_type, op.output_begin, op.output_dims.size()));
  RETURN_IF_ERROR(check_pooling(op));
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::uint64_t columns = columns_at(op.input_begin, op.input_dims, i);
    if (op.input_type[i] != ElementType::kText && columns != in[i])
      return sizes(
          fmt::format("tensor '{}' has rows of {}, not of {}", op.inputs[i], columns, in[i]));
  }
  if (op.mask != 0) RETURN_IF_ERROR(check_sequences(op, in));
  if (op.label > op.outputs.size() || (op.label != 0) == op.classes.empty())
    return sizes("labels without classes, or classes without labels");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < op.outputs.size(); ++i)
    total += std::min(columns_at(op.output_begin, op.output_dims, i), kMaxWidth + 1);
  if (total == 0) return sizes("no columns come out");
  return width(total);
}

}  // namespace

std::string_view name_of(const Operator& op) {
  return std::visit([](const auto& some) { return std::string_view(some.kName); }, op);
}

Result<std::uint32_t> width_of(const Operator& op, std::span<const std::uint32_t> inputs) {
  return std::visit([&](const auto& some) { return width_of_op(some, inputs); }, op);
}

}  // namespace slipway::model
