// SPDX-License-Identifier: Apache-2.0
#include "net/http1_head.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

namespace slipway::net {
namespace {

constexpr std::uint64_t kEach = 0x0101010101010101;

// RFC 9110 5.6.2: what names are made of.
constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> token{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    token[static_cast<unsigned char>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) token[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c)
    token[static_cast<std::size_t>(c)] = token[static_cast<std::size_t>(c - 32)] = true;
  return token;
}();

std::uint64_t eight(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Marks are highest bits of bytes; of those that a borrow or a carry has made too many, the lowest is right.
std::size_t first_marked(std::uint64_t marks) {
  static_assert(std::endian::native == std::endian::little);
  return static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}

// To the first byte that is not between First and '~', eight at a time while there are as many: subtracting
// First borrows where a byte is less, adding one carries into the highest bit where it is DEL.
template <unsigned char First>
const char* skip_text(const char* at, const char* end) {
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = eight(at);
    const std::uint64_t odd = (word | (word - kEach * First) | (word + kEach)) & (kEach * 0x80);
    if (odd != 0) return at + first_marked(odd);
  }
  const auto is_text = [](unsigned char c) { return c >= First && c < 0x7F; };
  while (at < end && is_text(static_cast<unsigned char>(*at))) ++at;
  return at;
}

// To the first colon, or the end.
const char* find_colon(const char* at, const char* end) {
  for (; end - at >= 8; at += 8) {
    const std::uint64_t other = eight(at) ^ (kEach * ':');
    const std::uint64_t zero = (other - kEach) & ~other & (kEach * 0x80);
    if (zero != 0) return at + first_marked(zero);
  }
  return std::find(at, end, ':');
}

bool is_token(std::string_view text) {
  bool good = !text.empty();
  for (const char c : text) good &= kToken[static_cast<unsigned char>(c)];
  return good;
}

// Whether a token of that length is `name`, whatever its case: of what tokens are made of, that bit tells small
// letters from capitals and nothing else that `name` has.
template <std::size_t N>
bool is_named(std::string_view token, const char (&name)[N]) {
  constexpr std::size_t kSize = N - 1;
  if constexpr (kSize >= 8) {
    constexpr std::uint64_t kSmall = kEach * 0x20;
    constexpr std::size_t kLast = kSize - 8;
    static_assert(kSize <= 24);
    return (eight(token.data()) | kSmall) == eight(name) &&
           (eight(token.data() + kLast) | kSmall) == eight(name + kLast) &&
           (kSize <= 16 || (eight(token.data() + 8) | kSmall) == eight(name + 8));
  } else {
    return std::equal(token.begin(), token.end(), name,
                      [](char ours, char theirs) { return (ours | 0x20) == theirs; });
  }
}

// Reads on from `at`; false as soon as something is not plain.
class Reader {
 public:
  Reader(std::string_view bytes, const Limits& limits, Http1Message* message)
      : begin_(bytes.data()),
        at_(begin_),
        end_(begin_ + std::min(bytes.size(), limits.header_bytes_max)),
        limits_(limits),
        message_(*message) {}

  bool read() {
    if (!take_line()) return false;
    while (!takes("\r\n")) {
      if (!take_field()) return false;
    }
    if (!has_host_) return false;
    message_.body_at = static_cast<std::size_t>(at_ - begin_);
    return true;
  }

 private:
  std::uint32_t place(const char* at) const { return static_cast<std::uint32_t>(at - begin_); }
  std::uint32_t size_from(const char* at) const { return static_cast<std::uint32_t>(at_ - at); }

  template <std::size_t N>
  bool takes(const char (&literal)[N]) {
    constexpr std::size_t kSize = N - 1;
    if (static_cast<std::size_t>(end_ - at_) < kSize || std::memcmp(at_, literal, kSize) != 0)
      return false;
    at_ += kSize;
    return true;
  }

  bool take_line() {
    if (takes("POST ")) {
      message_.method = Method::kPost;
    } else if (takes("GET ")) {
      message_.method = Method::kGet;
    } else {
      return false;
    }
    const char* const target = at_;
    if (at_ == end_ || *at_ != '/') return false;
    at_ = skip_text<0x21>(at_, end_);
    message_.target_at = place(target);
    message_.target_size = size_from(target);
    return message_.target_size <= limits_.target_bytes_max && takes(" HTTP/1.1\r\n");
  }

  bool take_field() {
    FieldPlace field;
    const char* const name = at_;
    at_ = find_colon(at_, end_);
    field.name_at = place(name);
    field.name_size = size_from(name);
    if (at_ == end_ || !is_token({name, field.name_size})) return false;
    ++at_;
    while (at_ < end_ && *at_ == ' ') ++at_;
    const char* const value = at_;
    at_ = skip_text<0x20>(at_, end_);
    const char* last = at_;
    while (last > value && last[-1] == ' ') --last;
    field.value_at = place(value);
    field.value_size = static_cast<std::uint32_t>(last - value);
    if (!takes("\r\n") || message_.fields.size() >= limits_.header_fields_max) return false;
    message_.fields.push_back(field);
    return note({name, field.name_size}, {value, field.value_size});
  }

  // Told apart by their length first: most fields have none of these.
  bool note(std::string_view name, std::string_view value) {
    switch (name.size()) {
      case 4:
        return !is_named(name, "host") || !std::exchange(has_host_, true);
      case 6:
        return !is_named(name, "expect");
      case 7:
        return !is_named(name, "upgrade");
      case 10:
        return !is_named(name, "connection") || equal_ignoring_case(value, "keep-alive");
      case 14:
        return !is_named(name, "content-length") || take_length(value);
      case 16:
        return !is_named(name, "proxy-connection");
      case 17:
        return !is_named(name, "transfer-encoding");
      default:
        return true;
    }
  }

  bool take_length(std::string_view value) {
    if (std::exchange(has_length_, true)) return false;
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, message_.content_length);
    return read.ec == std::errc() && read.ptr == end &&
           message_.content_length <= limits_.body_bytes_max;
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  const Limits& limits_;
  Http1Message& message_;
  bool has_host_ = false, has_length_ = false;
};

}  // namespace

bool read_plain_head(std::string_view bytes, const Limits& limits, Http1Message* message) {
  if (Reader(bytes, limits, message).read()) return true;
  message->fields.clear();
  message->method = Method::kOther;
  message->target_at = message->target_size = 0;
  message->content_length = 0;
  return false;
}

}  // namespace slipway::net
