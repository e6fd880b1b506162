// SPDX-License-Identifier: Apache-2.0
#include "data/format.h"

#include <algorithm>
#include <string>

namespace slipway::data {
namespace {

struct Suffix {
  std::string_view suffix;
  Format format;
};

constexpr Suffix kSuffixes[] = {
    {".csv", Format::kCsv},         {".tsv", Format::kTsv},          {".tab", Format::kTsv},
    {".jsonl", Format::kJsonLines}, {".ndjson", Format::kJsonLines}, {".json", Format::kJsonLines},
    {".parquet", Format::kParquet}, {".pq", Format::kParquet},
};

}  // namespace

std::string_view name_of(Format format) {
  switch (format) {
    case Format::kCsv:
      return "csv";
    case Format::kTsv:
      return "tsv";
    case Format::kJsonLines:
      return "jsonl";
    case Format::kParquet:
      return "parquet";
  }
  return "";
}

std::optional<Format> format_named(std::string_view name) {
  return format_of("." + std::string(name));
}

std::optional<Format> format_of(std::string_view path) {
  std::string lower(path);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string_view name = lower;
  bool packed = false;
  for (const std::string_view packing : {".gz", ".zst"}) {
    if (!name.ends_with(packing)) continue;
    name.remove_suffix(packing.size());
    packed = true;
    break;
  }
  for (const auto& [suffix, format] : kSuffixes) {
    if (name.ends_with(suffix) && !(packed && format == Format::kParquet)) return format;
  }
  return std::nullopt;
}

}  // namespace slipway::data
