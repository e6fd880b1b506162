// CSV and TSV: header and separator are read, types are settled, and only then does DuckDB parse
// the rows, with its own sniffing off: what it guesses depends on the sample, and a line that it
// cannot place it may skip.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "data/duckdb/columns.h"
#include "data/duckdb/explain.h"
#include "data/duckdb/query.h"
#include "data/scan.h"
#include "data/text_types.h"

namespace slipway::data {
namespace {

constexpr std::int64_t kSampleRows = 20480;

struct Head {
  char separator = ',';
  std::vector<std::string> names;
};

// The first line that is not empty, whatever packing the file has.
Result<std::string> first_line(const std::string& file, const std::shared_ptr<Session>& session) {
  const std::string sql = fmt::format(
      "SELECT line FROM read_csv({}, auto_detect = false, header = false, delim = '\\x1f', "
      "quote = '', escape = '', comment = '', columns = {{'line': 'VARCHAR'}}) "
      "WHERE line IS NOT NULL LIMIT 1",
      quote_text(file));
  auto rows = fetch_rows(session, sql);
  if (!rows) return explain(rows.error(), {.uri = file});
  if (rows.value().rows() == 0) {
    return Error(
        Code::kInvalidArgument, "data.empty_file",
        fmt::format("'{}' holds no line, not even a header: was it written to its end?", file));
  }
  return std::string(rows.value().column(0).text_at(0));
}

char find_separator(std::string_view line, Format format) {
  if (format == Format::kTsv) return '\t';
  constexpr std::string_view kCandidates = ",;\t|";
  std::array<std::size_t, kCandidates.size()> counts{};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    const auto at = kCandidates.find(c);
    if (!quoted && at != kCandidates.npos) ++counts[at];
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  return kCandidates[static_cast<std::size_t>(most - counts.begin())];
}

std::vector<std::string> split_cells(std::string_view line, char separator) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// SQL's names do not distinguish case.
Result<void> check_distinct(const std::string& file, const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const auto& name : names) {
    if (seen.insert(lower_case(name)).second) continue;
    return Error(Code::kInvalidArgument, "data.duplicate_column",
                 fmt::format("'{}' line 1: column '{}' occurs twice (upper and lower case count as "
                             "the same): rename one of them",
                             file, name));
  }
  return {};
}

Result<Head> read_head(const std::string& file, const Source& source, const ReadOptions& options,
                       const std::shared_ptr<Session>& session) {
  ASSIGN_OR_RETURN(const std::string line, first_line(file, session));
  Head head{.separator = find_separator(line, source.format)};
  head.names = split_cells(line, head.separator);
  for (std::size_t i = 0; i < head.names.size(); ++i) {
    // pandas leaves the name of its index empty
    if (!options.header || head.names[i].empty()) head.names[i] = fmt::format("column{}", i);
  }
  RETURN_IF_ERROR(check_distinct(file, head.names));
  return head;
}

Result<Head> read_common_head(const Source& source, const ReadOptions& options,
                              const std::shared_ptr<Session>& session) {
  ASSIGN_OR_RETURN(Head head, read_head(source.files.front(), source, options, session));
  for (std::size_t i = 1; i < source.files.size(); ++i) {
    ASSIGN_OR_RETURN(const Head other, read_head(source.files[i], source, options, session));
    if (other.names == head.names && other.separator == head.separator) continue;
    return Error(
        Code::kInvalidArgument, "data.header_differs",
        fmt::format("'{}' has the header {}, '{}' has {}: read them one by one", source.files[i],
                    join(other.names, ","), source.files.front(), join(head.names, ",")));
  }
  return head;
}

std::string read_csv_sql(const Source& source, const ReadOptions& options, const Head& head,
                         const std::vector<std::string>& types) {
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < types.size(); ++i) {
    columns.push_back(quote_text(head.names[i]) + ": " + quote_text(types[i]));
  }
  return fmt::format(
      "read_csv({}, auto_detect = false, header = {}, delim = {}, quote = '\"', escape = '\"', "
      "comment = '', nullstr = {}, columns = {{{}}})",
      quote_list(source.files), options.header, quote_text(std::string(1, head.separator)),
      quote_list(options.missing), join(columns, ", "));
}

