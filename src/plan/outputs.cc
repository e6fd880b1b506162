// SPDX-License-Identifier: Apache-2.0
#include "plan/outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "frame/builder.h"

namespace slipway::plan {
namespace {

using frame::Column;
using frame::Field;
using frame::Type;
using frame::TypeId;
using model::ElementType;
using model::Outputs;
using model::Task;

Type value_type(const Outputs& outputs) {
  return Type::of(outputs.float32 ? TypeId::kFloat32 : TypeId::kFloat64);
}

std::string column_name(std::string_view base, std::size_t index, std::size_t width) {
  return width == 1 ? std::string(base) : fmt::format("{}_{}", base, index);
}

// Every `width`-th value from `first`, through `convert`, in the output's type.
template <typename T, typename Convert>
Column take_as(TypeId type, std::span<const double> values, std::size_t first, std::size_t width,
               Convert convert) {
  const std::size_t rows = values.size() / width;
  frame::MutableBuffer bytes(rows * sizeof(T));
  T* const taken = bytes.as<T>();
  for (std::size_t r = 0; r < rows; ++r)
    taken[r] = convert(static_cast<T>(values[r * width + first]));
  return frame::column_of(type, std::move(bytes));
}

template <typename Convert>
Column take(const Outputs& outputs, std::span<const double> values, std::size_t first,
            std::size_t width, Convert convert) {
  return outputs.float32 ? take_as<float>(TypeId::kFloat32, values, first, width, convert)
                         : take_as<double>(TypeId::kFloat64, values, first, width, convert);
}

// ---- one row's columns, as those of most requests: a piece of memory for all of them ----

class RowPiece {
 public:
  explicit RowPiece(std::size_t bytes)
      : memory_(std::make_shared_for_overwrite<std::byte[]>(bytes)) {}

  // A copy, at the next place for such values.
  template <typename T>
  frame::Buffer add(std::span<const T> values) {
    at_ = (at_ + alignof(T) - 1) / alignof(T) * alignof(T);
    std::byte* const to = memory_.get() + at_;
    std::memcpy(to, values.data(), values.size_bytes());
    at_ += values.size_bytes();
    return {memory_, to, values.size_bytes()};
  }

