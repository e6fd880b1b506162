// Whatever the bytes: they parse or are refused with a place, and what parses reads back the same; an array of numbers that is
// read in one pass is the one of its document.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_numbers.h"
#include "base/json_writer.h"

namespace slipway {
namespace {

void rewrite(JsonView view, JsonWriter* json) {
  switch (view.kind()) {
    case JsonKind::kMissing:
      std::abort();
    case JsonKind::kNull:
      json->null();
      return;
    case JsonKind::kBool:
      json->value(*view.as_bool());
      return;
    case JsonKind::kInt64:
      json->value(*view.as_int64());
      return;
    case JsonKind::kUint64:
      json->value(*view.as_uint64());
      return;
    case JsonKind::kDouble:
      json->value(*view.as_double());
      return;
    case JsonKind::kString:
      json->value(*view.as_string());
      return;
    case JsonKind::kArray:
      json->begin_array();
      for (JsonView item : view.array()) rewrite(item, json);
      json->end_array();
      return;
    case JsonKind::kObject:
      json->begin_object();
      for (const JsonMember member : view.object()) {
        json->key(member.key);
        rewrite(member.value, json);
      }
      json->end_object();
      return;
  }
}

std::string rewritten(JsonView view) {
  std::string out;
  JsonWriter json(&out, {.non_finite = JsonWriter::NonFinite::kToken});
  rewrite(view, &json);
  return out;
}

void check(std::string_view text, JsonLimits limits) {
  const auto document = JsonDocument::parse(text, limits);
  if (!document) {
    if (document.error().reason() == "base.json.unexplained") std::abort();
    return;
  }
  std::vector<double> numbers(document.value().root().size());
  (void)document.value().root().read_doubles(numbers);
  (void)document.value().root().duplicate_key();
  const std::string once = rewritten(document.value().root());
  const auto again = JsonDocument::parse(once, limits);
  if (!again || rewritten(again.value().root()) != once) std::abort();
}

// An array that is read in one pass is what its document says, to the bit.
void check_numbers(std::string_view text) {
  if (!text.starts_with('[')) return;
  std::vector<double> read;
  const char* const end = text.data() + text.size();
  if (read_json_numbers(text.data() + 1, end, &read) != end) return;
  const auto document = JsonDocument::parse(text);
  if (!document) std::abort();
  std::vector<double> numbers(read.size());
  if (!document.value().root().read_doubles(numbers)) std::abort();
  if (std::memcmp(read.data(), numbers.data(), numbers.size() * sizeof(double)) != 0) std::abort();
}

}  // namespace
}  // namespace slipway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  slipway::check_numbers(text);
  slipway::check(text, {.max_depth = 20});
  slipway::check(text, {.max_depth = 20, .nan_and_infinity = true});
  return 0;
}
