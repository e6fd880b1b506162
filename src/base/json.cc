// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/json_scan.h"

namespace slipway {
namespace {

constexpr std::uint64_t kSaturatedCount = 0xFFFFFF;  // the tape has 24 bits for a container's size

double number_at(const std::uint64_t* word) {
  switch (static_cast<char>(word[0] >> 56)) {
    case 'd': {
      double value;
      std::memcpy(&value, word + 1, sizeof value);
      return value;
    }
    case 'l':
      return static_cast<double>(static_cast<std::int64_t>(word[1]));
    default:
      return static_cast<double>(word[1]);
  }
}

// Numbers come on the tape in the order of the text.
void put_patches(std::uint64_t* words, const std::vector<JsonScan::Patch>& patches) {
  std::size_t number = 0;
  auto patch = patches.begin();
  for (std::size_t i = 1; patch != patches.end(); ++i) {
    const auto tag = static_cast<char>(words[i] >> 56);
    if (tag != 'd' && tag != 'l' && tag != 'u') continue;
    if (number++ == patch->number) {
      words[i] = std::uint64_t{'d'} << 56;
      std::memcpy(&words[i + 1], &patch->value, sizeof patch->value);
      ++patch;
    }
    ++i;
  }
}

}  // namespace

struct JsonParser::Impl {
  JsonLimits limits;
  simdjson::dom::parser parser;
  JsonTape tape;

  explicit Impl(JsonLimits given) : limits(given) {}

  simdjson::error_code read(const char* data, std::size_t size, bool copy) {
    if (size == 0) return simdjson::EMPTY;  // `data` may be null
    if (parser.capacity() > limits.keep_bytes && size <= limits.keep_bytes)
      parser = simdjson::dom::parser();
    if (parser.capacity() < size || parser.capacity() == 0) {
      // Small buffers grow in powers of two, so that texts of slowly growing size do not allocate
      // each time.
      const std::size_t capacity =
          size <= limits.keep_bytes ? std::bit_ceil(std::max<std::size_t>(size, 256)) : size;
      if (auto error = parser.allocate(capacity, limits.max_depth + 1))
        return error;  // + 1: it counts the root
      if (auto error = parser.doc.allocate(capacity)) return error;
    }
    simdjson::dom::element root;
    const auto error = parser.parse(data, size, copy).get(root);
    tape = {parser.doc.tape.get(), reinterpret_cast<const char*>(parser.doc.string_buf.get())};
    return error;
  }

  JsonView root() const { return {&tape, 1}; }

  Result<JsonView> explain(std::string_view text, simdjson::error_code error) {
    if (error == simdjson::MEMALLOC || error == simdjson::CAPACITY) {
      return Error(
          Code::kResourceExhausted, "base.json.no_memory",
          fmt::format("no memory to parse {} bytes of JSON (it takes about 14 times the text)",
                      text.size()));
    }
    JsonScan scan = scan_json(text, limits);
    if (scan.error) return *std::move(scan.error);
    if (auto second = read(scan.rewritten.data(), scan.rewritten.size(), true)) {
      return Error(Code::kInternal, "base.json.unexplained",
                   fmt::format("JSON is refused, and we cannot say where: {}",
                               simdjson::error_message(second)));
    }
    put_patches(parser.doc.tape.get(), scan.patches);
    return root();
  }

