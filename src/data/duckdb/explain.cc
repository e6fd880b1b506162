// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"
#include "data/duckdb/session.h"

namespace slipway::data {
namespace {

constexpr std::string_view kBadCellMark = "slipway cell";
constexpr char kMarkSeparator = '\x1f';

// The text between two marks, the first of them found from the start.
std::optional<std::string_view> between(std::string_view text, std::string_view before,
                                        std::string_view after) {
  const auto start = text.find(before);
  if (start == text.npos) return std::nullopt;
  text.remove_prefix(start + before.size());
  const auto end = text.find(after);
  if (end == text.npos) return std::nullopt;
  return text.substr(0, end);
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// Cells come from outside: short and printable.
std::string shown(std::string_view cell) {
  constexpr std::size_t kMost = 60;
  std::string out;
  for (const char c : cell.substr(0, kMost)) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  out.resize(valid_utf8_prefix(out));
  return cell.size() > kMost ? out + "..." : out;
}

std::string_view words_for(std::string_view sql_type) {
  if (sql_type == "BOOLEAN") return "true or false";
  if (sql_type == "DATE") return "a date (2013-07-01)";
  if (sql_type.starts_with("TIMESTAMP")) return "a time (2013-07-01 05:15:00)";
  if (sql_type == "BLOB") return "binary data";
  if (sql_type.ends_with("INT") || sql_type == "INTEGER") return "a whole number";
  return "a number";
}

constexpr std::string_view kCellAdvice =
    "correct the cell, read the column as text, or name the text that stands for a missing value";

Error bad_cell(std::string_view where, std::string_view cell, std::string_view expected) {
  return Error(Code::kInvalidArgument, "data.cell",
               fmt::format("{}: '{}' is not {}: {}", where, shown(cell), expected, kCellAdvice));
}

std::optional<Error> explain_csv_line(std::string_view text, const ExplainContext& context) {
  const auto line = between(text, "CSV Error on Line: ", "\n");
  if (!line) return std::nullopt;
  const auto file = between(text, "\n  file = ", "\n");
  const std::string where = fmt::format("{} line {}", file.value_or(context.uri), *line);
  if (const auto column = between(text, "Error when converting column \"", "\". Could not")) {
    const auto cell = between(text, "Could not convert string \"", "\" to '");
    const auto type = between(text, "\" to '", "'");
    return bad_cell(fmt::format("{} column '{}'", where, *column), cell.value_or(""),
                    words_for(type.value_or("")));
  }
  if (const auto expected = between(text, "Expected Number of Columns: ", " Found: ")) {
    const auto found = between(text, " Found: ", "\n").value_or("");
    const bool fewer = parse_int64(found) < parse_int64(*expected);
    return Error(Code::kInvalidArgument, "data.row_width",
                 fmt::format("{}: the line has {} cells, expected {} as in the header: correct the "
                             "line, or put cells that hold the separator in double quotes",
                             where, fewer ? std::string(found) : "more", *expected));
  }
  if (has(text, "Invalid unicode")) {
    return Error(Code::kInvalidArgument, "data.not_utf8",
                 fmt::format("{}: the text is not UTF-8: convert the file, for example with "
                             "iconv -f latin1 -t utf-8",
                             where));
  }
  if (has(text, "quote")) {
    return Error(Code::kInvalidArgument, "data.quote",
                 fmt::format("{}: a cell begins with a double quote that does not end it: write "
                             "quotes inside a quoted cell twice",
                             where));
  }
  if (has(text, "Maximum line size")) {
    return Error(Code::kInvalidArgument, "data.line_too_long",
                 fmt::format("{}: the line is longer than 2 MB, most likely because of a double "
                             "quote that is never closed",
                             where));
  }
  return Error(Code::kInvalidArgument, "data.csv", fmt::format("{}: cannot be read as CSV", where));
}

std::optional<Error> explain_csv_file(std::string_view text, const ExplainContext& context) {
  if (!has(text, "CSV Parser state machine")) return std::nullopt;
  return Error(Code::kInvalidArgument, "data.csv",
               fmt::format("{} cannot be read as CSV: most likely it mixes line ends (\\n and "
                           "\\r\\n) or quotes cells only in part; save it anew with one of them",
                           between(text, "\n  file = ", "\n").value_or(context.uri)));
}

// "at byte 8 in line 3: unexpected character": DuckDB counts the line that it would read next.
std::string json_place(std::string_view what) {
  const auto line = parse_int64(between(what, "in line ", ":").value_or(""));
  if (!line) return std::string(what);
  return fmt::format("line {}{}", *line - 1, what.substr(what.rfind(": ")));
}

std::optional<Error> explain_json(std::string_view text, const ExplainContext& context) {
  if (has(text, "got non-record JSON")) {
    return Error(Code::kInvalidArgument, "data.json",
                 fmt::format("{}: the first rows are not all JSON objects: expected {{\"column\": "
                             "value, ...}} for each row",
                             context.uri));
  }
  if (const auto file = between(text, "Malformed JSON in file \"", "\"")) {
    const auto first_line = text.substr(0, text.find('\n'));
    auto what = first_line.substr(std::min(first_line.size(), first_line.find("\", ") + 3));
    while (what.ends_with(' ') || what.ends_with('.')) what.remove_suffix(1);
    return Error(Code::kInvalidArgument, "data.json",
                 fmt::format("{} {}: expected one JSON object a line", *file, json_place(what)));
  }
  const auto file = between(text, "JSON transform error in file \"", "\"");
  if (!file) return std::nullopt;
  const auto where = between(text, "\", in ", ": ").value_or("");
  const auto first_line = between(text, "JSON transform error in file \"", "\n").value_or(text);
  const auto colon = first_line.find(": ");
  const auto what = colon == first_line.npos ? first_line : first_line.substr(colon + 2);
  return Error(Code::kInvalidArgument, "data.cell",
               fmt::format("{} {}: {}: {}", *file, where, what, kCellAdvice));
}

std::optional<Error> explain_parquet(std::string_view text, const ExplainContext& context) {
  std::optional<std::string_view> file = between(text, "at end of file '", "'");
  std::string_view what = "its end is missing";
  if (!file && has(text, "too small to be a Parquet file")) {
    file = between(text, "File '", "'");
    what = "it is too small";
  }
  if (!file) {
    file = between(text, "Failed to read file \"", "\": ");
    what = between(text, "\": ", "\n").value_or("its data cannot be decoded");
  }
  if (!file && has(text, "Parquet")) {
    file = context.uri;
    what = text.substr(0, text.find('\n'));
  }
  if (!file) return std::nullopt;
  return Error(
      Code::kDataLoss, "data.parquet_damaged",
      fmt::format("'{}' is no complete Parquet file ({}): write or copy it again", *file, what));
}

std::optional<Error> explain_marked_cell(std::string_view text, const ExplainContext& context) {
  const auto at = text.find(kBadCellMark);
  if (at == text.npos) return std::nullopt;
  const auto parts = split(text.substr(at), kMarkSeparator);
  if (parts.size() < 4) return std::nullopt;
  return bad_cell(fmt::format("{} column '{}'", context.uri, parts[1]), parts[3], parts[2]);
}

std::optional<Error> explain_resources(std::string_view text, const ExplainContext& context) {
  if (has(text, "No space left on device")) {
    return Error(
        Code::kResourceExhausted, "data.disk_full",
        fmt::format("{}: the disk is full: free some space or choose another folder", context.uri));
  }
  if (text.starts_with("Out of Memory Error")) {
    return Error(Code::kResourceExhausted, "data.memory",
                 fmt::format("{}: reading needs more memory than its limit: raise the limit, or "
                             "name fewer columns",
                             context.uri));
  }
  return std::nullopt;
}

std::optional<Error> explain_filter(std::string_view text, const ExplainContext& context) {
  if (context.filter.empty()) return std::nullopt;
  const bool of_sql = has(text, "Parser Error") || has(text, "Binder Error") ||
                      has(text, "Catalog Error") || has(text, "Permission Error") ||
                      has(text, "Conversion Error") || has(text, "multiple statements");
  if (!of_sql) return std::nullopt;
  const std::string_view first_line = text.substr(0, text.find('\n'));
  return Error(Code::kInvalidArgument, "data.filter",
               fmt::format("the filter `{}` cannot be used: {}", context.filter, first_line));
}

}  // namespace

Error explain(const Error& raw, const ExplainContext& context) {
  if (raw.reason() != "data.duckdb") return raw;
  std::string_view text = raw.message();
  constexpr std::string_view kWrapper = "closed pending query result\nError: ";
  if (const auto at = text.find(kWrapper); at != text.npos)
    text.remove_prefix(at + kWrapper.size());
  constexpr std::optional<Error> (*kExplainers[])(std::string_view, const ExplainContext&) = {
      explain_marked_cell, explain_csv_line, explain_csv_file, explain_json,
      explain_resources,   explain_filter,   explain_parquet,
  };
  for (const auto explainer : kExplainers) {
    if (auto error = explainer(text, context)) return *std::move(error);
  }
  return Error(Code::kUnavailable, "data.duckdb",
               fmt::format("{}: {}", context.uri, text.substr(0, text.find('\n'))));
}

std::string raise_bad_cell(std::string_view column, std::string_view cell,
                           std::string_view expected) {
  const std::string mark = fmt::format("{}{}{}{}{}{}", kBadCellMark, kMarkSeparator, column,
                                       kMarkSeparator, expected, kMarkSeparator);
  return fmt::format("error({} || left({}, 80) || {})", quote_text(mark), cell,
                     quote_text(std::string(1, kMarkSeparator)));
}

}  // namespace slipway::data
