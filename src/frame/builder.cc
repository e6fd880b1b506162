// SPDX-License-Identifier: Apache-2.0
#include "frame/builder.h"

#include <cstring>
#include <limits>
#include <utility>

namespace slipway::frame {

void ValidityBuilder::fill_present(std::int64_t count) {
  bits_.resize(static_cast<std::size_t>((count + 7) / 8));
  if (bits_.size() > 0) std::memset(bits_.as<std::byte>(), 0xFF, bits_.size());
}

Buffer ValidityBuilder::finish() {
  const bool any_null = std::exchange(nulls_, 0) > 0;
  length_ = 0;
  MutableBuffer bits = std::exchange(bits_, {});
  return any_null ? std::move(bits).freeze() : Buffer();
}

void BoolBuilder::append(bool value) {
  const auto row = static_cast<std::size_t>(validity_.length());
  if (row / 8 >= bits_.size()) bits_.resize(row / 8 + 1);
  if (value) bits_.as<unsigned char>()[row / 8] |= static_cast<unsigned char>(1U << (row % 8));
  validity_.append(true);
}

void BoolBuilder::append_null() {
  const auto row = static_cast<std::size_t>(validity_.length());
  if (row / 8 >= bits_.size()) bits_.resize(row / 8 + 1);
  validity_.append(false);
}

Column BoolBuilder::finish() {
  const std::int64_t length = validity_.length();
  return Column({.type = Type::of(TypeId::kBool),
                 .length = length,
                 .validity = validity_.finish(),
                 .values = std::move(bits_).freeze()});
}

void StringBuilder::push_end() {
  CHECK(characters_.size() <= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()));
  const auto end = static_cast<std::int32_t>(characters_.size());
  ends_.append(&end, sizeof(end));
}

void StringBuilder::append(std::string_view text) {
  if (ends_.size() == 0) push_end();
  characters_.append(text.data(), text.size());
  push_end();
  validity_.append(true);
}

void StringBuilder::append_null() {
  if (ends_.size() == 0) push_end();
  push_end();
  validity_.append(false);
}

Column StringBuilder::finish(TypeId id) {
  if (ends_.size() == 0) push_end();
  const std::int64_t length = validity_.length();
  return Column({.type = Type::of(id),
                 .length = length,
                 .validity = validity_.finish(),
                 .values = std::move(ends_).freeze(),
                 .characters = std::move(characters_).freeze()});
}

void DictionaryBuilder::append(std::string_view text) {
  const auto [entry, added] =
      codes_.try_emplace(std::string(text), static_cast<std::int32_t>(codes_.size()));
  if (added) entries_.append(text);
  indices_.append(entry->second);
}

void DictionaryBuilder::append_null() { indices_.append_null(); }

Column DictionaryBuilder::finish() {
  codes_.clear();
  auto dictionary = std::make_shared<const Column>(entries_.finish());
  Column::Parts parts = indices_.finish(Type::of(TypeId::kInt32)).parts();
  parts.type = Type::dictionary(TypeId::kInt32);
  parts.dictionary = std::move(dictionary);
  return Column(std::move(parts));
}

namespace {

template <typename T>
Column fixed_column(std::span<const T> values, TypeId id) {
  MutableBuffer bytes(values.size_bytes());
  if (!values.empty()) std::memcpy(bytes.as<T>(), values.data(), values.size_bytes());
  return column_of(id, std::move(bytes));
}

}  // namespace

Column column_of(TypeId id, MutableBuffer values) {
  const Type type = Type::of(id);
  return Column({.type = type,
                 .length = static_cast<std::int64_t>(values.size() / width_of(type)),
                 .values = std::move(values).freeze()});
}
Column column_of(std::span<const double> values) { return fixed_column(values, TypeId::kFloat64); }
Column column_of(std::span<const float> values) { return fixed_column(values, TypeId::kFloat32); }
Column column_of(std::span<const std::int64_t> values) {
  return fixed_column(values, TypeId::kInt64);
}

Column column_of(std::span<const std::string> values) {
  StringBuilder builder;
  for (const auto& value : values) builder.append(value);
  return builder.finish();
}

}  // namespace slipway::frame
