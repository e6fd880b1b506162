// A FlatBuffers message read in place, every access checked: the bytes are somebody else's.
//
//   ASSIGN_OR_RETURN(const FlatTable root, FlatTable::root(bytes));
//   ASSIGN_OR_RETURN(const int size, root.number<int>(0, 1));              // field 0, else 1
//   ASSIGN_OR_RETURN(const auto borders, root.numbers<float>(3));          // a copy; empty if absent
//   ASSIGN_OR_RETURN(const auto features, root.tables(4));
//
// Fields are known by their number in the schema. Views are valid while the bytes are. No
// recursion; nothing is allocated on the file's word. Errors: kInvalidArgument
// "model.catboost.flatbuffer" with the byte. Source: the FlatBuffers documentation, "Internals".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace slipway::model {

class FlatTable {
 public:
  static Result<FlatTable> root(std::string_view bytes);

  template <typename T>
  Result<T> number(unsigned field, T otherwise) const {
    const std::size_t at = field_at(field, sizeof(T));
    if (at == 0) return otherwise;
    ASSIGN_OR_RETURN(const std::string_view bytes, slice(at, sizeof(T)));
    return copy<T>(bytes.data());
  }

  // T: a number, or a struct of the schema, which lies in the file as in memory.
  template <typename T>
  Result<std::vector<T>> numbers(unsigned field) const {
    static_assert(std::is_trivially_copyable_v<T>);
    ASSIGN_OR_RETURN(const std::string_view bytes, vector(field, sizeof(T)));
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  Result<std::string_view> bytes(unsigned field) const { return vector(field, 1); }
  Result<std::string_view> text(unsigned field) const { return vector(field, 1); }  // "" if absent
  Result<std::optional<FlatTable>> table(unsigned field) const;
  Result<std::vector<FlatTable>> tables(unsigned field) const;
  Result<std::vector<std::string_view>> texts(unsigned field) const;

 private:
  FlatTable(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}

  template <typename T>
  static T copy(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }

  static Result<FlatTable> open(std::string_view bytes, std::size_t at);
  // Where the field lies; 0 if it is absent.
  std::size_t field_at(unsigned field, std::size_t size) const;
  Result<std::string_view> slice(std::size_t at, std::size_t size) const;
  // What the unsigned offset at `at` points to.
  Result<std::size_t> follow(std::size_t at) const;
  Result<std::string_view> vector(unsigned field, std::size_t width) const;
  Result<std::string_view> vector_at(std::size_t at, std::size_t width) const;
  // Where each element of a vector of offsets points to.
  Result<std::vector<std::size_t>> offsets(unsigned field) const;

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t fields_ = 0;  // where the vtable's field offsets begin
  std::size_t count_ = 0;   // how many it has
  std::size_t size_ = 0;    // of the table itself
};

}  // namespace slipway::model
