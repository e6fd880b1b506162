// What a URI names: which files, of which format.
//
//   ASSIGN_OR_RETURN(const Source source, find_source("flights/*.parquet", std::nullopt, session));
//   source.format, source.files                         // at least one file, sorted by name
//
// A path may be a file, a folder (all files in it, those beginning with '.' or '_' left out) or a
// pattern (*, ?, [abc], **). Errors: kNotFound "data.not_found", "data.no_files";
// kInvalidArgument "data.format", "data.mixed_formats", "data.empty_file"; kUnimplemented
// "data.scheme".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/duckdb/session.h"
#include "data/format.h"

namespace slipway::data {

struct Source {
  std::string uri;
  Format format = Format::kParquet;
  std::vector<std::string> files;
};

Result<Source> find_source(const std::string& uri, std::optional<Format> format,
                           const std::shared_ptr<Session>& session);

}  // namespace slipway::data
