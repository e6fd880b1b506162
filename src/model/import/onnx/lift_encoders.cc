// Operators that encode texts and whole numbers.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/import/onnx/lift.h"

namespace slipway::model {
namespace {

using Kind = Lifted::Kind;

// Keys are written once per column.
Result<void> check_size(std::uint32_t columns, std::size_t keys) {
  if (std::uint64_t{columns} * keys <= std::uint64_t{1} << 22) return {};
  return not_lifted("an encoder has no end");
}

// Per column of numbers: the place of each among the keys, -1 for others.
Result<ValueId> places(const Lifted& x, const std::vector<std::int64_t>& keys, Lifter& lifter) {
  RETURN_IF_ERROR(check_size(x.width, keys.size()));
  Lookup lookup;
  std::vector<std::uint32_t> begin{0};
  std::vector<double> from, to;
  for (std::uint32_t c = 0; c < x.width; ++c) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      from.push_back(static_cast<double>(keys[i]));
      to.push_back(static_cast<double>(i));
    }
    begin.push_back(static_cast<std::uint32_t>(from.size()));
  }
  lookup.begin = std::move(begin);
  lookup.keys = std::move(from);
  lookup.values = std::move(to);
  lookup.missing = std::vector<double>(x.width, -1);
  lookup.otherwise = std::vector<double>(x.width, -1);
  lookup.refuse = std::vector<std::uint8_t>(x.width, 0);
  return lifter.add({x.id}, std::move(lookup));
}

// Texts or whole numbers, each column: the place among the keys that the node lists.
Result<ValueId> encoded(const OnnxNode& node, const std::vector<std::string>& texts,
                        const std::vector<std::int64_t>& numbers, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  if (!texts.empty() && !numbers.empty()) return not_lifted("an encoder lists texts and numbers");
  if (x->kind == Kind::kTexts && !texts.empty()) {
    std::vector<ValueId> columns;
    for (const std::uint32_t input : x->texts) {
      ASSIGN_OR_RETURN(columns.emplace_back(), lifter.codes(input, texts));
    }
    return columns.size() == 1 ? columns[0] : lifter.add(std::move(columns), Concat{});
  }
  ASSIGN_OR_RETURN(const Lifted whole, lifter.numbers(node, 0));
  const std::set<std::int64_t> distinct(numbers.begin(), numbers.end());
  if (whole.type != kOnnxInt64 || numbers.empty() || distinct.size() != numbers.size())
    return not_lifted(fmt::format("{} encodes {}", node.type, onnx_type_name(whole.type)));
  return places(whole, numbers, lifter);
}

Result<void> one_hot_encoder(const OnnxNode& node, Lifter& lifter) {
  const auto texts = texts_of(node, "cats_strings");
  const auto numbers = integers_of(node, "cats_int64s");
  if (integer_or(node, "zeros", 1) != 1) return not_lifted("OneHotEncoder refuses rows");
  ASSIGN_OR_RETURN(const ValueId place, encoded(node, texts, numbers, lifter));
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  const auto width = static_cast<std::uint32_t>(texts.size() + numbers.size());
  if (x->width != 1 && x->rank != 2) return not_lifted("OneHotEncoder of images");
  Lifted out{.type = kOnnxFloat, .width = width * x->width};
  out.rank = x->rank == 1 ? 2 : 3;
  RETURN_IF_ERROR(check_size(width, x->width));
  out.id = lifter.add({place}, Indicator{.widths = std::vector<std::uint32_t>(x->width, width)});
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> label_encoder(const OnnxNode& node, Lifter& lifter) {
  const auto texts = texts_of(node, "keys_strings");
  const auto numbers = integers_of(node, "keys_int64s");
  std::vector<double> values = reals_of(node, "values_floats");
  const bool real = !values.empty();
  for (const std::int64_t value : integers_of(node, "values_int64s"))
    values.push_back(static_cast<double>(value));
  if (values.size() != texts.size() + numbers.size() || values.empty())
    return not_lifted("LabelEncoder gives texts, or is of tensors");
  ASSIGN_OR_RETURN(const ValueId place, encoded(node, texts, numbers, lifter));
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  RETURN_IF_ERROR(check_size(x->width, values.size()));
  const double otherwise = real ? static_cast<float>(real_or(node, "default_float", -0.0))
                                : static_cast<double>(integer_or(node, "default_int64", -1));
  Lifted out{.type = real ? kOnnxFloat : kOnnxInt64, .width = x->width, .rank = x->rank};
  std::vector<double> from, to;
  std::vector<std::uint32_t> begin{0};
  for (std::uint32_t c = 0; c < x->width; ++c) {
    for (std::size_t i = 0; i < values.size(); ++i) from.push_back(static_cast<double>(i));
    to.insert(to.end(), values.begin(), values.end());
    begin.push_back(static_cast<std::uint32_t>(from.size()));
  }
  out.id = lifter.add({place}, Lookup{.begin = std::move(begin),
                                      .keys = std::move(from),
                                      .values = std::move(to),
                                      .missing = std::vector<double>(x->width, otherwise),
                                      .otherwise = std::vector<double>(x->width, otherwise),
                                      .refuse = std::vector<std::uint8_t>(x->width, 0)});
  lifter.give(node, 0, std::move(out));
  return {};
}

constexpr std::array kRules{LiftRule{"ai.onnx.ml", "OneHotEncoder", one_hot_encoder},
                            LiftRule{"ai.onnx.ml", "LabelEncoder", label_encoder}};

}  // namespace

std::span<const LiftRule> encoder_rules() { return kRules; }

}  // namespace slipway::model
