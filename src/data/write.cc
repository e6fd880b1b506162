// SPDX-License-Identifier: Apache-2.0
#include "data/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "data/sinks.h"

namespace slipway::data {
namespace {

Result<Format> format_to_write(const std::string& path, const WriteOptions& options) {
  if (options.format) return *options.format;
  if (path == "-") return Format::kCsv;
  const auto format = format_of(path);
  const bool packed = path.ends_with(".gz") || path.ends_with(".zst");
  if (format && !packed) return *format;
  return Error(Code::kInvalidArgument, "data.format",
               fmt::format("cannot write '{}': {}; expected a name that ends in one of {}", path,
                           packed ? "packed text is read, but not written"
                                  : "its name does not tell the format",
                           kFormatNames));
}

Result<void> check_names(const std::string& path, const frame::Schema& schema) {
  std::set<std::string> seen;
  for (const auto& field : schema.fields()) {
    std::string name = field.name;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (seen.insert(name).second) continue;
    return Error(Code::kInvalidArgument, "data.duplicate_column",
                 fmt::format("cannot write '{}': column '{}' occurs twice (upper and lower case "
                             "count as the same): rename one or leave it out",
                             path, field.name));
  }
  if (!schema.fields().empty()) return {};
  return Error(Code::kInvalidArgument, "data.no_columns",
               fmt::format("cannot write '{}': there is no column to write", path));
}

}  // namespace

Result<void> check_same_schema(const frame::Schema& expected, const frame::Schema& found) {
  const auto same = [](const frame::Field& a, const frame::Field& b) {
    const bool texts = a.type.id != b.type.id && frame::is_text(a.type.id) &&
                       frame::is_text(b.type.id) && a.type.id != frame::TypeId::kBinary &&
                       b.type.id != frame::TypeId::kBinary;
    return a.name == b.name && (a.type == b.type || texts);
  };
  const auto& a = expected.fields();
  const auto& b = found.fields();
  if (std::equal(a.begin(), a.end(), b.begin(), b.end(), same)) return {};
  const auto differs = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), same);
  const auto tell = [](const auto& field, const auto& end) {
    return field == end ? std::string("none")
                        : fmt::format("'{}' {}", field->name, name_of(field->type));
  };
  return Error(Code::kInvalidArgument, "data.schema_differs",
               fmt::format("a frame does not have the columns that the file was begun with: column "
                           "{} is {}, expected {}",
                           differs.first - a.begin() + 1, tell(differs.second, b.end()),
                           tell(differs.first, a.end())));
}

Result<std::unique_ptr<frame::FrameSink>> write(const std::string& path,
                                                const frame::Schema& schema,
                                                const WriteOptions& options) {
  WriteOptions chosen = options;
  ASSIGN_OR_RETURN(chosen.format, format_to_write(path, options));
  RETURN_IF_ERROR(check_names(path, schema));
  if (chosen.format != Format::kParquet) return write_text(path, schema, chosen);
  if (path != "-") return write_parquet(path, schema, chosen);
  return Error(Code::kInvalidArgument, "data.format",
               "Parquet cannot be written to standard output, whose end it would need to revisit: "
               "name a file, or choose csv, tsv or jsonl");
}

}  // namespace slipway::data
