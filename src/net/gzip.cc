// SPDX-License-Identifier: Apache-2.0
#include "net/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

namespace slipway::net {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest, in gzip's frame and no other
constexpr std::size_t kStep = 64u << 10;

void set_input(std::string_view bytes, z_stream* stream) {
  stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream->avail_in = static_cast<uInt>(bytes.size());
}

// Room for one more step behind what is there; returns how much.
std::size_t make_room(std::size_t size, std::size_t at_most, std::string* out, z_stream* stream) {
  const std::size_t room = std::min(at_most, std::max(kStep, size / 2));
  out->resize(size + room);
  stream->next_out = reinterpret_cast<Bytef*>(out->data() + size);
  stream->avail_out = static_cast<uInt>(room);
  return room;
}

}  // namespace

Result<void> gunzip(std::string_view bytes, std::size_t bytes_max, std::string* out) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK)
    return Error(Code::kResourceExhausted, "net.gzip", "no memory to decompress with");
  set_input(bytes, &stream);
  const std::size_t before = out->size();
  int state = Z_OK;
  while (state == Z_OK) {
    const std::size_t size = out->size();
    // One byte more than allowed shows that there is more.
    const std::size_t left = bytes_max + 1 - std::min(bytes_max + 1, size - before);
    if (left == 0) break;
    const std::size_t room = make_room(size, left, out, &stream);
    state = inflate(&stream, Z_NO_FLUSH);
    out->resize(size + room - stream.avail_out);
  }
  const bool has_more = stream.avail_in > 0;
  inflateEnd(&stream);
  if (out->size() - before > bytes_max) {
    return Error(Code::kResourceExhausted, "net.gzip_size",
                 fmt::format("more than {} bytes once decompressed", bytes_max));
  }
  if (state == Z_STREAM_END && !has_more) return {};
  return Error(Code::kInvalidArgument, "net.gzip", "the compressed bytes are not gzip, or are cut");
}

void gzip(std::string_view text, std::string* out) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return;
  set_input(text, &stream);
  const std::size_t size = out->size();
  const auto bound = static_cast<std::size_t>(deflateBound(&stream, text.size()));
  out->resize(size + bound);
  stream.next_out = reinterpret_cast<Bytef*>(out->data() + size);
  stream.avail_out = static_cast<uInt>(bound);
  deflate(&stream, Z_FINISH);
  out->resize(size + bound - stream.avail_out);
  deflateEnd(&stream);
}

}  // namespace slipway::net
