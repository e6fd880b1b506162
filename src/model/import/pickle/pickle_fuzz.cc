// Any bytes give an error with a message, or a tree in which every array has the bytes that its shape and dtype say.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "model/import/pickle/pickle.h"

namespace {

namespace p = slipway::model::pickle;

void check_array(const p::NdArray& array) {
  const std::uint64_t count = array.count();
  if (array.kind == 'O' ? array.objects.size() != count
                        : array.bytes.size() != count * array.item_size)
    __builtin_trap();
  for (const p::Field& field : array.fields)
    if (field.offset + std::uint64_t{field.item_size} > array.item_size) __builtin_trap();
  if (array.fortran_order && array.shape.size() < 2) __builtin_trap();
}

// Reads every byte of what is referred to, so that the sanitizer sees a view beyond its memory.
unsigned sum_of(std::string_view bytes) {
  unsigned sum = 0;
  for (const char c : bytes) sum += static_cast<unsigned char>(c);
  return sum;
}

void push_children(const p::Value& value, std::vector<const p::Value*>* left) {
  left->insert(left->end(), value.items.begin(), value.items.end());
  left->insert(left->end(), value.appended.begin(), value.appended.end());
  for (const auto& entry : value.entries) {
    left->push_back(entry.key);
    left->push_back(entry.value);
  }
  if (value.state != nullptr) left->push_back(value.state);
  if (value.array == nullptr) return;
  left->insert(left->end(), value.array->objects.begin(), value.array->objects.end());
}

void check(const p::Document& document) {
  std::unordered_set<const p::Value*> seen;
  std::vector<const p::Value*> left{&document.root()};
  volatile unsigned sum = 0;
  while (!left.empty()) {
    const p::Value& value = *left.back();
    left.pop_back();
    if (!seen.insert(&value).second) continue;
    if ((value.kind == p::Kind::kArray) != (value.array != nullptr)) __builtin_trap();
    if (value.array != nullptr) {
      check_array(*value.array);
      sum = sum + sum_of(value.array->bytes);
    }
    sum = sum + sum_of(value.text);
    if (p::describe(value).empty() || value.offset > document.size()) __builtin_trap();
    if (value.attribute("x") == &value) sum = sum + 1;
    push_children(value, &left);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const p::Limits limits{.max_values = 20'000,
                         .max_depth = 100,
                         .max_unpacked_bytes = std::size_t{1} << 22,
                         .max_expansion = 1000};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto document = p::read_pickle(bytes, nullptr, limits);
  if (document) {
    check(document.value());
  } else if (document.error().message().empty()) {
    __builtin_trap();
  }
  return 0;
}