// Types of `guessed` (indices into head.names), from the first rows.
Result<std::vector<frame::Type>> guess_types(const Source& source, const ReadOptions& options,
                                             const Head& head,
                                             const std::vector<std::size_t>& guessed,
                                             const std::shared_ptr<Session>& session) {
  std::vector<std::string> names;
  for (const std::size_t i : guessed) names.push_back(quote_name(head.names[i]));
  const std::vector<std::string> as_text(head.names.size(), "VARCHAR");
  const std::string sql = fmt::format("SELECT {} FROM {} LIMIT {}", join(names, ", "),
                                      read_csv_sql(source, options, head, as_text), kSampleRows);
  QueryOptions query;
  query.explain = [&](Error error) { return explain(error, {.uri = source.uri}); };
  ASSIGN_OR_RETURN(const auto rows, open_query(session, sql, query));
  std::vector<TypeGuess> guesses(guessed.size());
  while (true) {
    ASSIGN_OR_RETURN(const auto batch, rows->next());
    if (!batch) break;
    for (std::size_t i = 0; i < guesses.size(); ++i) {
      const frame::Column& column = batch->column(i);
      for (std::int64_t row = 0; row < batch->rows(); ++row) {
        if (!column.is_null(row)) guesses[i].observe(column.text_at(row));
      }
    }
  }
  std::vector<frame::Type> types;
  for (const auto& guess : guesses) types.push_back(guess.type());
  return types;
}

// Times without an offset are UTC, and DuckDB's plain TIMESTAMP would ignore an offset.
std::string parsed_as(const frame::Type& type) {
  if (frame::is_integer(type.id)) return "VARCHAR";
  if (type.id == frame::TypeId::kTimestamp) return "TIMESTAMP WITH TIME ZONE";
  return sql_name_of(type);
}

}  // namespace

Result<Scan> plan_csv_scan(const Source& source, const ReadOptions& options,
                           const std::shared_ptr<Session>& session) {
  ASSIGN_OR_RETURN(const Head head, read_common_head(source, options, session));
  std::vector<frame::Type> types(head.names.size(), frame::Type::of(frame::TypeId::kString));
  std::vector<std::size_t> guessed;
  for (std::size_t i = 0; i < head.names.size(); ++i) {
    const auto expected = options.expected.find(head.names[i]);
    if (expected != options.expected.end()) {
      types[i] = expected->second;
    } else if (is_needed(options, head.names[i])) {
      guessed.push_back(i);
    }
  }
  if (!guessed.empty()) {
    ASSIGN_OR_RETURN(const auto found, guess_types(source, options, head, guessed, session));
    for (std::size_t i = 0; i < guessed.size(); ++i) types[guessed[i]] = found[i];
  }
  Scan scan;
  std::vector<std::string> parsed, items;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string& name = head.names[i];
    const bool strict = options.expected.find(name) == options.expected.end();
    parsed.push_back(parsed_as(types[i]));
    items.push_back(fmt::format("{} AS {}",
                                frame::is_integer(types[i].id)
                                    ? whole_number_sql(name, sql_name_of(types[i]), strict)
                                    : quote_name(name),
                                quote_name(name)));
    if (types[i].id == frame::TypeId::kDictionary) {
      types[i] = frame::Type::of(frame::TypeId::kString);
    }
    scan.columns.push_back({.name = name, .sql_type = sql_name_of(types[i]), .type = types[i]});
  }
  scan.sql = fmt::format("SELECT {} FROM {}", join(items, ", "),
                         read_csv_sql(source, options, head, parsed));
  return scan;
}

}  // namespace slipway::data
