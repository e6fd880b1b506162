// SPDX-License-Identifier: Apache-2.0
#include "model/container.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/json_writer.h"

namespace slipway::model {
namespace {

// The first 32 bytes: magic, sizes, and a checksum of the header. All little-endian.
struct Prefix {
  char magic[8];
  std::uint32_t format;       // of the container itself
  std::uint32_t header_size;  // JSON bytes after the prefix
  std::uint64_t file_size;    // so that a truncated file is told from a damaged one
  std::uint64_t header_xxh3;
};
static_assert(sizeof(Prefix) == 32);
static_assert(std::endian::native == std::endian::little, "containers are little-endian");

constexpr char kMagic[8] = {'S', 'L', 'I', 'P', 'W', 'A', 'Y', '\n'};
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

Error damaged(const char* reason, std::string what) {
  return Error(Code::kDataLoss, reason, std::move(what));
}

Result<Prefix> read_prefix(std::string_view bytes) {
  Prefix prefix;
  if (!Container::has_magic(bytes)) {
    return damaged("model.slip.magic", "not a slipway file: it does not start with 'SLIPWAY'");
  }
  if (bytes.size() < sizeof(prefix)) {
    return damaged("model.slip.truncated",
                   fmt::format("only {} bytes long: the file was cut off", bytes.size()));
  }
  std::memcpy(&prefix, bytes.data(), sizeof(prefix));
  if (prefix.format != kFormat) {
    return Error(Code::kUnimplemented, "model.slip.format",
                 fmt::format("container format {}, this slipway reads {}: use a slipway as new as "
                             "the one that wrote it",
                             prefix.format, kFormat));
  }
  if (prefix.file_size != bytes.size()) {
    return damaged("model.slip.truncated",
                   fmt::format("{} bytes long, {} expected: the file was cut off or appended to",
                               bytes.size(), prefix.file_size));
  }
  if (prefix.header_size > bytes.size() - sizeof(prefix)) {
    return damaged("model.slip.header",
                   fmt::format("a header of {} bytes does not fit", prefix.header_size));
  }
  if (xxh3_64(bytes.substr(sizeof(prefix), prefix.header_size)) != prefix.header_xxh3) {
    return damaged("model.slip.checksum",
                   "the header's checksum does not match: the file is damaged");
  }
  return prefix;
}

}  // namespace

ContainerWriter::ContainerWriter(std::string_view kind, int version)
    : kind_(kind), version_(version) {}

void ContainerWriter::add_bytes(std::string_view name, std::span<const std::byte> bytes,
                                std::size_t width) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  buffers_.resize(aligned(buffers_.size()), '\0');
  entries_.push_back({std::string(name), buffers_.size(), bytes.size(), width, xxh3_64(text)});
  buffers_.append(text);
}

std::string ContainerWriter::finish(std::string_view content) && {
  std::string header;
  JsonWriter json(&header);
  json.begin_object()
      .member("kind", kind_)
      .member("version", version_)
      .key("buffers")
      .begin_array();
  for (const auto& entry : entries_) {
    json.begin_object()
        .member("name", entry.name)
        .member("offset", entry.offset)
        .member("size", entry.size)
        .member("width", entry.width)
        .member("xxh3", fmt::format("{:016x}", entry.checksum))
        .end_object();
  }
  json.end_array().key("content").raw(content).end_object();
  Prefix prefix{};
  std::memcpy(prefix.magic, kMagic, sizeof(kMagic));
  prefix.format = kFormat;
  prefix.header_size = static_cast<std::uint32_t>(header.size());
  const std::size_t begin = aligned(sizeof(prefix) + header.size());
  prefix.file_size = begin + buffers_.size();
  prefix.header_xxh3 = xxh3_64(header);
  std::string out(reinterpret_cast<const char*>(&prefix), sizeof(prefix));
  out += header;
  out.resize(begin, '\0');
  return out + buffers_;
}

bool Container::has_magic(std::string_view bytes) {
  return bytes.starts_with(std::string_view(kMagic, sizeof(kMagic)));
}

Result<Container> Container::open(std::string_view bytes, std::shared_ptr<const void> owner,
                                  std::string_view kind, int version) {
  ASSIGN_OR_RETURN(const Prefix prefix, read_prefix(bytes));
  ASSIGN_OR_RETURN(JsonDocument document,
                   JsonDocument::parse(bytes.substr(sizeof(prefix), prefix.header_size)));
  Container container(std::move(document), std::move(owner));
  const JsonView header = container.header_.root();
  if (header.find("kind").as_string() != kind) {
    return Error(Code::kInvalidArgument, "model.slip.kind",
                 fmt::format("holds '{}', '{}' expected",
                             header.find("kind").as_string().value_or("nothing"), kind));
  }
  if (header.find("version").as_int64() != version) {
    return Error(Code::kUnimplemented, "model.slip.version",
                 fmt::format("version {} of '{}', this slipway reads {}",
                             header.find("version").as_int64().value_or(-1), kind, version));
  }
  RETURN_IF_ERROR(container.read_buffers(bytes, aligned(sizeof(prefix) + prefix.header_size)));
  return container;
}

JsonView Container::content() const { return header_.root().find("content"); }

Result<void> Container::read_buffers(std::string_view bytes, std::size_t begin) {
  for (const JsonView entry : header_.root().find("buffers").array()) {
    const auto name = entry.find("name").as_string();
    const auto offset = entry.find("offset").as_uint64();
    const auto size = entry.find("size").as_uint64();
    const auto width = entry.find("width").as_uint64();
    const auto checksum = entry.find("xxh3").as_string();
    if (!name || !offset || !size || !width || !checksum) {
      return damaged("model.slip.header",
                     "a buffer's entry lacks name, offset, size, width or xxh3");
    }
    const std::size_t room = bytes.size() > begin ? bytes.size() - begin : 0;
    if (*offset > room || *size > room - *offset || *width == 0 || *size % *width != 0 ||
        *offset % kAlignment != 0) {
      return damaged(
          "model.slip.buffer",
          fmt::format("buffer '{}' (offset {}, {} bytes of width {}) does not fit the file", *name,
                      *offset, *size, *width));
    }
    const std::string_view content = bytes.substr(begin + *offset, *size);
    if (fmt::format("{:016x}", xxh3_64(content)) != *checksum) {
      return damaged(
          "model.slip.checksum",
          fmt::format("the checksum of buffer '{}' does not match: the file is damaged", *name));
    }
    buffers_[std::string(*name)] = {content, *width};
  }
  return {};
}

Result<std::string_view> Container::buffer(std::string_view name, std::size_t width) const {
  const auto at = buffers_.find(name);
  if (at == buffers_.end())
    return damaged("model.slip.buffer", fmt::format("buffer '{}' is missing", name));
  if (at->second.width != width) {
    return damaged("model.slip.buffer",
                   fmt::format("buffer '{}' has values of {} bytes, {} expected", name,
                               at->second.width, width));
  }
  return at->second.bytes;
}

}  // namespace slipway::model
