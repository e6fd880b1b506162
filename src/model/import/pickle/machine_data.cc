// Opcodes that push scalars and texts, build containers, and keep and fetch values; and the table
// of all opcodes, which needs their templates.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <bit>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"
#include "model/import/pickle/literals.h"
#include "model/import/pickle/machine.h"
#include "model/import/pickle/opcodes.h"

namespace slipway::model::pickle {

// --- scalars

Result<void> Machine::none() {
  push(Kind::kNone);
  return {};
}

template <bool kValue>
Result<void> Machine::boolean() {
  push(Kind::kBool)->integer = kValue ? 1 : 0;
  return {};
}

template <int kBytes>
Result<void> Machine::small_integer() {
  ASSIGN_OR_RETURN(const std::uint64_t value, stream_.number<kBytes>());
  push(Kind::kInt)->integer = static_cast<std::int64_t>(value);
  return {};
}

Result<void> Machine::signed_integer() {
  ASSIGN_OR_RETURN(const std::uint64_t value, stream_.number<4>());
  push(Kind::kInt)->integer = static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
  return {};
}

namespace {

void set_integer(Arena& arena, Node* node, Integer value) {
  node->integer = value.small;
  if (value.digits.empty()) return;
  node->kind = Kind::kBigInt;
  node->text = arena.keep(std::move(value.digits));
}

}  // namespace

Result<void> Machine::push_integer(std::string_view decimal_line) {
  ASSIGN_OR_RETURN(Integer value, decimal_integer(decimal_line, at_));
  RETURN_IF_ERROR(arena_.charge(value.digits.size(), at_));
  set_integer(arena_, push(Kind::kInt), std::move(value));
  return {};
}

Result<void> Machine::decimal() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.line());
  return push_integer(line);
}

Result<void> Machine::decimal_or_bool() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.line());
  if (line != "00" && line != "01") return push_integer(line);
  push(Kind::kBool)->integer = line == "01" ? 1 : 0;
  return {};
}

template <int kWidth>
Result<void> Machine::long_integer() {
  ASSIGN_OR_RETURN(const std::uint64_t size, stream_.number<kWidth>());
  if (kWidth == 4 && size > 0x7FFFFFFF)
    return damaged("model.pickle.number", at_, "a whole number with a negative length");
  ASSIGN_OR_RETURN(const std::string_view raw, stream_.take(size));
  ASSIGN_OR_RETURN(Integer value, binary_integer(raw, at_));
  RETURN_IF_ERROR(arena_.charge(value.digits.size(), at_));
  set_integer(arena_, push(Kind::kInt), std::move(value));
  return {};
}

Result<void> Machine::decimal_float() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.line());
  const auto value = parse_double(line);
  if (!value) return damaged("model.pickle.number", at_, "not a number");
  push(Kind::kFloat)->number = *value;
  return {};
}

Result<void> Machine::binary_float() {
  ASSIGN_OR_RETURN(const std::uint64_t swapped, stream_.number<8>());
  push(Kind::kFloat)->number = std::bit_cast<double>(__builtin_bswap64(swapped));
  return {};
}

// --- texts and bytes

Result<void> Machine::push_text(Kind kind, std::string_view text) {
  if (kind == Kind::kText && valid_utf8_prefix(text) != text.size())
    return damaged("model.pickle.text", at_, "a text that is not UTF-8");
  push(kind)->text = text;
  return {};
}

// A str of Python 2 may hold either; numpy's raw bytes came so.
Result<void> Machine::push_python2_string(std::string_view raw) {
  return push_text(is_ascii(raw) ? Kind::kText : Kind::kBytes, raw);
}

Result<void> Machine::quoted_string() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.line());
  ASSIGN_OR_RETURN(std::string text, unescape_quoted(line, at_));
  RETURN_IF_ERROR(arena_.charge(text.size(), at_));
  return push_python2_string(arena_.keep(std::move(text)));
}

Result<void> Machine::escaped_unicode() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.line());
  if (is_ascii(line) && line.find('\\') == std::string_view::npos)
    return push_text(Kind::kText, line);
  ASSIGN_OR_RETURN(std::string text, unescape_unicode(line, at_));
  RETURN_IF_ERROR(arena_.charge(text.size(), at_));
  return push_text(Kind::kText, arena_.keep(std::move(text)));
}

template <int kWidth>
Result<void> Machine::python2_string() {
  ASSIGN_OR_RETURN(const std::uint64_t size, stream_.number<kWidth>());
  ASSIGN_OR_RETURN(const std::string_view raw, stream_.take(size));
  return push_python2_string(raw);
}

