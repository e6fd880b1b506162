// SPDX-License-Identifier: Apache-2.0
#include "model/import/xgboost/ubjson.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

namespace slipway::model::xgboost {
namespace {

Error bad(const char* reason, std::size_t at, std::string_view what) {
  return Error(Code::kInvalidArgument, reason, fmt::format("byte {}: {}", at, what));
}

std::string marker_text(char marker) {
  const auto byte = static_cast<unsigned char>(marker);
  return byte > 0x20 && byte < 0x7F ? fmt::format("'{}'", marker) : fmt::format("0x{:02x}", byte);
}

// Bytes of a number behind its marker; 0: not a number.
std::size_t width_of(char marker) {
  switch (marker) {
    case 'i':
    case 'U':
    case 'C':
      return 1;
    case 'I':
      return 2;
    case 'l':
    case 'd':
      return 4;
    case 'L':
    case 'D':
      return 8;
    default:
      return 0;
  }
}

bool is_integer(char marker) {
  return width_of(marker) > 0 && marker != 'd' && marker != 'D' && marker != 'C';
}

template <typename T>
T big_endian(const char* at) {
  using Bits = std::conditional_t<
      sizeof(T) == 1, std::uint8_t,
      std::conditional_t<sizeof(T) == 2, std::uint16_t,
                         std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;
  Bits bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bits = static_cast<Bits>((bits << (sizeof(T) > 1 ? 8 : 0)) | static_cast<unsigned char>(at[i]));
  }
  return std::bit_cast<T>(bits);
}

std::int64_t integer_at(char marker, const char* at) {
  switch (marker) {
    case 'i':
      return big_endian<std::int8_t>(at);
    case 'I':
      return big_endian<std::int16_t>(at);
    case 'l':
      return big_endian<std::int32_t>(at);
    case 'L':
      return big_endian<std::int64_t>(at);
    default:
      return big_endian<std::uint8_t>(at);
  }
}

template <typename T>
void read_all(const char* at, std::span<double> out) {
  for (double& value : out) {
    value = static_cast<double>(big_endian<T>(at));
    at += sizeof(T);
  }
}

class Reader {
 public:
  Reader(std::string_view bytes, UbjLimits limits) : bytes_(bytes), limits_(limits) {}

  Result<std::vector<UbjNode>> run() && {
    RETURN_IF_ERROR(value({}));
    while (!open_.empty()) {
      if (at_end_of_container()) {
        nodes_[open_.back().node].next = static_cast<std::uint32_t>(nodes_.size());
        open_.pop_back();
        continue;
      }
      std::string_view key;
      if (nodes_[open_.back().node].kind == UbjKind::kObject) {
        ASSIGN_OR_RETURN(key, text());
      }
      ++nodes_[open_.back().node].size;
      RETURN_IF_ERROR(value(key));
    }
    if (at_ == bytes_.size()) return std::move(nodes_);
    return bad("model.ubjson.trailing", at_,
               fmt::format("{} more bytes after the value", bytes_.size() - at_));
  }

 private:
  struct Open {
    std::size_t node;
    bool counted;
    std::uint64_t left;  // counted: items still to come
  };

  bool at_end_of_container() {
    Open& top = open_.back();
    if (top.counted) return top.left-- == 0;
    const char end = nodes_[top.node].kind == UbjKind::kObject ? '}' : ']';
    if (at_ == bytes_.size() || bytes_[at_] != end) return false;
    ++at_;
    return true;
  }

  std::size_t left() const { return bytes_.size() - at_; }

  Error cut(std::string_view what) const {
    return bad("model.ubjson.truncated", at_,
               fmt::format("the bytes end where {} should be: the file was cut off", what));
  }

  Result<std::int64_t> integer() {
    if (left() == 0) return cut("a length");
    const char marker = bytes_[at_];
    if (!is_integer(marker)) {
      return bad("model.ubjson.length", at_,
                 fmt::format("found {} where a length should be", marker_text(marker)));
    }
    if (left() - 1 < width_of(marker)) return cut("a length");
    const std::int64_t length = integer_at(marker, bytes_.data() + at_ + 1);
    if (length < 0) return bad("model.ubjson.length", at_, fmt::format("a length of {}", length));
    at_ += 1 + width_of(marker);
    return length;
  }

  Result<std::string_view> text() {
    ASSIGN_OR_RETURN(const std::int64_t length, integer());
    if (static_cast<std::uint64_t>(length) > left())
      return cut(fmt::format("a text of {} bytes", length));
    const std::string_view found = bytes_.substr(at_, static_cast<std::size_t>(length));
    at_ += found.size();
    return found;
  }

  Result<void> value(std::string_view key) {
    if (left() == 0) return cut("a value");
    if (nodes_.size() >= limits_.max_values) {
      return Error(Code::kResourceExhausted, "model.ubjson.values",
                   fmt::format("byte {}: more than {} values", at_, limits_.max_values));
    }
    const char marker = bytes_[at_++];
    UbjNode node{.key = key};
    if (marker == '[' || marker == '{') return container(marker, node);
    RETURN_IF_ERROR(scalar(marker, &node));
    push(node);
    return {};
  }

  void push(UbjNode node) {
    node.next = static_cast<std::uint32_t>(nodes_.size() + 1);
    nodes_.push_back(node);
  }

