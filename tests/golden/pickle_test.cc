// Pickles of real Pythons: what slipway reads is what Python reads. tools/oracles/pickle/make.py made the files and the dumps
// of what Python saw (its neutral.py says how a dump is written); SLIPWAY_PICKLE_GOLDEN names another folder of them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/file.h"
#include "base/json.h"
#include "model/import/pickle/pickle.h"

namespace slipway {
namespace {

using model::pickle::Field;
using model::pickle::Kind;
using model::pickle::NdArray;
using model::pickle::Value;

std::string folder() {
  return posix_env().variable("SLIPWAY_PICKLE_GOLDEN").value_or("tests/golden/pickle");
}

std::string hexadecimal(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text + "\"";
}

std::string seen(const Value& value);

std::string joined(std::vector<std::string> parts) {
  return fmt::format("[{}]", fmt::join(parts, ","));
}

std::string seen_items(const std::vector<const Value*>& items) {
  std::vector<std::string> parts;
  for (const Value* item : items) parts.push_back(seen(*item));
  return joined(parts);
}

std::string seen_entries(const Value& value) {
  std::vector<std::string> parts;
  for (const auto& entry : value.entries)
    parts.push_back(joined({seen(*entry.key), seen(*entry.value)}));
  return joined(parts);
}

std::string seen_set(const Value& value) {
  std::vector<std::string> parts;
  for (const Value* item : value.items) parts.push_back(seen(*item));
  std::sort(parts.begin(), parts.end());
  return joined(parts);
}

std::string seen_data(const NdArray& array) {
  if (array.kind == 'O') return seen_items(array.objects);
  if (array.fields.empty()) return hexadecimal(array.bytes);
  std::string bytes;  // what lies between the fields is anything
  for (std::size_t i = 0; i < array.count(); ++i)
    for (const Field& field : array.fields)
      bytes += array.bytes.substr(i * array.item_size + field.offset, field.item_size);
  return hexadecimal(bytes);
}

std::string seen_array(const NdArray& array) {
  std::vector<std::string> fields;
  for (const Field& field : array.fields) {
    fields.push_back(fmt::format("[{},\"{}\",{},{},{}]", hexadecimal(field.name), field.kind,
                                 field.offset, field.item_size, field.big_endian ? 1 : 0));
  }
  return fmt::format("[\"a\",\"{}\",{},{},{},[{}],\"{}\",{},{}]", array.kind, array.item_size,
                     array.big_endian ? 1 : 0, array.fortran_order ? 1 : 0,
                     fmt::join(array.shape, ","), array.unit, joined(fields), seen_data(array));
}

std::string seen_object(const Value& value) {
  return joined({"\"o\"", hexadecimal(value.text), seen_items(value.items),
                 value.state == nullptr ? "null" : seen(*value.state), seen_items(value.appended),
                 seen_entries(value)});
}

std::string seen(const Value& value) {
  switch (value.kind) {
    case Kind::kNone:
      return "[\"n\"]";
    case Kind::kBool:
      return fmt::format("[\"b\",{}]", value.integer);
    case Kind::kInt:
      return fmt::format("[\"i\",\"{}\"]", value.integer);
    case Kind::kBigInt:
      return fmt::format("[\"i\",\"{}\"]", value.text);
    case Kind::kFloat:
      return fmt::format("[\"f\",\"{:016x}\"]", std::bit_cast<std::uint64_t>(value.number));
    case Kind::kText:
      return joined({"\"t\"", hexadecimal(value.text)});
    case Kind::kBytes:
      return joined({"\"y\"", hexadecimal(value.text)});
    case Kind::kList:
      return joined({"\"l\"", seen_items(value.items)});
    case Kind::kTuple:
      return joined({"\"u\"", seen_items(value.items)});
    case Kind::kSet:
      return joined({"\"s\"", seen_set(value)});
    case Kind::kDict:
      return joined({"\"d\"", seen_entries(value)});
    case Kind::kName:
      return joined({"\"c\"", hexadecimal(value.text)});
    case Kind::kObject:
      return seen_object(value);
    case Kind::kArray:
      return seen_array(*value.array);
  }
  return "";
}

// Around the first difference: a dump is one long line.
std::string around(const std::string& text, const std::string& other) {
  const auto differ = static_cast<std::size_t>(
      std::mismatch(text.begin(), text.end(), other.begin(), other.end()).first - text.begin());
  return text.substr(differ < 80 ? 0 : differ - 80, 200);
}

void compare(const std::string& file, std::string_view dump) {
  const auto mapped = MappedFile::open(folder() + "/" + file);
  ASSERT_TRUE(mapped.has_value()) << file << ": " << mapped.error().message();
  const std::string_view bytes = mapped.value()->text();
  // Protocols 0 and 1 have no mark to be known by.
  const bool marked =
      file.find(".0.") == std::string::npos && file.find(".1.") == std::string::npos;
  EXPECT_TRUE(!marked || model::pickle::looks_like_pickle(bytes)) << file;
  const auto document = model::pickle::read_pickle(bytes, mapped.value());
  ASSERT_TRUE(document.has_value()) << file << ": " << document.error().message();
  if (dump.empty()) return;
  const auto expected = posix_env().read_file(folder() + "/" + std::string(dump));
  ASSERT_TRUE(expected.has_value()) << file;
  const std::string got = seen(document.value().root()) + "\n";
  EXPECT_TRUE(got == expected.value()) << file << "\n  slipway: " << around(got, expected.value())
                                       << "\n  Python:  " << around(expected.value(), got);
}

void compare_all(const std::string& cases) {
  const auto text = posix_env().read_file(folder() + "/" + cases);
  ASSERT_TRUE(text.has_value());
  const auto document = JsonDocument::parse(text.value()).value();
  int files = 0;
  int dumps = 0;
  for (const JsonView item : document.root().find("cases").array()) {
    const auto dump = item.find("seen").as_string().value_or("");
    compare(std::string(*item.find("file").as_string()), dump);
    ++files;
    dumps += dump.empty() ? 0 : 1;
  }
  EXPECT_GT(dumps, 0);
  fmt::print("{}: {} files read, {} compared with what Python saw\n", cases, files, dumps);
}

TEST(PickleGolden, FilesOfToday) { compare_all("new.json"); }
TEST(PickleGolden, FilesOfNumpy123AndScikitLearn12) { compare_all("old.json"); }

}  // namespace
}  // namespace slipway
