// JSON in: a parsed document, and cheap views into it.
//
//   ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(text));
//   std::optional<double> eta = document.root().find("learner").find("eta").as_double();
//   for (JsonView tree : root.find("trees").array()) ...
//   for (auto [key, value] : root.object()) ...            // document order
//
// A JsonView is a pointer and an index: copy it, ask it anything. It answers for the kind it is and
// says no (nullopt, an empty range, a kMissing view) for every other, so that a chain of find()
// needs one check, at its end. It is valid while its document lives, or until its parser's next
// parse.
//
// Numbers: integers that fit int64 or uint64 stay exact; longer ones are read as the nearest
// double; a number beyond the range of double is refused; one too small for it is zero. "-0" is the
// integer 0, "-0.0" is minus zero. Errors: kInvalidArgument with line and column. Views are safe to
// read from many threads; a parser is for one. Strings and numbers are simdjson's work (Langdale
// and Lemire, "Parsing Gigabytes of JSON per Second", 2019); a view reads its tape, whose layout
// simdjson documents and json_test.cc pins.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace slipway {

enum class JsonKind : unsigned char {
  kMissing,
  kNull,
  kBool,
  kInt64,
  kUint64,
  kDouble,
  kString,
  kArray,
  kObject,
};

struct JsonLimits {
  std::size_t max_depth = 100;                   // containers inside containers; Triton's limit
  std::size_t max_bytes = std::size_t{1} << 30;  // parsing takes about 14 times the text
  std::size_t keep_bytes = std::size_t{1}
                           << 20;  // a JsonParser gives back what a larger text needed
  bool nan_and_infinity = false;   // take Python's NaN, Infinity, -Infinity as numbers
};

// Bytes that must be readable (not meaningful) after a text that is parsed in place.
inline constexpr std::size_t kJsonPadding = 64;

// What the views point to. Internal, public only because views are inline.
struct JsonTape {
  const std::uint64_t* words = nullptr;  // tag in the top byte, payload below it
  const char* strings = nullptr;         // 4 bytes of length, then the bytes
};

class JsonArray;
class JsonObject;

class JsonView {
 public:
  JsonView() = default;  // kMissing
  JsonView(const JsonTape* tape, std::size_t index) : tape_(tape), index_(index) {}

  JsonKind kind() const;
  bool is_missing() const { return tape_ == nullptr; }
  bool is_null() const { return tag() == 'n'; }
  bool is_string() const { return tag() == '"'; }
  bool is_array() const { return tag() == '['; }
  bool is_object() const { return tag() == '{'; }
  bool is_number() const { return tag() == 'd' || tag() == 'l' || tag() == 'u'; }

  std::optional<bool> as_bool() const;
  std::optional<double> as_double() const;       // any number; integers beyond 2^53 are rounded
  std::optional<std::int64_t> as_int64() const;  // integers that fit; 3.0 is not one
  std::optional<std::uint64_t> as_uint64() const;
  std::optional<std::string_view> as_string() const;  // UTF-8, may hold NUL

  // Items or members; 0 for everything else. Constant time up to 16 million, then linear.
  std::size_t size() const;
  JsonArray array() const;
  JsonObject object() const;

  // The first member of that name, looked for one by one: for objects of many keys iterate instead.
  JsonView find(std::string_view key) const;

  // A flat array of exactly out.size() numbers, null as NaN. False if it is anything else; `out` is
  // then unspecified.
  bool read_doubles(std::span<double> out) const;

  // A key that occurs twice, for formats where that is an error (find() would silently take the
  // first).
  std::optional<std::string_view> duplicate_key() const;

  // "null", "a string", ...: for messages of the form "expected X, found Y".
  std::string_view describe() const;

 private:
  friend class JsonArray;
  friend class JsonObject;

  std::uint64_t word() const { return tape_->words[index_]; }
  char tag() const { return tape_ == nullptr ? '\0' : static_cast<char>(word() >> 56); }
  std::uint64_t payload() const { return word() & 0x00FFFFFFFFFFFFFFu; }
  std::string_view text() const {
    const char* at = tape_->strings + payload();
    std::uint32_t length;
    std::memcpy(&length, at, sizeof length);
    return {at + sizeof length, length};
  }
  std::size_t next() const {  // index of what follows this value
    const char t = tag();
    if (t == '[' || t == '{') return static_cast<std::uint32_t>(word());
    return index_ + (t == 'd' || t == 'l' || t == 'u' ? 2 : 1);
  }

  const JsonTape* tape_ = nullptr;
  std::size_t index_ = 0;
};

struct JsonMember {
  std::string_view key;
  JsonView value;
};

class JsonArray {
 public:
  class Iterator {
   public:
    explicit Iterator(JsonView at) : at_(at) {}
    JsonView operator*() const { return at_; }
    Iterator& operator++() {
      at_.index_ = at_.next();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_.index_ == other.at_.index_; }

   private:
    JsonView at_;
  };

  explicit JsonArray(JsonView array) : array_(array) {}  // anything but an array: empty
  Iterator begin() const {
    return Iterator({array_.tape_, array_.is_array() ? array_.index_ + 1 : 0});
  }
  Iterator end() const {
    return Iterator({array_.tape_, array_.is_array() ? array_.next() - 1 : 0});
  }

 private:
  JsonView array_;
};

class JsonObject {
 public:
  class Iterator {
   public:
    explicit Iterator(JsonView key) : key_(key) {}
    JsonMember operator*() const { return {key_.text(), {key_.tape_, key_.index_ + 1}}; }
    Iterator& operator++() {
      key_.index_ = JsonView{key_.tape_, key_.index_ + 1}.next();
      return *this;
    }
    bool operator==(const Iterator& other) const { return key_.index_ == other.key_.index_; }

   private:
    JsonView key_;
  };

  explicit JsonObject(JsonView object) : object_(object) {}  // anything but an object: empty
  Iterator begin() const {
    return Iterator({object_.tape_, object_.is_object() ? object_.index_ + 1 : 0});
  }
  Iterator end() const {
    return Iterator({object_.tape_, object_.is_object() ? object_.next() - 1 : 0});
  }

 private:
  JsonView object_;
};

inline JsonArray JsonView::array() const { return JsonArray(*this); }
inline JsonObject JsonView::object() const { return JsonObject(*this); }

// Parses one text after another and keeps its buffers: no allocation once warm. One per thread or
// connection.
class JsonParser {
 public:
  explicit JsonParser(JsonLimits limits = {});
  ~JsonParser();
  JsonParser(JsonParser&&) noexcept;
  JsonParser& operator=(JsonParser&&) noexcept;

  // Views of the previous text die here. The text is not needed afterwards.
  Result<JsonView> parse(std::string_view text);

  // As parse(), without copying the text first. `capacity` counts from `data` and holds at least
  // size + kJsonPadding.
  Result<JsonView> parse_padded(const char* data, std::size_t size, std::size_t capacity);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One text, parsed and owned.
class JsonDocument {
 public:
  static Result<JsonDocument> parse(std::string_view text, JsonLimits limits = {});
  JsonView root() const { return root_; }

 private:
  JsonDocument(JsonParser parser, JsonView root) : parser_(std::move(parser)), root_(root) {}
  JsonParser parser_;
  JsonView root_;
};

}  // namespace slipway