 private:
  const std::shared_ptr<std::byte[]> memory_;
  std::size_t at_ = 0;
};

template <typename T>
void append_numbers(TypeId type, std::span<const double> values, bool with_complement,
                    RowPiece* piece, std::vector<Column>* columns) {
  const auto add = [&](T value) {
    columns->emplace_back(
        Column::Parts{.type = Type::of(type), .length = 1, .values = piece->add<T>({&value, 1})});
  };
  if (with_complement) add(T{1} - static_cast<T>(values[0]));
  for (const double value : values) add(static_cast<T>(value));
}

// `label`: its text, if there are labels.
std::vector<Column> row_columns(const Outputs& outputs, std::span<const double> values,
                                const std::string* label) {
  std::array<std::int32_t, 2> ends{};
  if (label != nullptr) ends[1] = static_cast<std::int32_t>(label->size());
  const std::size_t text_bytes = sizeof ends + static_cast<std::size_t>(ends[1]);
  RowPiece piece(text_bytes + (values.size() + 2) * sizeof(double));  // one for what aligns them
  std::vector<Column> columns;
  columns.reserve(values.size() + 2);
  if (label != nullptr) {
    columns.emplace_back(Column::Parts{.type = Type::of(TypeId::kString),
                                       .length = 1,
                                       .values = piece.add<std::int32_t>(ends),
                                       .characters = piece.add<char>(*label)});
  }
  const bool with_complement = outputs.task == Task::kBinary && values.size() == 1;
  outputs.float32
      ? append_numbers<float>(TypeId::kFloat32, values, with_complement, &piece, &columns)
      : append_numbers<double>(TypeId::kFloat64, values, with_complement, &piece, &columns);
  return columns;
}

// ---- columns of tensors, in types of their own ----

// What comes out is no score with a link: there is nothing raw behind it.
bool has_own_tensors(const Outputs& outputs) {
  return outputs.task == Task::kTransform && !outputs.tensors.empty();
}

// The type of each column, in the order of the columns.
std::vector<ElementType> tensor_types(const Outputs& outputs) {
  std::vector<ElementType> types;
  for (const auto& tensor : outputs.tensors)
    types.insert(types.end(), model::columns_of(tensor), tensor.type);
  return types;
}

TypeId type_of(ElementType type) {
  static constexpr std::array kTypes{TypeId::kFloat32, TypeId::kFloat64, TypeId::kInt8,
                                     TypeId::kInt16,   TypeId::kInt32,   TypeId::kInt64,
                                     TypeId::kUInt8,   TypeId::kUInt16,  TypeId::kUInt32,
                                     TypeId::kUInt64,  TypeId::kBool,    TypeId::kString};
  return kTypes[static_cast<std::size_t>(type)];
}

// Each number is one that T holds: it came out of a tensor of T.
template <typename T>
Column integers(std::span<const double> values, std::size_t first, std::size_t width, TypeId type) {
  frame::FixedBuilder<T> builder;
  for (std::size_t at = first; at < values.size(); at += width)
    builder.append(static_cast<T>(values[at]));
  return builder.finish(Type::of(type));
}

Column bools(std::span<const double> values, std::size_t first, std::size_t width) {
  frame::BoolBuilder builder;
  for (std::size_t at = first; at < values.size(); at += width) builder.append(values[at] != 0);
  return builder.finish();
}

// Every `width`-th value from `first`.
Column numbers_of(ElementType type, std::span<const double> values, std::size_t first,
                  std::size_t width) {
  switch (type) {
    case ElementType::kInt8:
      return integers<std::int8_t>(values, first, width, TypeId::kInt8);
    case ElementType::kInt16:
      return integers<std::int16_t>(values, first, width, TypeId::kInt16);
    case ElementType::kInt32:
      return integers<std::int32_t>(values, first, width, TypeId::kInt32);
    case ElementType::kInt64:
      return integers<std::int64_t>(values, first, width, TypeId::kInt64);
    case ElementType::kUInt8:
      return integers<std::uint8_t>(values, first, width, TypeId::kUInt8);
    case ElementType::kUInt16:
      return integers<std::uint16_t>(values, first, width, TypeId::kUInt16);
    case ElementType::kUInt32:
      return integers<std::uint32_t>(values, first, width, TypeId::kUInt32);
    case ElementType::kUInt64:
      return integers<std::uint64_t>(values, first, width, TypeId::kUInt64);
    case ElementType::kBool:
      return bools(values, first, width);
    default:
      return take({.float32 = type == ElementType::kFloat32}, values, first, width,
                  [](auto value) { return value; });
  }
}

std::vector<Column> tensor_columns(const Outputs& outputs, std::span<const double> values,
                                   std::size_t width,
                                   std::span<const std::vector<std::string>> texts) {
  std::vector<Column> columns;
  for (const ElementType type : tensor_types(outputs)) {
    const std::size_t c = columns.size();
    const bool text = type == ElementType::kText && c < texts.size();
    columns.push_back(text ? frame::column_of(texts[c]) : numbers_of(type, values, c, width));
  }
  return columns;
}

// A graph from a file may compute anything, also no class at all.
std::size_t class_at(const std::vector<std::string>& classes, double number) {
  return number > 0 && number < static_cast<double>(classes.size())
             ? static_cast<std::size_t>(number)
             : 0;
}

constexpr auto kAsIs = [](auto value) { return value; };
constexpr auto kComplement = [](auto value) { return decltype(value){1} - value; };

// Of a row, whose class number is `given` unless its prediction tells it.
const std::string& label_text(const Outputs& outputs, std::span<const double> prediction,
                              const double* given) {
  return outputs.classes[given == nullptr ? label_of(outputs, prediction)
                                          : class_at(outputs.classes, *given)];
}

Column label_column(const Outputs& outputs, std::span<const double> predictions, std::size_t width,
                    std::span<const double> labels) {
  frame::StringBuilder builder;
  for (std::size_t row = 0; row * width < predictions.size(); ++row)
    builder.append(label_text(outputs, predictions.subspan(row * width, width),
                              labels.empty() ? nullptr : &labels[row]));
  return builder.finish();
}

// ---- several targets: their labels, then their probabilities ----

std::vector<std::string> target_names(const Outputs& outputs, std::string_view base) {
  std::vector<std::string> names;
  for (std::size_t j = 0; j < outputs.targets.size(); ++j) {
    for (const auto& name : outputs.targets[j])
      names.push_back(fmt::format("{}_{}_{}", base, j, name));
  }
  return names;
}

std::vector<std::string> target_margin_names(const Outputs& outputs, std::size_t margins) {
  if (margins == outputs.target_classes() && margins != outputs.targets.size())
    return target_names(outputs, "margin");
  std::vector<std::string> names;
  for (std::size_t j = 0; j < margins; ++j) names.push_back(fmt::format("margin_{}", j));
  return names;
}

std::vector<Field> target_fields(const Outputs& outputs, std::size_t predictions,
                                 std::size_t margins) {
  std::vector<Field> fields;
  const auto add = [&](std::string name, Type type) {
    fields.push_back({.name = std::move(name), .type = type, .nullable = false});
  };
  for (std::size_t j = 0; j < outputs.targets.size(); ++j)
    add(fmt::format("label_{}", j), Type::of(TypeId::kString));
  if (predictions > outputs.targets.size())
    for (std::string& name : target_names(outputs, "p")) add(std::move(name), value_type(outputs));
  for (std::string& name : target_margin_names(outputs, margins))
    add(std::move(name), value_type(outputs));
  return fields;
}

std::vector<Column> target_columns(const Outputs& outputs, std::span<const double> predictions,
                                   std::size_t width) {
  std::vector<Column> columns;
  const std::size_t targets = outputs.targets.size();
  for (std::size_t j = 0; j < targets; ++j) {
    frame::StringBuilder builder;
    for (std::size_t at = j; at < predictions.size(); at += width)
      builder.append(outputs.targets[j][class_at(outputs.targets[j], predictions[at])]);
    columns.push_back(builder.finish());
  }
  for (std::size_t j = targets; j < width; ++j)
    columns.push_back(take(outputs, predictions, j, width, kAsIs));
  return columns;
}

}  // namespace

bool is_classifier(const Outputs& outputs) {
  return outputs.task == Task::kBinary || outputs.task == Task::kMulticlass ||
         outputs.task == Task::kLabel || outputs.task == Task::kTargets;
}

std::size_t label_columns(const Outputs& outputs) {
  if (outputs.task == Task::kTargets) return outputs.targets.size();
  return is_classifier(outputs) ? 1 : 0;
}

std::size_t label_of(const Outputs& outputs, std::span<const double> prediction) {
  if (outputs.task == Task::kLabel) return class_at(outputs.classes, prediction[0]);
  if (prediction.size() == 1) return prediction[0] > 0.5 ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(prediction.begin(), prediction.end()) -
                                  prediction.begin());
}