template <int kWidth>
Result<void> Machine::unicode() {
  ASSIGN_OR_RETURN(const std::uint64_t size, stream_.number<kWidth>());
  ASSIGN_OR_RETURN(const std::string_view raw, stream_.take(size));
  return push_text(Kind::kText, raw);
}

template <int kWidth>
Result<void> Machine::bytes() {
  ASSIGN_OR_RETURN(const std::uint64_t size, stream_.number<kWidth>());
  ASSIGN_OR_RETURN(const std::string_view raw, stream_.take(size));
  return push_text(Kind::kBytes, raw);
}

// --- containers

template <Kind kKind>
Result<void> Machine::empty() {
  push(kKind);
  return {};
}

// Moves what lies on the stack from there on into the container.
Result<void> Machine::collect(Node* into, std::size_t from) {
  for (std::size_t i = from; i < stack_.size(); ++i)
    RETURN_IF_ERROR(arena_.hold(into, stack_[i], at_));
  auto& items = into->kind == Kind::kObject ? into->appended : into->items;
  items.insert(items.end(), stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end());
  stack_.resize(from);
  return {};
}

template <Kind kKind>
Result<void> Machine::from_mark() {
  ASSIGN_OR_RETURN(const std::size_t from, since_mark());
  Node* const made = arena_.make(kKind, at_);
  RETURN_IF_ERROR(collect(made, from));
  stack_.push_back(made);
  return {};
}

template <int kCount>
Result<void> Machine::tuple_of() {
  if (stack_.size() < fence() + kCount) return underflow();
  Node* const made = arena_.make(Kind::kTuple, at_);
  RETURN_IF_ERROR(collect(made, stack_.size() - kCount));
  stack_.push_back(made);
  return {};
}

Result<void> Machine::dict() {
  ASSIGN_OR_RETURN(const std::size_t from, since_mark());
  stack_.insert(stack_.begin() + static_cast<std::ptrdiff_t>(from), arena_.make(Kind::kDict, at_));
  return set_from(from + 1);
}

Result<void> Machine::append_from(std::size_t from) {
  if (from <= fence()) return underflow();
  Node* const into = stack_[from - 1];
  if (into->kind == Kind::kList || into->kind == Kind::kObject) return collect(into, from);
  return damaged("model.pickle.container", at_,
                 fmt::format("adds items to {}, which is no list", describe(*into)));
}

Result<void> Machine::append() {
  if (stack_.size() < fence() + 2) return underflow();
  return append_from(stack_.size() - 1);
}

Result<void> Machine::appends() {
  ASSIGN_OR_RETURN(const std::size_t from, since_mark());
  return append_from(from);
}

Result<void> Machine::add_items() {
  ASSIGN_OR_RETURN(const std::size_t from, since_mark());
  if (from <= fence()) return underflow();
  Node* const into = stack_[from - 1];
  if (into->kind == Kind::kSet || into->kind == Kind::kObject) return collect(into, from);
  return damaged("model.pickle.container", at_,
                 fmt::format("adds items to {}, which is no set", describe(*into)));
}

Result<void> Machine::set_from(std::size_t from) {
  if (from <= fence()) return underflow();
  Node* const into = stack_[from - 1];
  if (into->kind != Kind::kDict && into->kind != Kind::kObject) {
    return damaged("model.pickle.container", at_,
                   fmt::format("sets items of {}, which is no dict", describe(*into)));
  }
  if ((stack_.size() - from) % 2 != 0)
    return damaged("model.pickle.container", at_, "sets an item of a dict without its value");
  for (std::size_t i = from; i < stack_.size(); i += 2) {
    RETURN_IF_ERROR(arena_.hold(into, stack_[i], at_));
    RETURN_IF_ERROR(arena_.hold(into, stack_[i + 1], at_));
    into->entries.push_back({stack_[i], stack_[i + 1]});
  }
  stack_.resize(from);
  return {};
}

Result<void> Machine::set_item() {
  if (stack_.size() < fence() + 3) return underflow();
  return set_from(stack_.size() - 2);
}

Result<void> Machine::set_items() {
  ASSIGN_OR_RETURN(const std::size_t from, since_mark());
  return set_from(from);
}

// --- the memo

namespace {

Result<std::uint64_t> memo_index(std::string_view line, std::size_t offset) {
  const auto index = parse_int64(line);
  if (index && *index >= 0) return static_cast<std::uint64_t>(*index);
  return damaged("model.pickle.memo", offset, "a kept value without a number from 0");
}

}  // namespace

