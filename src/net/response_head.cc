// SPDX-License-Identifier: Apache-2.0
#include "net/response_head.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstring>
#include <iterator>

namespace slipway::net {
namespace {

constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string http_date(std::int64_t us_since_epoch) {
  using std::chrono::days;
  using std::chrono::seconds;
  const std::chrono::sys_time<std::chrono::microseconds> time{
      std::chrono::microseconds(us_since_epoch)};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<seconds>(time - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[std::chrono::weekday(day).c_encoding()], unsigned(date.day()),
                     kMonths[unsigned(date.month()) - 1], int(date.year()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

namespace {

// Most heads are one and the same but for a date and a length: put together in place, appended once.
class ShortText {
 public:
  static constexpr std::size_t kBytesMax = 512;
  template <std::size_t N>
  void add(const char (&literal)[N]) {
    std::memcpy(end_, literal, N - 1);
    end_ += N - 1;
  }
  void add(std::string_view text) {
    std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  std::string_view view() const {
    return {bytes_.data(), static_cast<std::size_t>(end_ - bytes_.data())};
  }

 private:
  std::array<char, kBytesMax> bytes_;
  char* end_ = bytes_.data();
};

bool is_short(const HttpResponse& response, const ResponseFraming& framing) {
  constexpr std::size_t kRest = 200;  // what is in every head
  return response.content_type.size() + response.headers.size() + framing.date.size() + kRest <=
         ShortText::kBytesMax;
}

void append_usual_head(const HttpResponse& response, const ResponseFraming& framing,
                       std::string* out) {
  ShortText head;
  head.add("HTTP/1.1 200 OK\r\n");
  if (!response.content_type.empty()) {
    head.add("Content-Type: ");
    head.add(response.content_type);
    head.add("\r\n");
  }
  if (!framing.date.empty()) {
    head.add("Date: ");
    head.add(framing.date);
    head.add("\r\n");
  }
  if (!response.headers.empty()) head.add(response.headers);
  head.add("Content-Length: ");
  const fmt::format_int length(response.body.size());
  head.add({length.data(), length.size()});
  head.add("\r\n\r\n");
  *out += head.view();
}

}  // namespace

void append_response_head(const HttpResponse& response, const ResponseFraming& framing,
                          std::string* out) {
  const bool is_usual = response.status == 200 && framing.keep_alive && framing.http11;
  if (is_usual && is_short(response, framing)) return append_usual_head(response, framing, out);
  if (response.status == 200) {
    *out += "HTTP/1.1 200 OK\r\n";
  } else {
    fmt::format_to(std::back_inserter(*out), "HTTP/1.1 {} {}\r\n", response.status,
                   reason_phrase(response.status));
  }
  if (!response.content_type.empty())
    out->append("Content-Type: ").append(response.content_type).append("\r\n");
  if (!framing.date.empty()) out->append("Date: ").append(framing.date).append("\r\n");
  *out += response.headers;
  if (!framing.keep_alive) {
    *out += "Connection: close\r\n";
  } else if (!framing.http11) {
    *out += "Connection: keep-alive\r\n";
  }
  const fmt::format_int length(response.body.size());
  out->append("Content-Length: ").append(length.data(), length.size()).append("\r\n\r\n");
}

}  // namespace slipway::net
