// SPDX-License-Identifier: Apache-2.0
#include "data/npy.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "frame/builder.h"

namespace slipway::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxColumns = 100'000;

struct Header {
  char kind = 0;  // f i u b U
  std::size_t item_size = 0;
  bool fortran_order = false;
  std::size_t rows = 0;
  std::size_t columns = 1;
  std::size_t data_at = 0;
};

Error bad(std::string what) { return Error(Code::kInvalidArgument, "data.npy", std::move(what)); }

// The text of a key's value in the header, a literal of a Python dict.
std::string_view value_of(std::string_view dict, std::string_view key) {
  const auto at = dict.find(key);
  if (at == dict.npos) return {};
  const auto colon = dict.find(':', at + key.size());
  return colon == dict.npos ? std::string_view{} : trim(dict.substr(colon + 1));
}

Result<void> read_type(std::string_view dict, Header* header) {
  const std::string_view value = value_of(dict, "'descr'");
  const auto end = value.find('\'', 1);
  if (!value.starts_with('\'') || end == value.npos || end < 3)
    return bad("its dtype is structured or damaged; one of plain numbers or text is read");
  const std::string_view type = value.substr(1, end - 1);
  const auto size = parse_int64(type.substr(2));
  header->kind = type[1];
  if (header->kind == 'O')
    return Error(Code::kUnimplemented, "data.npy",
                 "it holds Python objects, which slipway never unpickles for data: save numbers or "
                 "text, array.astype(str)");
  const bool known = std::string_view("fiubU").find(header->kind) != std::string_view::npos;
  if (!known || !size || *size < 1 || *size > 1 << 20 || type[0] == '>')
    return bad(
        fmt::format("its dtype is '{}'; little-endian numbers, bools and text are read", type));
  header->item_size = static_cast<std::size_t>(*size) * (header->kind == 'U' ? 4 : 1);
  const bool number = header->kind != 'U';
  if (number && header->item_size != 1 && header->item_size != 2 && header->item_size != 4 &&
      header->item_size != 8)
    return bad(fmt::format("its dtype is '{}'", type));
  if (header->kind == 'f' && header->item_size < 4)
    return bad("float16 is not read: save float32 or float64");
  return {};
}

Result<void> read_shape(std::string_view dict, Header* header) {
  const std::string_view value = value_of(dict, "'shape'");
  const auto end = value.find(')');
  if (!value.starts_with('(') || end == value.npos) return bad("its shape is damaged");
  std::vector<std::size_t> extents;
  for (const auto part : split(value.substr(1, end - 1), ',')) {
    if (trim(part).empty()) continue;
    const auto extent = parse_int64(trim(part));
    if (!extent || *extent < 0) return bad("its shape is damaged");
    extents.push_back(static_cast<std::size_t>(*extent));
  }
  if (extents.empty() || extents.size() > 2)
    return bad(fmt::format("it has {} dimensions, 1 or 2 expected", extents.size()));
  header->rows = extents[0];
  header->columns = extents.size() == 2 ? extents[1] : 1;
  if (header->columns == 0 || header->columns > kMaxColumns)
    return bad(fmt::format("it has {} columns", header->columns));
  return {};
}

Result<Header> read_header(std::string_view bytes) {
  const bool wide = bytes.size() > 6 && bytes[6] > 1;  // versions 2 and 3 count in 4 bytes
  const std::size_t at = wide ? 12 : 10;
  if (bytes.size() < at) return bad("the file ends inside its header");
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 8, wide ? 4 : 2);
  if (length > bytes.size() - at) return bad("the file ends inside its header");
  const std::string_view dict = bytes.substr(at, length);
  Header header;
  header.data_at = at + length;
  RETURN_IF_ERROR(read_type(dict, &header));
  RETURN_IF_ERROR(read_shape(dict, &header));
  header.fortran_order = value_of(dict, "'fortran_order'").starts_with("True");
  const std::size_t room = bytes.size() - header.data_at;
  if (header.rows > room / header.item_size / header.columns)
    return bad(fmt::format("{} bytes of data for {} x {} items of {}", room, header.rows,
                           header.columns, header.item_size));
  return header;
}

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

double number_at(const char* at, std::size_t size) {
  return size == 4 ? load<float>(at) : load<double>(at);
}

std::int64_t integer_at(const char* at, char kind, std::size_t size) {
  const bool is_signed = kind == 'i';
  switch (size) {
    case 1:
      return is_signed ? load<std::int8_t>(at) : load<std::uint8_t>(at);
    case 2:
      return is_signed ? load<std::int16_t>(at) : load<std::uint16_t>(at);
    case 4:
      return is_signed ? load<std::int32_t>(at) : load<std::uint32_t>(at);
    default:
      return load<std::int64_t>(at);
  }
}

std::optional<std::string> text_at(const char* at, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; i += 4) {
    const auto code = load<std::uint32_t>(at + i);
    if (code == 0) break;
    if (code > 0x10FFFF) return std::nullopt;
    if (code < 0x80) {
      text += static_cast<char>(code);
      continue;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    const int lead = more == 1 ? 0xC0 : more == 2 ? 0xE0 : 0xF0;
    text += static_cast<char>(static_cast<std::uint32_t>(lead) | (code >> (6 * more)));
    for (int k = more - 1; k >= 0; --k) text += static_cast<char>(0x80 | ((code >> (6 * k)) & 63));
  }
  return text;
}

class Columns {
 public:
  Columns(const Header& header, std::string_view data) : h_(header), data_(data) {}

  Result<frame::Column> column(std::size_t c) const {
    if (h_.kind == 'U') return texts(c);
    if (h_.kind == 'f') {
      std::vector<double> out(h_.rows);
      for (std::size_t r = 0; r < h_.rows; ++r) out[r] = number_at(item(r, c), h_.item_size);
      return frame::column_of(out);
    }
    std::vector<std::int64_t> out(h_.rows);
    for (std::size_t r = 0; r < h_.rows; ++r)
      out[r] = integer_at(item(r, c), h_.kind, h_.item_size);
    return frame::column_of(out);
  }

 private:
  const char* item(std::size_t row, std::size_t column) const {
    const std::size_t at = h_.fortran_order ? column * h_.rows + row : row * h_.columns + column;
    return data_.data() + at * h_.item_size;
  }

  Result<frame::Column> texts(std::size_t c) const {
    frame::StringBuilder builder;
    for (std::size_t r = 0; r < h_.rows; ++r) {
      const auto text = text_at(item(r, c), h_.item_size);
      if (!text) return bad(fmt::format("row {} holds no valid text", r));
      builder.append(*text);
    }
    return builder.finish();
  }

  const Header& h_;
  std::string_view data_;
};

}  // namespace

bool is_npy(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<frame::Frame> read_npy(std::string_view bytes) {
  ASSIGN_OR_RETURN(const Header header, read_header(bytes));
  const Columns columns(header, bytes.substr(header.data_at));
  std::vector<frame::Field> fields;
  std::vector<frame::Column> made;
  for (std::size_t c = 0; c < header.columns; ++c) {
    ASSIGN_OR_RETURN(made.emplace_back(), columns.column(c));
    fields.push_back({.name = fmt::format("column{}", c), .type = made.back().type()});
  }
  return frame::Frame::make(frame::Schema(std::move(fields)), std::move(made));
}

}  // namespace slipway::data
