// SPDX-License-Identifier: Apache-2.0
#include "net/http1_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::net {
namespace {

// Everything that a parser says about a stream of requests.
std::string transcript(const std::string& bytes, std::size_t piece, const Limits& limits) {
  Http1Parser parser(limits);
  std::string out, buffer;
  for (std::size_t at = 0; at <= bytes.size(); at += piece) {
    buffer += bytes.substr(at, piece);
    while (true) {
      // A buffer of its own for every call: what the parser keeps are places, not addresses.
      std::string copy = buffer;
      std::size_t size = copy.size();
      const auto step = parser.parse(copy.data(), &size);
      copy.resize(size);
      buffer = copy;
      const Http1Message& message = parser.message();
      if (step == Http1Parser::Step::kNeedMore) break;
      if (step == Http1Parser::Step::kHeader) {
        out += std::string(name_of(message.method)) + " " +
               buffer.substr(message.target_at, message.target_size);
        for (const FieldPlace& field : message.fields) {
          out += "|" + buffer.substr(field.name_at, field.name_size) + "=" +
                 buffer.substr(field.value_at, field.value_size);
        }
        continue;
      }
      if (step == Http1Parser::Step::kRefused)
        return out + "!" + std::to_string(parser.problem().status);
      out += "{" + buffer.substr(message.body_at, message.body_size) + "}";
      out += message.keep_alive ? "+" : "-";
      buffer.erase(0, message.end);
      parser.reset();
      if (buffer.empty()) break;
    }
  }
  return out;
}

int status_of(const std::string& bytes, const Limits& limits = {}) {
  const std::string text = transcript(bytes, bytes.size(), limits);
  const std::size_t mark = text.find('!');
  return mark == std::string::npos ? 200 : std::stoi(text.substr(mark + 1));
}

std::string problem_of(const std::string& bytes) {
  const Limits limits;
  Http1Parser parser(limits);
  std::string copy = bytes;
  std::size_t size = copy.size();
  while (parser.parse(copy.data(), &size) == Http1Parser::Step::kHeader) continue;
  return parser.problem().text;
}

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Http1Parser, ReadsRequestsOneAfterAnother) {
  const std::string bytes =
      "POST /a?b=c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz"
      "GET /d HTTP/1.1\r\nHost:b\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(transcript(bytes, bytes.size(), {}),
            "POST /a?b=c|Host=a|Content-Length=3{xyz}+GET /d|Host=b|Connection=close{}-");
}

TEST(Http1Parser, TakesThePathOfAnAbsoluteTarget) {
  for (const auto& [target, path] : {std::pair{"http://b:80/c/d?e=f", "/c/d?e=f"},
                                     {"HTTPS://b/", "/"},
                                     {"http://b", "/"},
                                     {"http://b//c", "//c"}}) {
    const std::string bytes = std::string("GET ") + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(transcript(bytes, 7, {}), std::string("GET ") + path + "|Host=a{}+") << target;
  }
}