  Result<void> scalar(char marker, UbjNode* node) {
    if (marker == 'Z') {
      node->kind = UbjKind::kNull;
    } else if (marker == 'T' || marker == 'F') {
      node->kind = UbjKind::kBool;
      node->integer = marker == 'T' ? 1 : 0;
    } else if (marker == 'S') {
      node->kind = UbjKind::kString;
      ASSIGN_OR_RETURN(node->bytes, text());
    } else if (const std::size_t width = width_of(marker); width > 0) {
      if (left() < width) return cut("a number");
      const char* at = bytes_.data() + at_;
      node->kind = is_integer(marker) ? UbjKind::kInteger : UbjKind::kNumber;
      if (marker == 'C') {
        node->kind = UbjKind::kString;
        node->bytes = bytes_.substr(at_, 1);
      } else if (node->kind == UbjKind::kInteger) {
        node->integer = integer_at(marker, at);
      } else {
        node->number = marker == 'd' ? big_endian<float>(at) : big_endian<double>(at);
      }
      at_ += width;
    } else {
      return bad("model.ubjson.marker", at_ - 1,
                 fmt::format("found {} where a value should be", marker_text(marker)));
    }
    return {};
  }

  Result<void> container(char marker, UbjNode node) {
    node.kind = marker == '[' ? UbjKind::kArray : UbjKind::kObject;
    const bool typed = left() > 0 && bytes_[at_] == '$';
    if (typed) return typed_array(node);
    if (open_.size() == limits_.max_depth) {
      return bad("model.ubjson.depth", at_,
                 fmt::format("containers are nested deeper than {}", limits_.max_depth));
    }
    Open open{.node = nodes_.size(), .counted = left() > 0 && bytes_[at_] == '#', .left = 0};
    if (open.counted) {
      ++at_;
      ASSIGN_OR_RETURN(const std::int64_t count, integer());
      open.left = static_cast<std::uint64_t>(count);
    }
    open_.push_back(open);
    nodes_.push_back(node);
    return {};
  }

  Result<void> typed_array(UbjNode node) {
    const std::size_t start = at_++;
    if (left() < 2) return cut("the type of an array");
    node.element = bytes_[at_++];
    const std::size_t width = width_of(node.element);
    if (node.kind == UbjKind::kObject || width == 0 || node.element == 'C') {
      return bad("model.ubjson.typed", start,
                 fmt::format("a container of type {}: only arrays of numbers are read",
                             marker_text(node.element)));
    }
    if (bytes_[at_] != '#')
      return bad("model.ubjson.typed", at_, "a typed array without a count ('#')");
    ++at_;
    ASSIGN_OR_RETURN(const std::int64_t count, integer());
    if (static_cast<std::uint64_t>(count) > left() / width)
      return cut(fmt::format("an array of {} numbers", count));
    node.kind = UbjKind::kNumbers;
    node.size = static_cast<std::uint64_t>(count);
    node.bytes = bytes_.substr(at_, static_cast<std::size_t>(count) * width);
    at_ += node.bytes.size();
    push(node);
    return {};
  }

  const std::string_view bytes_;
  const UbjLimits limits_;
  std::size_t at_ = 0;
  std::vector<UbjNode> nodes_;
  std::vector<Open> open_;
};

}  // namespace

Result<UbjDocument> UbjDocument::parse(std::string_view bytes, UbjLimits limits) {
  ASSIGN_OR_RETURN(auto nodes, Reader(bytes, limits).run());
  return UbjDocument(std::move(nodes));
}

std::optional<std::int64_t> UbjView::as_integer() const {
  if (kind() != UbjKind::kInteger) return std::nullopt;
  return node().integer;
}

std::optional<std::string_view> UbjView::as_string() const {
  if (kind() != UbjKind::kString) return std::nullopt;
  return node().bytes;
}

std::size_t UbjView::size() const {
  switch (kind()) {
    case UbjKind::kArray:
    case UbjKind::kNumbers:
    case UbjKind::kObject:
      return node().size;
    default:
      return 0;
  }
}

UbjView UbjView::find(std::string_view key) const {
  if (kind() != UbjKind::kObject) return {};
  UbjView member = first();
  for (std::size_t i = 0; i < size(); ++i, member = member.next()) {
    if (member.key() == key) return member;
  }
  return {};
}

bool UbjView::read_numbers(std::span<double> out) const {
  if (size() != out.size()) return false;
  if (kind() == UbjKind::kNumbers) {
    const char* at = node().bytes.data();
    switch (node().element) {
      case 'i':
        read_all<std::int8_t>(at, out);
        return true;
      case 'U':
        read_all<std::uint8_t>(at, out);
        return true;
      case 'I':
        read_all<std::int16_t>(at, out);
        return true;
      case 'l':
        read_all<std::int32_t>(at, out);
        return true;
      case 'L':
        read_all<std::int64_t>(at, out);
        return true;
      case 'd':
        read_all<float>(at, out);
        return true;
      default:
        read_all<double>(at, out);
        return true;
    }
  }
  if (kind() != UbjKind::kArray) return false;
  UbjView item = first();
  for (std::size_t i = 0; i < out.size(); ++i, item = item.next()) {
    const UbjNode& found = item.node();
    if (found.kind == UbjKind::kNumber) {
      out[i] = found.number;
    } else if (found.kind == UbjKind::kInteger || found.kind == UbjKind::kBool) {
      out[i] = static_cast<double>(found.integer);
    } else {
      return false;
    }
  }
  return true;
}

bool looks_like_ubjson(std::string_view bytes) {
  constexpr std::string_view kLengths = "iUIlL";
  if (bytes.size() < 2 || bytes[0] != '{') return false;
  const bool counted = bytes[1] == '#' && bytes.size() > 2;
  return kLengths.find(bytes[counted ? 2 : 1]) != kLengths.npos;
}

}  // namespace slipway::model::xgboost
