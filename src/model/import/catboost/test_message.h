// FlatBuffers messages for tests, put together by hand.
//
//   Message m(4);                                   // a root table of 4 fields
//   m.set(m.root(), 1, std::int32_t{7});
//   m.text(m.root(), 0, "hello");
//   const std::size_t child = m.table(m.root(), 2, 3);
//   m.bytes                                          // the message so far
//
// Every field has 8 bytes of its own; what a field points to is appended.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::model {

class Message {
 public:
  explicit Message(unsigned fields) : bytes(4, '\0') {
    root_ = append_table(fields);
    put(0, static_cast<std::uint32_t>(root_));
  }

  std::size_t root() const { return root_; }

  template <typename T>
  void set(std::size_t table, unsigned field, T value) {
    show(table, field);
    put(slot(table, field), value);
  }
  std::size_t table(std::size_t parent, unsigned field, unsigned fields) {
    const std::size_t at = append_table(fields);
    point(parent, field, at);
    return at;
  }
  template <typename T>
  void list(std::size_t table, unsigned field, const std::vector<T>& values) {
    append_list(table, field,
                {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)},
                values.size());
  }
  void text(std::size_t table, unsigned field, std::string_view text) {
    append_list(table, field, text, text.size());
  }
  // Tables of `fields` fields each.
  std::vector<std::size_t> tables(std::size_t parent, unsigned field, std::size_t count,
                                  unsigned fields) {
    const std::size_t list_at = bytes.size();
    list(parent, field, std::vector<std::uint32_t>(count));
    std::vector<std::size_t> made;
    for (std::size_t i = 0; i < count; ++i) {
      made.push_back(append_table(fields));
      const std::size_t at = list_at + 4 * (i + 1);
      put(at, static_cast<std::uint32_t>(made.back() - at));
    }
    return made;
  }

  template <typename T>
  void put(std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }

  std::string bytes;

 private:
  // The vtable with all fields absent, then the table.
  std::size_t append_table(unsigned fields) {
    const std::size_t vtable = bytes.size();
    const std::size_t at = vtable + 4 + 2 * fields;
    bytes.resize(at + 4 + 8 * fields);
    put(vtable, static_cast<std::uint16_t>(4 + 2 * fields));
    put(vtable + 2, static_cast<std::uint16_t>(4 + 8 * fields));
    put(at, static_cast<std::int32_t>(at - vtable));
    return at;
  }
  static std::size_t slot(std::size_t table, unsigned field) { return table + 4 + 8 * field; }
  void show(std::size_t table, unsigned field) {
    std::int32_t distance;
    std::memcpy(&distance, bytes.data() + table, sizeof distance);
    put(table - static_cast<std::size_t>(distance) + 4 + 2 * field,
        static_cast<std::uint16_t>(4 + 8 * field));
  }
  void point(std::size_t table, unsigned field, std::size_t target) {
    set(table, field, static_cast<std::uint32_t>(target - slot(table, field)));
  }
  void append_list(std::size_t table, unsigned field, std::string_view content, std::size_t count) {
    point(table, field, bytes.size());
    bytes.resize(bytes.size() + 4);
    put(bytes.size() - 4, static_cast<std::uint32_t>(count));
    bytes += content;
  }

  std::size_t root_ = 0;
};

}  // namespace slipway::model
