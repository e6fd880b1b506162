// SPDX-License-Identifier: Apache-2.0
#include "net/hpack.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <optional>
#include <utility>

namespace slipway::net {
namespace {

constexpr std::uint32_t kUsualTableBytes = 4096;
constexpr unsigned kStaticEntries = 61;

struct Kept {
  HeaderField field;
  unsigned name;  // in the static table; 0: not there
};
constexpr std::array<Kept, 3> kKeptFields{{
    {{"content-type", "application/grpc"}, 31},
    {{"grpc-status", "0"}, 0},
    {{"content-type", "application/json"}, 31},
}};

// RFC 7541 appendix A, of what we say.
constexpr std::pair<std::string_view, unsigned> kStaticNames[] = {
    {"content-length", 28},   {"date", 33},          {"content-type", 31}, {"allow", 22},
    {"content-encoding", 26}, {"location", 46},      {"retry-after", 53},  {"vary", 59},
    {"www-authenticate", 61}, {"cache-control", 24},
};

// RFC 7541 5.1; `first`: the bits before the prefix.
void append_integer(unsigned first, unsigned prefix_bits, std::size_t value, std::string* out) {
  const unsigned most = (1u << prefix_bits) - 1;
  if (value < most) {
    *out += static_cast<char>(first | value);
    return;
  }
  *out += static_cast<char>(first | most);
  for (value -= most; value >= 128; value >>= 7) *out += static_cast<char>(128 | (value & 127));
  *out += static_cast<char>(value);
}

// What such an integer is; nothing if it is cut or larger than any block.
std::optional<std::size_t> skip_integer(unsigned prefix_bits, std::string_view* block) {
  if (block->empty()) return std::nullopt;
  const std::size_t most = (std::size_t{1} << prefix_bits) - 1;
  std::size_t value = static_cast<unsigned char>(block->front()) & most;
  block->remove_prefix(1);
  if (value < most) return value;
  for (unsigned shift = 0; shift < 28 && !block->empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(block->front());
    block->remove_prefix(1);
    value += std::size_t{byte & 127u} << shift;
    if (byte < 128) return value;
  }
  return std::nullopt;
}

bool skip_string(std::string_view* block) {
  const auto size = skip_integer(7, block);
  if (!size || *size > block->size()) return false;
  block->remove_prefix(*size);
  return true;
}

void append_string(std::string_view text, std::string* out) {
  append_integer(0, 7, text.size(), out);
  *out += text;
}

}  // namespace

std::size_t leading_places(std::string_view block) {
  std::size_t count = 0;
  const auto is_place = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x80 && byte < 0xFF;
  };
  while (count < block.size() && is_place(block[count])) ++count;
  return count;
}

bool keeps_table(std::string_view block) {
  while (!block.empty()) {
    const auto first = static_cast<unsigned char>(block.front());
    if (first >= 0x80) {
      if (!skip_integer(7, &block)) return false;
    } else if (first < 0x20) {  // a literal that is not put there, or never may be
      const auto name = skip_integer(4, &block);
      if (!name || (*name == 0 && !skip_string(&block)) || !skip_string(&block)) return false;
    } else {
      return false;
    }
  }
  return true;
}

HpackDecoder::HpackDecoder() {
  if (nghttp2_hd_inflate_new(&inflater_) != 0) inflater_ = nullptr;
}
HpackDecoder::~HpackDecoder() {
  if (inflater_ != nullptr) nghttp2_hd_inflate_del(inflater_);
}

HpackDecoder::Step HpackDecoder::next(std::string_view* bytes, bool is_last, HeaderField* field) {
  while (true) {
    nghttp2_nv pair{};
    int flags = 0;
    const ssize_t taken = nghttp2_hd_inflate_hd2(
        inflater_, &pair, &flags, reinterpret_cast<const std::uint8_t*>(bytes->data()),
        bytes->size(), is_last ? 1 : 0);
    if (taken < 0) return Step::kWrong;
    bytes->remove_prefix(static_cast<std::size_t>(taken));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      *field = {{reinterpret_cast<const char*>(pair.name), pair.namelen},
                {reinterpret_cast<const char*>(pair.value), pair.valuelen}};
      return Step::kField;
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater_);
      return Step::kEnd;
    }
    if (bytes->empty()) return Step::kEnd;
  }
}

// A table that is smaller than the usual one is not used at all: it must be told once that it is empty.
void HpackEncoder::set_table_bytes(std::uint32_t bytes) {
  if (bytes >= kUsualTableBytes || !uses_table_) return;
  uses_table_ = false;
  tells_size_ = true;
}

void HpackEncoder::begin(std::string* out) {
  if (std::exchange(tells_size_, false)) append_integer(0x20, 5, 0, out);
}

void HpackEncoder::status(int status, std::string* out) {
  constexpr std::array<int, 7> kIndexed{200, 204, 206, 304, 400, 404, 500};
  for (std::size_t i = 0; i < kIndexed.size(); ++i) {
    if (kIndexed[i] == status) return append_integer(0x80, 7, 8 + i, out);
  }
  append_integer(0, 4, 8, out);
  const fmt::format_int text(status);
  append_string({text.data(), text.size()}, out);
}

void HpackEncoder::field(std::string_view name, std::string_view value, std::string* out) {
  for (std::size_t i = 0; i < kKept && uses_table_; ++i) {
    const Kept& kept = kKeptFields[i];
    if (value != kept.field.value || name != kept.field.name) continue;
    // What was put there last is the first after the static ones.
    if (place_[i] != 0)
      return append_integer(0x80, 7, kStaticEntries + 1u + count_ - place_[i], out);
    place_[i] = ++count_;
    append_integer(0x40, 6, kept.name, out);
    if (kept.name == 0) append_string(name, out);
    return append_string(value, out);
  }
  for (const auto& [known, index] : kStaticNames) {
    if (known != name) continue;
    append_integer(0, 4, index, out);
    return append_string(value, out);
  }
  append_integer(0, 4, 0, out);
  append_string(name, out);
  append_string(value, out);
}

}  // namespace slipway::net
