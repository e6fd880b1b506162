// SPDX-License-Identifier: Apache-2.0
#include "frame/frame.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "frame/builder.h"

namespace slipway::frame {
namespace {

class MemoryStream final : public FrameStream {
 public:
  MemoryStream(std::vector<Frame> frames, Schema schema)
      : frames_(std::move(frames)), schema_(std::move(schema)) {}
  const Schema& schema() const override { return schema_; }
  Result<std::optional<Frame>> next() override {
    if (at_ == frames_.size()) return std::optional<Frame>();
    return std::optional<Frame>(frames_[at_++]);
  }

 private:
  std::vector<Frame> frames_;
  Schema schema_;
  std::size_t at_ = 0;
};

Buffer join_validity(const std::vector<const Column*>& pieces) {
  ValidityBuilder validity;
  for (const Column* piece : pieces) {
    for (std::int64_t row = 0; row < piece->length(); ++row) validity.append(!piece->is_null(row));
  }
  return validity.finish();
}

Column join_fixed(const std::vector<const Column*>& pieces, std::int64_t length) {
  const Type type = pieces.front()->type();
  const std::size_t width = width_of(type);
  MutableBuffer values;
  values.reserve(static_cast<std::size_t>(length) * width);
  for (const Column* piece : pieces) {
    const auto& parts = piece->parts();
    values.append(parts.values.data() + static_cast<std::size_t>(parts.offset) * width,
                  static_cast<std::size_t>(parts.length) * width);
  }
  return Column({.type = type,
                 .length = length,
                 .validity = join_validity(pieces),
                 .values = std::move(values).freeze(),
                 .dictionary = pieces.front()->parts().dictionary});
}

Column join_text(const std::vector<const Column*>& pieces) {
  StringBuilder builder;
  for (const Column* piece : pieces) {
    for (std::int64_t row = 0; row < piece->length(); ++row) {
      piece->is_null(row) ? builder.append_null() : builder.append(piece->text_at(row));
    }
  }
  const TypeId id = pieces.front()->type().id;
  return builder.finish(id == TypeId::kBinary ? id : TypeId::kString);
}

Column join_bools(const std::vector<const Column*>& pieces) {
  BoolBuilder builder;
  for (const Column* piece : pieces) {
    for (std::int64_t row = 0; row < piece->length(); ++row) {
      piece->is_null(row) ? builder.append_null() : builder.append(piece->bool_at(row));
    }
  }
  return builder.finish();
}

bool one_dictionary(const std::vector<const Column*>& pieces) {
  for (const Column* piece : pieces) {
    if (piece->parts().dictionary != pieces.front()->parts().dictionary) return false;
  }
  return true;
}

Column join(const std::vector<const Column*>& pieces, std::int64_t length) {
  switch (pieces.front()->type().id) {
    case TypeId::kBool:
      return join_bools(pieces);
    case TypeId::kString:
    case TypeId::kBinary:
      return join_text(pieces);
    case TypeId::kDictionary:
      return one_dictionary(pieces) ? join_fixed(pieces, length) : join_text(pieces);
    default:
      return join_fixed(pieces, length);
  }
}

}  // namespace

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return i;
  }
  return std::nullopt;
}

std::vector<std::string> Schema::names() const {
  std::vector<std::string> names;
  names.reserve(fields_.size());
  for (const auto& field : fields_) names.push_back(field.name);
  return names;
}

Result<Frame> Frame::make(Schema schema, std::vector<Column> columns) {
  if (schema.size() != columns.size()) {
    return Error(Code::kInvalidArgument, "frame.column_count",
                 fmt::format("schema has {} fields, but there are {} columns", schema.size(),
                             columns.size()));
  }
  const std::int64_t rows = columns.empty() ? 0 : columns.front().length();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Field& field = schema.fields()[i];
    if (columns[i].length() != rows) {
      return Error(Code::kInvalidArgument, "frame.lengths_differ",
                   fmt::format("column '{}' has {} rows, column '{}' has {}: all columns of a "
                               "table need the same number",
                               field.name, columns[i].length(), schema.fields()[0].name, rows));
    }
    if (columns[i].type() != field.type) {
      return Error(Code::kInvalidArgument, "frame.type_differs",
                   fmt::format("column '{}' is {}, the schema says {}", field.name,
                               name_of(columns[i].type()), name_of(field.type)));
    }
  }
  return trusted(std::make_shared<const Schema>(std::move(schema)), std::move(columns), rows);
}

Frame Frame::trusted(std::shared_ptr<const Schema> schema, std::vector<Column> columns,
                     std::int64_t rows) {
  DCHECK(schema->size() == columns.size());
  return Frame(std::move(schema), std::move(columns), rows);
}

const Column* Frame::column(std::string_view name) const {
  const auto index = schema_->find(name);
  return index ? &columns_[*index] : nullptr;
}

Frame Frame::slice(std::int64_t offset, std::int64_t length) const {
  CHECK(offset >= 0 && length >= 0 && offset + length <= rows_);
  std::vector<Column> columns;
  columns.reserve(columns_.size());
  for (const auto& column : columns_) columns.push_back(column.slice(offset, length));
  return trusted(schema_, std::move(columns), length);
}

bool equal(const Frame& a, const Frame& b) {
  if (a.rows() != b.rows() || a.schema() != b.schema()) return false;
  for (std::size_t i = 0; i < a.columns().size(); ++i) {
    if (!equal(a.column(i), b.column(i))) return false;
  }
  return true;
}

std::unique_ptr<FrameStream> stream_of(std::vector<Frame> frames, Schema schema) {
  return std::make_unique<MemoryStream>(std::move(frames), std::move(schema));
}

Frame concatenate(const std::vector<Frame>& frames) {
  CHECK(!frames.empty());
  if (frames.size() == 1) return frames.front();
  std::int64_t rows = 0;
  for (const auto& frame : frames) rows += frame.rows();
  std::vector<Field> fields = frames.front().schema().fields();
  std::vector<Column> columns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::vector<const Column*> pieces;
    for (const auto& frame : frames) pieces.push_back(&frame.column(i));
    columns.push_back(join(pieces, rows));
    fields[i].type = columns.back().type();
  }
  return Frame::trusted(std::make_shared<const Schema>(std::move(fields)), std::move(columns),
                        rows);
}

Result<Frame> collect(FrameStream& stream, std::int64_t rows_max) {
  std::vector<Frame> frames;
  std::int64_t rows = 0;
  while (true) {
    ASSIGN_OR_RETURN(auto frame, stream.next());
    if (!frame) break;
    rows += frame->rows();
    if (rows > rows_max) {
      return Error(Code::kResourceExhausted, "frame.too_many_rows",
                   fmt::format("more than {} rows, which is the limit for a table held in memory",
                               rows_max));
    }
    frames.push_back(*std::move(frame));
  }
  if (!frames.empty()) return concatenate(frames);
  std::vector<Column> columns;
  for (const auto& field : stream.schema().fields()) {
    Column::Parts parts{.type = field.type};
    parts.values = MutableBuffer(sizeof(std::int32_t)).freeze();
    parts.characters = MutableBuffer(0).freeze();
    if (field.type.id == TypeId::kDictionary)
      parts.dictionary = std::make_shared<const Column>(StringBuilder().finish());
    columns.push_back(Column(std::move(parts)));
  }
  return Frame::trusted(std::make_shared<const Schema>(stream.schema()), std::move(columns), 0);
}

}  // namespace slipway::frame
