// SPDX-License-Identifier: Apache-2.0
#include "net/http.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_writer.h"

namespace slipway::net {
namespace {

constexpr std::array<std::string_view, 8> kMethods = {"GET",    "HEAD",  "POST",    "PUT",
                                                      "DELETE", "PATCH", "OPTIONS", ""};

constexpr std::pair<int, std::string_view> kPhrases[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string_view name_of(Method method) { return kMethods[static_cast<std::size_t>(method)]; }

Method method_named(std::string_view name) {
  const auto at = std::find(kMethods.begin(), kMethods.end() - 1, name);
  return static_cast<Method>(at - kMethods.begin());
}

std::string_view reason_phrase(int status) {
  if (status == 200) return "OK";
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) return phrase;
  }
  return "Error";
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> HttpHeaders::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (equal_ignoring_case(this->name(i), name)) return value(i);
  }
  return std::nullopt;
}

void HttpResponse::add_header(std::string_view name, std::string_view value) {
  headers.append(name).append(": ");
  for (const char c : value) {
    headers += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  }
  headers += "\r\n";
}

void HttpResponse::reset() {
  // One huge answer must not keep its memory for ever.
  constexpr std::size_t kKeep = std::size_t{1} << 20;
  if (body.capacity() > kKeep) body = std::string();
  later.reset();
  status = 200;
  close = false;
  content_type.clear();
  body.clear();
  headers.clear();
  trailers.clear();
}

void Handler::refuse(int status, std::string_view error, HttpResponse& response) {
  response.status = status;
  response.content_type = "application/json";
  JsonWriter json(&response.body);
  json.begin_object().member("error", error).end_object();
}

}  // namespace slipway::net