Result<void> Machine::put_line() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.line());
  ASSIGN_OR_RETURN(const std::uint64_t index, memo_index(line, at_));
  return keep_top(index);
}

Result<void> Machine::get_line() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.line());
  ASSIGN_OR_RETURN(const std::uint64_t index, memo_index(line, at_));
  return push_kept(index);
}

template <int kBytes>
Result<void> Machine::put() {
  ASSIGN_OR_RETURN(const std::uint64_t index, stream_.number<kBytes>());
  return keep_top(index);
}

template <int kBytes>
Result<void> Machine::get() {
  ASSIGN_OR_RETURN(const std::uint64_t index, stream_.number<kBytes>());
  return push_kept(index);
}

// --- the table

struct Machine::Opcodes {
  struct Row {
    unsigned char opcode;
    Handler handler;
  };
  static constexpr auto kRows = std::to_array<Row>({
      {'(', &Machine::mark},
      {'0', &Machine::pop_one},
      {'1', &Machine::pop_to_mark},
      {'2', &Machine::duplicate},
      // scalars
      {'N', &Machine::none},
      {0x88, &Machine::boolean<true>},
      {0x89, &Machine::boolean<false>},
      {'K', &Machine::small_integer<1>},
      {'M', &Machine::small_integer<2>},
      {'J', &Machine::signed_integer},
      {'I', &Machine::decimal_or_bool},
      {'L', &Machine::decimal},
      {0x8A, &Machine::long_integer<1>},
      {0x8B, &Machine::long_integer<4>},
      {'F', &Machine::decimal_float},
      {'G', &Machine::binary_float},
      // texts and bytes
      {'S', &Machine::quoted_string},
      {'T', &Machine::python2_string<4>},
      {'U', &Machine::python2_string<1>},
      {'V', &Machine::escaped_unicode},
      {'X', &Machine::unicode<4>},
      {0x8C, &Machine::unicode<1>},
      {0x8D, &Machine::unicode<8>},
      {'B', &Machine::bytes<4>},
      {'C', &Machine::bytes<1>},
      {0x8E, &Machine::bytes<8>},
      {0x96, &Machine::bytes<8>},
      // containers
      {'l', &Machine::from_mark<Kind::kList>},
      {']', &Machine::empty<Kind::kList>},
      {'a', &Machine::append},
      {'e', &Machine::appends},
      {'t', &Machine::from_mark<Kind::kTuple>},
      {')', &Machine::empty<Kind::kTuple>},
      {0x85, &Machine::tuple_of<1>},
      {0x86, &Machine::tuple_of<2>},
      {0x87, &Machine::tuple_of<3>},
      {'d', &Machine::dict},
      {'}', &Machine::empty<Kind::kDict>},
      {'s', &Machine::set_item},
      {'u', &Machine::set_items},
      {0x8F, &Machine::empty<Kind::kSet>},
      {0x90, &Machine::add_items},
      {0x91, &Machine::from_mark<Kind::kSet>},
      // the memo
      {'p', &Machine::put_line},
      {'q', &Machine::put<1>},
      {'r', &Machine::put<4>},
      {0x94, &Machine::memoize},
      {'g', &Machine::get_line},
      {'h', &Machine::get<1>},
      {'j', &Machine::get<4>},
      // names and calls
      {'c', &Machine::global},
      {0x93, &Machine::stack_global},
      {'R', &Machine::reduce},
      {0x81, &Machine::new_object},
      {0x92, &Machine::new_object_with_keywords},
      {'i', &Machine::instance},
      {'o', &Machine::object},
      {'b', &Machine::build},
      // the frame around it all
      {0x80, &Machine::protocol},
      {0x95, &Machine::frame},
      {0x97, &Machine::buffer},
      {0x98, &Machine::buffer},
      {'P', &Machine::persistent},
      {'Q', &Machine::persistent},
      {0x82, &Machine::extension},
      {0x83, &Machine::extension},
      {0x84, &Machine::extension},
  });

  static constexpr std::array<Handler, 256> by_byte() {
    std::array<Handler, 256> table{};
    for (const Row& row : kRows) table[row.opcode] = row.handler;
    return table;
  }
};

Machine::Handler handler_of(unsigned char opcode) {
  static constexpr auto kTable = Machine::Opcodes::by_byte();
  return kTable[opcode];
}

}  // namespace slipway::model::pickle
