// What a pickle says, as a tree of values. A class or a function in it is a *name* and the
// arguments it would have been given; nothing is ever called.
//
//   ASSIGN_OR_RETURN(const Document document, read_pickle(bytes, owner));   // pickle.h
//   const Value* mean = document.root().attribute("mean_");
//   if (mean != nullptr && mean->kind == Kind::kArray) use(mean->array->bytes);
//
// Values belong to their Document and live as long as it; they may refer to each other in cycles.
// Immutable; safe to share between threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::model::pickle {

enum class Kind : std::uint8_t {
  kNone,
  kBool,    // integer: 0 or 1
  kInt,     // integer; beyond int64: kBigInt
  kBigInt,  // text: decimal digits
  kFloat,   // number
  kText,    // text: UTF-8
  kBytes,   // text: the bytes (bytes and bytearray)
  kList,    // items
  kTuple,   // items
  kSet,     // items (set and frozenset)
  kDict,    // entries, in order (dict, OrderedDict, defaultdict)
  kName,    // text: "package.module.Name" of a class or function
  kObject,  // text: the class or function that would make it; see below
  kArray,   // array: a numpy array; a numpy scalar is an array without dimensions
};

struct Value;

struct Entry {
  const Value* key = nullptr;
  const Value* value = nullptr;
};

// A column of a structured dtype.
struct Field {
  std::string name;
  char kind = 0;  // as NdArray::kind
  std::uint32_t offset = 0;
  std::uint32_t item_size = 0;
  bool big_endian = false;
};  // a record or an array inside a record: kind V, its bytes

struct NdArray {
  char kind = 0;  // numpy's: f i u b (bool) c (complex) O U S V (structured) M m
  std::uint32_t item_size = 0;
  bool big_endian = false;
  bool fortran_order = false;  // the data's order; never set for fewer than two dimensions
  std::vector<std::uint64_t> shape;
  std::string_view bytes;  // item_size * count, not for kind O; may lie in the mapped file
  std::string unit;        // kinds M and m only: "ns", "D", "25s"
  std::vector<const Value*> objects;  // kind O only, in C order
  std::vector<Field> fields;          // kind V only

  std::uint64_t count() const {
    std::uint64_t product = 1;
    for (const auto extent : shape) product *= extent;  // the reader has checked for overflow
    return product;
  }
};

struct Value {
  Kind kind = Kind::kNone;
  std::size_t offset = 0;  // of the opcode that made it, in the (unpacked) stream
  std::int64_t integer = 0;
  double number = 0;
  std::string_view text;

  // kObject: what __reduce__ or __newobj__ gave, left as it is. items: the arguments (keyword
  // arguments, if any, as a dict behind them); state: what BUILD was given; appended: list items that
  // were added; entries: dict items that were set. A dict's key that was set twice is there twice:
  // the last counts, and is what attribute() finds.
  std::vector<const Value*> items;
  std::vector<Entry> entries;
  std::vector<const Value*> appended;
  const Value* state = nullptr;

  std::shared_ptr<const NdArray> array;

  // kObject: an attribute of its state dict (of the second half, if the state is a pair of dicts);
  // kDict: the value of a text key. Null if there is none.
  const Value* attribute(std::string_view name) const;
};

// "a list of 3", "an array of float64, shape (4, 2)", "sklearn.pipeline.Pipeline": for messages.
std::string describe(const Value& value);

// The start of a text of the file, fit for a message: printable, and not all of a long one.
std::string shown(std::string_view text);

}  // namespace slipway::model::pickle
