// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/compression.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "base/json.h"
#include "base/text.h"
#include "net/http.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;
constexpr int kGzipBits = 15 + 16;  // zlib: this window, gzip's header
constexpr int kZlibBits = 15;
constexpr int kMemoryLevel = 8;
constexpr int kFast = 1;  // an answer is wanted soon

int bits_of(Encoding encoding) { return encoding == Encoding::kGzip ? kGzipBits : kZlibBits; }

struct EndInflate {
  void operator()(z_stream* stream) const {
    inflateEnd(stream);
    delete stream;
  }
};
struct EndDeflate {
  void operator()(z_stream* stream) const {
    deflateEnd(stream);
    delete stream;
  }
};

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

std::string_view name_of(Encoding encoding) {
  return encoding == Encoding::kGzip ? "gzip" : "deflate";
}

Result<std::optional<Encoding>> encoding_named(std::string_view name) {
  name = trim(name);
  using Answer = std::optional<Encoding>;
  if (name.empty() || net::equal_ignoring_case(name, "identity")) return Answer();
  if (net::equal_ignoring_case(name, "gzip") || net::equal_ignoring_case(name, "x-gzip"))
    return Answer(Encoding::kGzip);
  if (net::equal_ignoring_case(name, "deflate")) return Answer(Encoding::kDeflate);
  return Error(
      Code::kUnimplemented, "realtime.encoding",
      fmt::format("Content-Encoding: gzip, deflate or identity expected, found '{}'", name));
}

std::optional<Encoding> chosen_encoding(std::string_view accept) {
  double gzip = 0, deflate = 0, any = 0;
  for (const std::string_view each : split(accept, ',')) {
    const std::size_t mark = each.find(';');
    const std::string_view name = trim(each.substr(0, mark));
    double weight = 1;
    if (mark != each.npos) {
      const std::string_view parameter = trim(each.substr(mark + 1));
      if (parameter.starts_with("q=")) weight = parse_double(parameter.substr(2)).value_or(0);
    }
    if (net::equal_ignoring_case(name, "gzip")) gzip = weight;
    if (net::equal_ignoring_case(name, "deflate")) deflate = weight;
    if (name == "*") any = weight;
  }
  gzip = std::max(gzip, any);
  if (gzip <= 0 && deflate <= 0) return std::nullopt;
  return gzip >= deflate ? Encoding::kGzip : Encoding::kDeflate;
}

Result<void> decompress(Encoding encoding, std::string_view packed, std::size_t max_bytes,
                        std::string* out) {
  out->clear();
  std::unique_ptr<z_stream, EndInflate> stream(new z_stream());
  if (inflateInit2(stream.get(), bits_of(encoding)) != Z_OK)
    return Error(Code::kResourceExhausted, "realtime.too_large", "no memory to unpack the body");
  stream->next_in = bytes_of(packed);
  stream->avail_in =
      static_cast<uInt>(std::min<std::size_t>(packed.size(), std::numeric_limits<uInt>::max()));
  int state = Z_OK;
  while (state == Z_OK) {
    const std::size_t held = out->size();
    // One byte beyond the limit tells that there is more than it.
    const std::size_t room = std::min(std::max(kPiece, held), max_bytes + 1 - held);
    if (room == 0) {
      return Error(
          Code::kResourceExhausted, "realtime.too_large",
          fmt::format("the unpacked body is larger than {} (--max-body)", bytes_text(max_bytes)));
    }
    out->resize(held + room);
    stream->next_out = bytes_of(*out) + held;
    stream->avail_out = static_cast<uInt>(room);
    state = inflate(stream.get(), Z_NO_FLUSH);
    out->resize(held + room - stream->avail_out);
    // All was read and nothing came: the end is missing.
    if (state == Z_OK && stream->avail_in == 0 && stream->avail_out != 0) state = Z_BUF_ERROR;
  }
  if (state != Z_STREAM_END || stream->avail_in != 0) {
    return Error(Code::kInvalidArgument, "realtime.encoding",
                 fmt::format("the body is no whole {} stream, though Content-Encoding says so",
                             name_of(encoding)));
  }
  if (out->size() > max_bytes) {
    return Error(
        Code::kResourceExhausted, "realtime.too_large",
        fmt::format("the unpacked body is larger than {} (--max-body)", bytes_text(max_bytes)));
  }
  out->reserve(out->size() + kJsonPadding);
  return {};
}

Result<void> compress(Encoding encoding, std::string_view plain, std::string* out) {
  std::unique_ptr<z_stream, EndDeflate> stream(new z_stream());
  const bool ready = deflateInit2(stream.get(), kFast, Z_DEFLATED, bits_of(encoding), kMemoryLevel,
                                  Z_DEFAULT_STRATEGY) == Z_OK;
  const bool fits = plain.size() < std::numeric_limits<uInt>::max() / 2;
  if (!ready || !fits)
    return Error(Code::kResourceExhausted, "realtime.too_large", "no memory to pack the answer");
  out->resize(deflateBound(stream.get(), static_cast<uLong>(plain.size())));
  stream->next_in = bytes_of(plain);
  stream->avail_in = static_cast<uInt>(plain.size());
  stream->next_out = bytes_of(*out);
  stream->avail_out = static_cast<uInt>(out->size());
  const bool done = deflate(stream.get(), Z_FINISH) == Z_STREAM_END;
  out->resize(stream->total_out);
  if (done) return {};
  return Error(Code::kInternal, "realtime.encoding", "the answer could not be packed");
}

}  // namespace slipway::deploy::realtime
