// SPDX-License-Identifier: Apache-2.0
#include "data/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/env.h"
#include "base/text.h"
#include "data/duckdb/query.h"

namespace slipway::data {
namespace {

bool is_scheme_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '-' || c == '.';
}

// "s3" of "s3://bucket/x"; empty for a path.
std::string_view scheme_of(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == uri.npos || colon < 2) return {};
  const std::string_view scheme = uri.substr(0, colon);
  return std::all_of(scheme.begin(), scheme.end(), is_scheme_character) ? scheme
                                                                        : std::string_view();
}

Result<std::string> path_of(const std::string& uri) {
  const std::string_view scheme = scheme_of(uri);
  if (scheme.empty() || posix_env().exists(uri)) return uri;
  if (scheme == "file") {
    std::string_view path = std::string_view(uri).substr(scheme.size() + 1);
    if (path.starts_with("//")) path.remove_prefix(2);
    return std::string(path);
  }
  return Error(Code::kUnimplemented, "data.scheme",
               fmt::format("'{}': this release reads files only ({}), not {}: copy the rows into a "
                           "file first, for example a Parquet file",
                           uri, kFormatNames, scheme));
}

bool is_pattern(std::string_view path) { return path.find_first_of("*?[") != path.npos; }

Result<void> list_files(const std::string& folder, std::vector<std::string>* files) {
  ASSIGN_OR_RETURN(const auto names, posix_env().list(folder));
  for (const auto& name : names) {
    if (name.starts_with('.') || name.starts_with('_')) continue;  // as Hive and Spark do
    const std::string path = (std::filesystem::path(folder) / name).string();
    if (posix_env().is_folder(path)) {
      RETURN_IF_ERROR(list_files(path, files));
    } else {
      files->push_back(path);
    }
  }
  return {};
}

Result<std::vector<std::string>> match(const std::string& pattern,
                                       const std::shared_ptr<Session>& session) {
  ASSIGN_OR_RETURN(const auto rows,
                   fetch_rows(session, "SELECT file FROM glob(" + quote_text(pattern) + ")"));
  std::vector<std::string> files;
  for (std::int64_t row = 0; row < rows.rows(); ++row) {
    files.emplace_back(rows.column(0).text_at(row));
  }
  std::sort(files.begin(), files.end());
  return files;
}

Error not_found(const std::string& path) {
  const std::filesystem::path given(path);
  const std::string folder = given.has_parent_path() ? given.parent_path().string() : ".";
  std::string hint = "check the path";
  if (const auto names = posix_env().list(folder)) {
    const auto near = nearest(given.filename().string(), names.value());
    if (near) hint = fmt::format("did you mean '{}'?", *near);
  } else {
    hint = fmt::format("there is no folder '{}' either", folder);
  }
  return Error(Code::kNotFound, "data.not_found", fmt::format("no file '{}': {}", path, hint));
}

Result<std::vector<std::string>> files_of(const std::string& path,
                                          const std::shared_ptr<Session>& session) {
  std::vector<std::string> files;
  if (posix_env().is_folder(path)) {
    RETURN_IF_ERROR(list_files(path, &files));
  } else if (posix_env().exists(path)) {
    files = {path};
  } else if (is_pattern(path)) {
    ASSIGN_OR_RETURN(files, match(path, session));
  } else {
    return not_found(path);
  }
  if (!files.empty()) return files;
  return Error(Code::kNotFound, "data.no_files",
               fmt::format("'{}' has no files to read: expected files of one format ({})", path,
                           kFormatNames));
}

Result<Format> common_format(const std::string& uri, const std::vector<std::string>& files) {
  std::optional<Format> common;
  std::string first;
  for (const auto& file : files) {
    const auto format = format_of(file);
    if (!format) {
      return Error(Code::kInvalidArgument, "data.format",
                   fmt::format("cannot tell the format of '{}' from its name: rename it, or name "
                               "the format: {}",
                               file, kFormatNames));
    }
    if (common && *common != *format) {
      return Error(
          Code::kInvalidArgument, "data.mixed_formats",
          fmt::format("'{}' mixes formats: '{}' is {}, '{}' is {}; name one of them, for "
                      "example with a pattern such as *.{}",
                      uri, first, name_of(*common), file, name_of(*format), name_of(*common)));
    }
    if (!common) first = file;
    common = format;
  }
  return *common;
}

Result<void> check_not_empty(const std::vector<std::string>& files) {
  for (const auto& file : files) {
    ASSIGN_OR_RETURN(const std::uint64_t size, posix_env().file_size(file));
    if (size > 0) continue;
    return Error(Code::kInvalidArgument, "data.empty_file",
                 fmt::format("'{}' is empty, not even a header or schema is there: was it written "
                             "to its end?",
                             file));
  }
  return {};
}

}  // namespace

Result<Source> find_source(const std::string& uri, std::optional<Format> format,
                           const std::shared_ptr<Session>& session) {
  ASSIGN_OR_RETURN(const std::string path, path_of(uri));
  ASSIGN_OR_RETURN(std::vector<std::string> files, files_of(path, session));
  if (!format) {
    ASSIGN_OR_RETURN(format, common_format(uri, files));
  }
  RETURN_IF_ERROR(check_not_empty(files));
  return Source{.uri = uri, .format = *format, .files = std::move(files)};
}

}  // namespace slipway::data
