// CSV, TSV and JSON lines, written by ourselves: the digits of a float must be those that every
// other text form of slipway prints.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/json_writer.h"
#include "data/cell_text.h"
#include "data/sinks.h"

namespace slipway::data {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

class StandardOutput final : public WritableFile {
 public:
  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_error(errno, "writing to standard output");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }
  Result<void> sync() override { return {}; }
};

// Frames as lines.
class LineFormat {
 public:
  LineFormat(Format format, const frame::Schema& schema) : format_(format) {
    for (const auto& field : schema.fields()) {
      std::string key;
      if (format == Format::kJsonLines) {
        append_json_string(field.name, &key);
        key += ':';
      }
      cells_.push_back({.before = std::move(key)});
    }
  }

  void append_header(const frame::Schema& schema, std::string* out) const {
    if (format_ == Format::kJsonLines) return;
    for (std::size_t i = 0; i < schema.size(); ++i) {
      if (i > 0) *out += separator();
      append_csv_text(schema.fields()[i].name, separator(), out);
    }
    *out += '\n';
  }

  // Sends `out` on with `flush` whenever it is long enough.
  template <typename Flush>
  Result<void> append_rows(const frame::Frame& frame, std::string* out, const Flush& flush) {
    for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i].append = cell(frame.column(i).type());
    for (std::int64_t row = 0; row < frame.rows(); ++row) {
      if (format_ == Format::kJsonLines) {
        append_object(frame, row, out);
      } else {
        append_line(frame, row, out);
      }
      if (out->size() >= kBufferBytes) RETURN_IF_ERROR(flush());
    }
    return {};
  }

 private:
  struct Cell {
    std::string before;  // "name": in JSON
    AppendCell append = nullptr;
  };

  char separator() const { return format_ == Format::kTsv ? '\t' : ','; }

  AppendCell cell(const frame::Type& type) const {
    if (format_ == Format::kJsonLines) return json_cell(type);
    return format_ == Format::kTsv ? tsv_cell(type) : csv_cell(type);
  }

  void append_line(const frame::Frame& frame, std::int64_t row, std::string* out) const {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (i > 0) *out += separator();
      if (!frame.column(i).is_null(row)) {
        cells_[i].append(frame.column(i), row, out);
      } else if (cells_.size() == 1) {
        *out += "\"\"";  // readers skip an empty line
      }
    }
    *out += '\n';
  }

  void append_object(const frame::Frame& frame, std::int64_t row, std::string* out) const {
    *out += '{';
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (i > 0) *out += ',';
      *out += cells_[i].before;
      if (frame.column(i).is_null(row)) {
        *out += "null";
      } else {
        cells_[i].append(frame.column(i), row, out);
      }
    }
    *out += "}\n";
  }

  const Format format_;
  std::vector<Cell> cells_;
};

class TextSink final : public frame::FrameSink {
 public:
  TextSink(std::string path, frame::Schema schema, Format format, std::optional<AtomicFile> target,
           std::unique_ptr<WritableFile> file)
      : path_(std::move(path)),
        schema_(std::move(schema)),
        lines_(format, schema_),
        target_(std::move(target)),
        file_(std::move(file)) {
    lines_.append_header(schema_, &buffer_);
  }

  Result<void> write(const frame::Frame& frame) override {
    RETURN_IF_ERROR(check_same_schema(schema_, frame.schema()));
    return lines_.append_rows(frame, &buffer_, [this] { return flush(); });
  }

  Result<void> finish() override {
    RETURN_IF_ERROR(flush());
    file_.reset();
    if (!target_) return {};
    return target_->commit();
  }

 private:
  Result<void> flush() {
    auto written = file_->append(buffer_);
    buffer_.clear();
    if (written) return {};
    return std::move(written).error().with_context(fmt::format("cannot write '{}'", path_));
  }

  const std::string path_;
  const frame::Schema schema_;
  LineFormat lines_;
  std::optional<AtomicFile> target_;  // none: standard output
  std::unique_ptr<WritableFile> file_;
  std::string buffer_;
};

}  // namespace

Result<std::unique_ptr<frame::FrameSink>> write_text(const std::string& path,
                                                     const frame::Schema& schema,
                                                     const WriteOptions& options) {
  for (const auto& field : schema.fields()) {
    if (field.type.id != frame::TypeId::kBinary) continue;
    return Error(Code::kInvalidArgument, "data.binary_in_text",
                 fmt::format("cannot write '{}': column '{}' is binary, which {} does not hold: "
                             "write Parquet, or leave it out",
                             path, field.name, name_of(*options.format)));
  }
  std::optional<AtomicFile> target;
  std::unique_ptr<WritableFile> file = std::make_unique<StandardOutput>();
  if (path != "-") {
    Env& env = options.env != nullptr ? *options.env : posix_env();
    ASSIGN_OR_RETURN(auto begun, AtomicFile::begin(path, env));
    ASSIGN_OR_RETURN(file, begun.create());
    target.emplace(std::move(begun));
  }
  return std::unique_ptr<frame::FrameSink>(std::make_unique<TextSink>(
      path, schema, *options.format, std::move(target), std::move(file)));
}

}  // namespace slipway::data
