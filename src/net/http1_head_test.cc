// SPDX-License-Identifier: Apache-2.0
#include "net/http1_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::net {
namespace {

const Limits kLimits{.header_bytes_max = 400,
                     .header_fields_max = 4,
                     .target_bytes_max = 30,
                     .body_bytes_max = 1000};

// What was read, or nothing.
std::string read(const std::string& bytes) {
  Http1Message message;
  if (!read_plain_head(bytes, kLimits, &message)) {
    EXPECT_TRUE(message.fields.empty() && message.content_length == 0) << "left as it was";
    return {};
  }
  std::string out(name_of(message.method));
  out += " " + bytes.substr(message.target_at, message.target_size);
  for (const FieldPlace& field : message.fields) {
    out += "|" + bytes.substr(field.name_at, field.name_size) + "=" +
           bytes.substr(field.value_at, field.value_size);
  }
  return out + "|" + std::to_string(message.content_length) + "|" + bytes.substr(message.body_at);
}

TEST(Http1Head, APlainOneIsReadAtOnce) {
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /|Host=a|0|");
  EXPECT_EQ(
      read("POST /v2/models/m/infer?x=1 HTTP/1.1\r\nhOST:a:80 \r\nX-Long-Name_1:   two words  \r\n"
           "Empty:\r\nCONTENT-LENGTH: 12\r\n\r\nbody"),
      "POST /v2/models/m/infer?x=1|hOST=a:80|X-Long-Name_1=two words|Empty=|"
      "CONTENT-LENGTH=12|12|body");
  EXPECT_EQ(read("GET /a HTTP/1.1\r\nConnection: Keep-Alive\r\nHost: a\r\n\r\n"),
            "GET /a|Connection=Keep-Alive|Host=a|0|");
}

TEST(Http1Head, EveryLengthOfEveryPartIsRead) {
  for (std::size_t size = 1; size <= 20; ++size) {
    const std::string target = "/" + std::string(size, 't'), name(size, 'n'), value(size, 'v');
    const std::string head =
        "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + name + ": " + value + "\r\n\r\n";
    const std::string expected = "GET " + target + "|Host=a|" + name + "=" + value + "|0|";
    EXPECT_EQ(read(head), expected);
    EXPECT_EQ(read(head + "rest"), expected + "rest");
    for (std::size_t cut = 0; cut < head.size(); ++cut) EXPECT_EQ(read(head.substr(0, cut)), "");
  }
}

// At every place that eight bytes at a time could pass over.
TEST(Http1Head, AByteThatIsNotPlainIsSeenWhereverItIs) {
  for (const char odd : {'\0', '\x1f', '\x7f', '\x80', '\xff', '\r', '\n', '\t'}) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = odd;
      EXPECT_EQ(read("GET /" + text + " HTTP/1.1\r\nHost: a\r\n\r\n"), "") << int(odd) << " " << at;
      EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a\r\nX: " + text + "\r\n\r\n"), "");
      EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a\r\n" + text + ": x\r\n\r\n"), "");
    }
  }
}

TEST(Http1Head, AllElseIsLeftToTheGrammar) {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::vector<std::string> heads = {
      "PUT / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
      "\r\n" + get + "\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      get + "host: b\r\n\r\n",
      get + "Content-Length: 1\r\ncontent-length: 1\r\n\r\n",
      get + "Content-Length: 1001\r\n\r\n",
      get + "Content-Length: +1\r\n\r\n",
      get + "Content-Length: 1 1\r\n\r\n",
      get + "Content-Length:\r\n\r\n",
      get + "Content-Length: 99999999999999999999\r\n\r\n",
      get + "Transfer-Encoding: chunked\r\n\r\n",
      get + "Connection: close\r\n\r\n",
      get + "Connection: keep-alive, upgrade\r\n\r\n",
      get + "Proxy-Connection: keep-alive\r\n\r\n",
      get + "Upgrade: h2c\r\n\r\n",
      get + "Expect: 100-continue\r\n\r\n",
      get + "X: a\r\n b\r\n\r\n",
      get + "X : a\r\n\r\n",
      get + "X\r\n\r\n",
      get + ": a\r\n\r\n",
      get + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n",
      get + "A: " + std::string(500, 'a') + "\r\n\r\n",
      "GET /" + std::string(30, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
  };
  for (const std::string& head : heads) EXPECT_EQ(read(head), "") << head;
}

}  // namespace
}  // namespace slipway::net