std::vector<Field> output_fields(const Outputs& outputs, std::size_t predictions,
                                 std::size_t margins) {
  if (outputs.task == Task::kTargets) return target_fields(outputs, predictions, margins);
  std::vector<Field> fields;
  if (has_own_tensors(outputs)) margins = 0;
  const auto add = [&](std::string name, Type type) {
    fields.push_back({.name = std::move(name), .type = type, .nullable = false});
  };
  if (is_classifier(outputs)) {
    add("label", Type::of(TypeId::kString));
    if (outputs.task != Task::kLabel)
      for (const auto& name : outputs.classes) add("p_" + name, value_type(outputs));
  } else if (outputs.task == Task::kTransform) {
    const auto types = tensor_types(outputs);
    for (std::size_t j = 0; j < outputs.names.size(); ++j)
      add(outputs.names[j], types.empty() ? value_type(outputs) : Type::of(type_of(types[j])));
  } else {
    for (std::size_t j = 0; j < predictions; ++j)
      add(column_name("prediction", j, predictions), value_type(outputs));
  }
  for (std::size_t j = 0; j < margins; ++j) {
    const bool by_class = is_classifier(outputs) && margins == outputs.classes.size();
    add(by_class ? "margin_" + outputs.classes[j] : column_name("margin", j, margins),
        value_type(outputs));
  }
  return fields;
}

std::vector<Column> output_columns(const Outputs& outputs, std::span<const double> predictions,
                                   std::size_t width, const BesideNumbers& beside) {
  if (has_own_tensors(outputs)) return tensor_columns(outputs, predictions, width, beside.texts);
  if (outputs.task == Task::kTargets) return target_columns(outputs, predictions, width);
  if (predictions.size() == width && outputs.task != Task::kLabel) {
    const double* const given = beside.labels.empty() ? nullptr : beside.labels.data();
    return row_columns(outputs, predictions,
                       is_classifier(outputs) ? &label_text(outputs, predictions, given) : nullptr);
  }
  std::vector<Column> columns;
  if (is_classifier(outputs))
    columns.push_back(label_column(outputs, predictions, width, beside.labels));
  if (outputs.task == Task::kLabel) return columns;
  if (outputs.task == Task::kBinary && width == 1)
    columns.push_back(take(outputs, predictions, 0, 1, kComplement));
  for (std::size_t j = 0; j < width; ++j)
    columns.push_back(take(outputs, predictions, j, width, kAsIs));
  return columns;
}

void append_margins(const Outputs& outputs, std::span<const double> margins, std::size_t width,
                    std::vector<Column>* columns) {
  if (has_own_tensors(outputs)) return;
  for (std::size_t j = 0; j < width; ++j)
    columns->push_back(take(outputs, margins, j, width, kAsIs));
}

}  // namespace slipway::plan