  Result<JsonView> parse(const char* data, std::size_t size, bool copy) {
    if (size > limits.max_bytes) {
      return Error(
          Code::kResourceExhausted, "base.json.too_large",
          fmt::format("JSON text has {} bytes, the limit here is {}", size, limits.max_bytes));
    }
    if (const auto error = read(data, size, copy)) return explain({data, size}, error);
    return root();
  }
};

JsonParser::JsonParser(JsonLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
JsonParser::~JsonParser() = default;
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;

Result<JsonView> JsonParser::parse(std::string_view text) {
  return impl_->parse(text.data(), text.size(), true);
}

Result<JsonView> JsonParser::parse_padded(const char* data, std::size_t size,
                                          std::size_t capacity) {
  const bool padded = capacity >= size && capacity - size >= kJsonPadding;
  return impl_->parse(data, size, !padded);
}

Result<JsonDocument> JsonDocument::parse(std::string_view text, JsonLimits limits) {
  JsonParser parser(limits);
  ASSIGN_OR_RETURN(const JsonView root, parser.parse(text));
  return JsonDocument(std::move(parser), root);
}

JsonKind JsonView::kind() const {
  switch (tag()) {
    case 'n':
      return JsonKind::kNull;
    case 't':
    case 'f':
      return JsonKind::kBool;
    case 'l':
      return JsonKind::kInt64;
    case 'u':
      return JsonKind::kUint64;
    case 'd':
      return JsonKind::kDouble;
    case '"':
      return JsonKind::kString;
    case '[':
      return JsonKind::kArray;
    case '{':
      return JsonKind::kObject;
    default:
      return JsonKind::kMissing;
  }
}

std::string_view JsonView::describe() const {
  switch (kind()) {
    case JsonKind::kMissing:
      return "nothing";
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return "a boolean";
    case JsonKind::kInt64:
    case JsonKind::kUint64:
      return "an integer";
    case JsonKind::kDouble:
      return "a number";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kObject:
      return "an object";
  }
  return "nothing";
}

std::optional<bool> JsonView::as_bool() const {
  if (tag() == 't') return true;
  if (tag() == 'f') return false;
  return std::nullopt;
}

std::optional<double> JsonView::as_double() const {
  if (!is_number()) return std::nullopt;
  return number_at(tape_->words + index_);
}

std::optional<std::int64_t> JsonView::as_int64() const {
  if (tag() != 'l') return std::nullopt;  // 'u' is used only for what int64 cannot hold
  return static_cast<std::int64_t>(tape_->words[index_ + 1]);
}

std::optional<std::uint64_t> JsonView::as_uint64() const {
  if (tag() == 'u') return tape_->words[index_ + 1];
  const auto small = as_int64();
  if (!small || *small < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*small);
}

std::optional<std::string_view> JsonView::as_string() const {
  if (!is_string()) return std::nullopt;
  return text();
}

std::size_t JsonView::size() const {
  if (!is_array() && !is_object()) return 0;
  const std::uint64_t count = payload() >> 32;
  if (count < kSaturatedCount) return count;
  std::size_t counted = 0;
  if (is_array()) {
    for ([[maybe_unused]] JsonView item : array()) ++counted;
  } else {
    for ([[maybe_unused]] JsonMember member : object()) ++counted;
  }
  return counted;
}

JsonView JsonView::find(std::string_view key) const {
  for (const JsonMember member : object()) {
    if (member.key == key) return member.value;
  }
  return {};
}

bool JsonView::read_doubles(std::span<double> out) const {
  if (!is_array()) return false;
  const std::uint64_t* word = tape_->words + index_ + 1;
  const std::uint64_t* const end = tape_->words + next() - 1;
  for (double& value : out) {
    if (word == end) return false;
    if (*word >> 56 == 'd') {
      std::memcpy(&value, word + 1, sizeof value);
      word += 2;
      continue;
    }
    switch (static_cast<char>(*word >> 56)) {
      case 'l':
      case 'u':
        value = number_at(word);
        word += 2;
        break;
      case 'n':
        value = std::numeric_limits<double>::quiet_NaN();
        ++word;
        break;
      default:
        return false;
    }
  }
  return word == end;
}

std::optional<std::string_view> JsonView::duplicate_key() const {
  std::vector<std::string_view> keys;
  keys.reserve(size());
  for (const JsonMember member : object()) keys.push_back(member.key);
  std::sort(keys.begin(), keys.end());
  const auto twin = std::adjacent_find(keys.begin(), keys.end());
  if (twin == keys.end()) return std::nullopt;
  return *twin;
}

}  // namespace slipway
