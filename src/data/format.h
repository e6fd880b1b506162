// The formats of tables in files, and how a file's name tells them.
//
//   format_of("june.csv.gz")          // kCsv
//   format_named("jsonl")             // kJsonLines
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace slipway::data {

enum class Format : unsigned char {
  kCsv,
  kTsv,
  kJsonLines,  // one object a line; reading takes an array of objects too
  kParquet,
};

inline constexpr std::string_view kFormatNames = "csv, tsv, jsonl, parquet";

std::string_view name_of(Format format);
std::optional<Format> format_named(std::string_view name);
// By the suffix; .gz and .zst after that of a text format are DuckDB's to unpack.
std::optional<Format> format_of(std::string_view path);

}  // namespace slipway::data
