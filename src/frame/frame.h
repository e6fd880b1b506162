// A table of rows: a Schema and one Column per field, all of the same length.
//
//   ASSIGN_OR_RETURN(Frame frame, Frame::make(schema, columns));
//   if (const Column* origin = frame.column("origin")) ...
//   Frame first = frame.slice(0, 100);                       // shares the memory
//
// Immutable; cheap to copy; safe to share between threads. Streams and sinks belong to one thread
// at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "frame/column.h"
#include "frame/type.h"

namespace slipway::frame {

struct Field {
  std::string name;
  Type type;
  bool nullable = true;

  friend bool operator==(const Field&, const Field&) = default;
};

class Schema {
 public:
  Schema() = default;
  explicit Schema(std::vector<Field> fields) : fields_(std::move(fields)) {}

  const std::vector<Field>& fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }
  // The first field of that name. Linear: look up once per plan, not once per row.
  std::optional<std::size_t> find(std::string_view name) const;
  std::vector<std::string> names() const;

  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Field> fields_;
};

class Frame {
 public:
  Frame() : schema_(std::make_shared<const Schema>()) {}

  // Errors: kInvalidArgument if counts, lengths or types of schema and columns disagree.
  static Result<Frame> make(Schema schema, std::vector<Column> columns);
  // For columns known to agree with the schema (DCHECKed); `rows` matters when there are no
  // columns.
  static Frame trusted(std::shared_ptr<const Schema> schema, std::vector<Column> columns,
                       std::int64_t rows);

  const Schema& schema() const { return *schema_; }
  const std::shared_ptr<const Schema>& shared_schema() const { return schema_; }
  std::int64_t rows() const { return rows_; }
  const std::vector<Column>& columns() const { return columns_; }
  const Column& column(std::size_t index) const { return columns_[index]; }
  const Column* column(std::string_view name) const;

  Frame slice(std::int64_t offset, std::int64_t length) const;

 private:
  Frame(std::shared_ptr<const Schema> schema, std::vector<Column> columns, std::int64_t rows)
      : schema_(std::move(schema)), columns_(std::move(columns)), rows_(rows) {}

  std::shared_ptr<const Schema> schema_;  // shared: every frame of a stream has the same one
  std::vector<Column> columns_;
  std::int64_t rows_ = 0;
};

bool equal(const Frame& a, const Frame& b);

// Frames one after the other, all of one schema. Memory is bounded by the frames that the caller
// holds.
class FrameStream {
 public:
  virtual ~FrameStream() = default;
  virtual const Schema& schema() const = 0;
  // nullopt at the end. After an error the stream is at its end.
  virtual Result<std::optional<Frame>> next() = 0;
};

// Where frames go. Nothing is visible to others until finish() succeeds.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual Result<void> write(const Frame& frame) = 0;
  virtual Result<void> finish() = 0;
};

// Frames held in memory, as a stream.
std::unique_ptr<FrameStream> stream_of(std::vector<Frame> frames, Schema schema);
// All rows of a stream in one frame (dictionaries become strings if they differ between frames).
// Errors: the stream's; kResourceExhausted above `rows_max`.
Result<Frame> collect(FrameStream& stream, std::int64_t rows_max);
// Frames of one schema, one under the other. Precondition: at least one frame.
Frame concatenate(const std::vector<Frame>& frames);

}  // namespace slipway::frame
