// UBJSON (draft 12), as far as XGBoost writes it: a binary JSON whose arrays of numbers lie as they
// are, big-endian.
//
//   ASSIGN_OR_RETURN(const UbjDocument document, UbjDocument::parse(bytes));
//   const UbjView trees = document.root().find("learner").find("trees");
//   std::vector<double> weights(view.size());
//   if (!view.read_numbers(weights)) ...
//
// A view is a pointer and an index, and answers "no" for every kind that it is not, as JsonView
// does. Strings and typed arrays point into `bytes`, which must outlive the document. Nothing
// recurses, and no length is believed before the bytes are there. Read are Z T F i U I l L d D S C,
// arrays and objects (plain or counted) and typed arrays of numbers; high-precision numbers and typed
// objects are refused. Errors: kInvalidArgument "model.ubjson.*" with the byte. Views may be
// read from many threads. Source: https://ubjson.org.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway::model::xgboost {

enum class UbjKind : std::uint8_t {
  kMissing,
  kNull,
  kBool,
  kInteger,
  kNumber,
  kString,
  kArray,
  kNumbers,  // a typed array
  kObject,
};

struct UbjNode {
  UbjKind kind = UbjKind::kMissing;
  char element = 0;        // kNumbers: the marker of its elements
  std::uint32_t next = 0;  // index of what follows this value
  std::uint64_t size = 0;  // items, members or elements
  std::string_view key;    // of a member
  std::string_view bytes;  // kString, kNumbers
  std::int64_t integer = 0;
  double number = 0;
};

class UbjView {
 public:
  UbjView() = default;
  UbjView(const UbjNode* nodes, std::size_t index) : nodes_(nodes), index_(index) {}

  UbjKind kind() const { return nodes_ == nullptr ? UbjKind::kMissing : node().kind; }
  // Of the member that this is; empty elsewhere.
  std::string_view key() const { return node().key; }
  std::optional<std::int64_t> as_integer() const;
  std::optional<std::string_view> as_string() const;
  // Items, members or elements.
  std::size_t size() const;
  UbjView find(std::string_view key) const;

  // The items of a plain array or the values of an object, in order: first(), then next() size()-1
  // times.
  UbjView first() const { return {nodes_, index_ + 1}; }
  UbjView next() const { return {nodes_, node().next}; }

  // An array of exactly out.size() numbers or booleans. False if it is anything else.
  bool read_numbers(std::span<double> out) const;

 private:
  const UbjNode& node() const { return nodes_[index_]; }
  const UbjNode* nodes_ = nullptr;
  std::size_t index_ = 0;
};

struct UbjLimits {
  std::size_t max_depth = 100;
  std::size_t max_values = std::size_t{1} << 26;  // not counting elements of typed arrays
};

class UbjDocument {
 public:
  static Result<UbjDocument> parse(std::string_view bytes, UbjLimits limits = {});
  UbjView root() const { return {nodes_.data(), 0}; }

 private:
  explicit UbjDocument(std::vector<UbjNode> nodes) : nodes_(std::move(nodes)) {}
  std::vector<UbjNode> nodes_;
};

// An object whose first key has a length in binary: what no JSON text starts with.
bool looks_like_ubjson(std::string_view bytes);

}  // namespace slipway::model::xgboost