TEST(Http1Parser, RefusesAnAbsoluteTargetWithAQueryAlone) {
  EXPECT_EQ(status_of("GET http://b?c HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(Http1Parser, PutsAChunkedBodyTogether) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\n00a\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";
  EXPECT_EQ(transcript(bytes + kGet, 1000, {}),
            "POST /|Host=a|Transfer-Encoding=chunked{abc0123456789}+GET /|Host=a{}+");
}

TEST(Http1Parser, DoesNotCareHowBytesArrive) {
  const std::string bytes =
      "\r\nPOST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789"
      "POST /two HTTP/1.1\r\nHost:  b \t\r\nX:\r\ntransfer-encoding: Chunked\r\n\r\n"
      "5\r\nhello\r\n1;a=\"b\"\r\n!\r\n0\r\n\r\n"
      "GET /three HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
      "POST /four HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: u\r\n\r\n"
      "GET /five HTTP/1.1\r\nHost: d\r\n\r\n";
  const std::string whole = transcript(bytes, bytes.size(), {});
  EXPECT_NE(whole.find("GET /five|Host=d{}+"), std::string::npos) << whole;
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    ASSERT_EQ(transcript(bytes, piece, {}), whole) << "pieces of " << piece;
  }
}

struct Refusal {
  const char* what;
  std::string bytes;
  int status;
};

std::string post(const std::string& headers, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}

// What two servers could read in different ways, one case each.
TEST(Http1Parser, RefusesWhatCouldBeReadAsTwoThings) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::vector<Refusal> refusals = {
      {"length and coding", post("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"), 400},
      {"coding and length", post(chunked + "Content-Length: 5\r\n", "0\r\n\r\n"), 400},
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
      {"the same length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"a list of lengths", post("Content-Length: 5, 5\r\n", "hello"), 400},
      {"a signed length", post("Content-Length: +5\r\n", "hello"), 400},
      {"a negative length", post("Content-Length: -5\r\n", "hello"), 400},
      {"a hexadecimal length", post("Content-Length: 0x5\r\n", "hello"), 400},
      {"an empty length", post("Content-Length:\r\n", "hello"), 400},
      {"a length of 2^64", post("Content-Length: 18446744073709551616\r\n"), 400},
      {"two codings", post(chunked + chunked, "0\r\n\r\n"), 400},
      {"coding identity", post("Transfer-Encoding: identity\r\n"), 501},
      {"coding gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      {"coding chunked, identity", post("Transfer-Encoding: chunked, identity\r\n"), 501},
      {"coding xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
      {"coding in quotes", post("Transfer-Encoding: \"chunked\"\r\n"), 501},
      {"coding in HTTP/1.0", "POST / HTTP/1.0\r\n" + chunked + "\r\n0\r\n\r\n", 400},
      {"blank before the colon", post("Content-Length : 5\r\n", "hello"), 400},
      {"blank before the name", post(" Content-Length: 5\r\n", "hello"), 400},
      {"a folded field", post("X: a\r\n b\r\n"), 400},
      {"a folded field, first line empty", post("X:\r\n b\r\n"), 400},
      {"a folded field, second line empty", post("X: a\r\n \r\n"), 400},
      {"a folded coding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400},
      {"line feed alone after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 505},
      {"line feed alone after a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"line feed alone at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"carriage return in a value", post("X: a\rb\r\n"), 400},
      {"NUL in a value", post(std::string("X: a\0b\r\n", 8)), 400},
      {"NUL in a name", post(std::string("X\0: b\r\n", 7)), 400},
      {"a field without a colon", post("Xyz\r\n"), 400},
      {"a field without a name", post(": b\r\n"), 400},
      {"absolute form without a host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form of another scheme", "GET ftp://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form", "CONNECT b:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk without OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a path without slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 505},
      {"two blanks before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"lower case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 505},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"an unknown expectation", post("Expect: the-unexpected\r\n"), 417},
      {"a chunk without a size", post(chunked, "\r\nhello\r\n0\r\n\r\n"), 400},
      {"a chunk size with 0x", post(chunked, "0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a chunk size with a sign", post(chunked, "+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a chunk size of 2^64", post(chunked, "10000000000000000\r\n"), 400},
      {"a chunk size of 2^64 - 1", post(chunked, "ffffffffffffffff\r\n"), 413},
      {"a chunk longer than its size", post(chunked, "5\r\nhello!\r\n0\r\n\r\n"), 400},
      {"line feed alone after a chunk's size", post(chunked, "5\nhello\r\n0\r\n\r\n"), 400},
      {"line feed alone after a chunk", post(chunked, "5\r\nhello\n0\r\n\r\n"), 400},
      {"a chunk extension of control characters", post(chunked, "5;\x01\r\nhello\r\n0\r\n\r\n"),
       400},
      {"a length among the trailers", post(chunked, "0\r\nContent-Length: 5\r\n\r\n"), 400},
  };
  for (const Refusal& refusal : refusals) {
    EXPECT_EQ(status_of(refusal.bytes + kGet), refusal.status)
        << refusal.what << ": " << transcript(refusal.bytes + kGet, 1000, {});
    const Limits limits;
    EXPECT_EQ(transcript(refusal.bytes + kGet, 1, limits),
              transcript(refusal.bytes + kGet, 1000, limits))
        << refusal.what;
  }
}

TEST(Http1Parser, SaysWhatIsWrong) {
  EXPECT_EQ(problem_of("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 needs a Host header");
  EXPECT_EQ(problem_of(post("X: a\r\n b\r\n")), "a header field is folded over several lines");
  EXPECT_EQ(problem_of(post("Transfer-Encoding: gzip\r\n")),
            "the only Transfer-Encoding known here is chunked");
}

TEST(Http1Parser, LimitsWhatItTakes) {
  Limits limits;
  limits.header_bytes_max = 200;
  limits.header_fields_max = 3;
  limits.target_bytes_max = 50;
  limits.body_bytes_max = 10;
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(status_of("GET /" + std::string(60, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", limits),
            414);
  EXPECT_EQ(status_of("GET /" + std::string(300, 'x'), limits), 414);
  EXPECT_EQ(status_of(post("X: " + std::string(200, 'x') + "\r\n"), limits), 431);
  EXPECT_EQ(status_of(post("A: 1\r\nB: 2\r\nC: 3\r\n"), limits), 431);
  EXPECT_EQ(status_of(post("Content-Length: 10\r\n", "0123456789"), limits), 200);
  EXPECT_EQ(status_of(post("Content-Length: 11\r\n"), limits), 413);
  EXPECT_EQ(status_of(post(chunked, "a\r\n0123456789\r\n0\r\n\r\n"), limits), 200);
  EXPECT_EQ(status_of(post(chunked, "6\r\n012345\r\n5\r\n"), limits), 413);
  EXPECT_EQ(status_of(post(chunked, "0\r\nA: " + std::string(300, 'x')), limits), 431);
  EXPECT_EQ(status_of(post(chunked, "5;" + std::string(300, 'x')), limits), 431);
}

TEST(Http1Parser, CountsHeaderBytesThatTrickleInOneByOne) {
  Limits limits;
  limits.header_bytes_max = 300;
  limits.header_fields_max = 1000;
  std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i) bytes += "A: 1\r\n";
  EXPECT_EQ(transcript(bytes, 1, limits), "!431");
}

TEST(Http1Parser, TheLimitOfTrailersDoesNotCareHowTheyArrive) {
  Limits limits;
  limits.header_bytes_max = 200;
  std::size_t refused = 0, taken = 0;
  for (std::size_t size = 180; size < 210; ++size) {
    for (const std::string start : {"0\r\nA: ", "1;"}) {
      const std::string end = start[0] == '0' ? "\r\n\r\n" : "\r\na\r\n0\r\n\r\n";
      const std::string bytes =
          post("Transfer-Encoding: chunked\r\n", start + std::string(size, 'x') + end);
      const std::string whole = transcript(bytes, bytes.size(), limits);
      (whole.ends_with("!431") ? refused : taken) += 1;
      for (const std::size_t piece : {1, 2, 7, 64, 199})
        EXPECT_EQ(transcript(bytes, piece, limits), whole) << size << " in pieces of " << piece;
    }
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GT(taken, 0u);
}

TEST(Http1Parser, RefusesChunkExtensionsWithoutEnd) {
  Limits limits;
  std::string body;
  for (int i = 0; i < 100; ++i) body += "1;" + std::string(99, 'x') + "\r\na\r\n";
  EXPECT_EQ(status_of(post("Transfer-Encoding: chunked\r\n", body), limits), 400);
}

}  // namespace
}  // namespace slipway::net
