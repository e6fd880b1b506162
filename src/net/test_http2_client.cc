// SPDX-License-Identifier: Apache-2.0
#include "net/test_http2_client.h"

#include <nghttp2/nghttp2.h>

#include <cstdlib>

#include "net/http2_session.h"

namespace slipway::net {

TestFields test_head(std::string method, std::string path, const TestFields& more) {
  TestFields fields{{":method", std::move(method)},
                    {":scheme", "http"},
                    {":path", std::move(path)},
                    {":authority", "test"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

std::string test_hpack(const TestFields& fields) {
  const auto text = [](const std::string& value) {
    // RFC 7541 5.1, a prefix of seven bits.
    std::string out;
    std::size_t size = value.size();
    if (size < 127) return static_cast<char>(size) + value;
    out += static_cast<char>(127);
    for (size -= 127; size >= 128; size /= 128) out += static_cast<char>(size % 128 + 128);
    return out + static_cast<char>(size) + value;
  };
  std::string block;
  for (const auto& [name, value] : fields) block += '\0' + text(name) + text(value);
  return block;
}

std::string test_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                       std::string_view payload) {
  std::string bytes;
  for (const int shift : {16, 8, 0}) bytes += static_cast<char>(payload.size() >> shift & 0xFF);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(stream >> shift & 0xFF);
  return bytes.append(payload);
}

std::uint32_t TestFrame::number(std::size_t at) const {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4 && i < payload.size(); ++i)
    value = value << 8 | static_cast<unsigned char>(payload[i]);
  return value;
}

struct TestHttp2Client::Hpack {
  Hpack() { nghttp2_hd_inflate_new(&inflater); }
  ~Hpack() { nghttp2_hd_inflate_del(inflater); }

  void read(std::string_view block, std::map<std::string, std::string>* fields) {
    auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
    std::size_t left = block.size();
    int flags = 0;
    while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
      nghttp2_nv field;
      const ssize_t taken = nghttp2_hd_inflate_hd2(inflater, &field, &flags, at, left, 1);
      if (taken < 0) return;
      at += taken;
      left -= static_cast<std::size_t>(taken);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        (*fields)[{reinterpret_cast<char*>(field.name), field.namelen}] = {
            reinterpret_cast<char*>(field.value), field.valuelen};
      } else if (left == 0) {
        break;
      }
    }
    nghttp2_hd_inflate_end_headers(inflater);
  }

  nghttp2_hd_inflater* inflater = nullptr;
};

TestHttp2Client::TestHttp2Client(std::uint16_t port)
    : client_(port), hpack_(std::make_unique<Hpack>()) {
  client_.send(std::string(kHttp2Preface) + test_frame(kSettings, 0, 0));
}
TestHttp2Client::~TestHttp2Client() = default;

bool TestHttp2Client::send(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                           std::string_view payload) {
  return client_.send(test_frame(type, flags, stream, payload));
}

bool TestHttp2Client::send_headers(std::uint32_t stream, const TestFields& fields,
                                   std::uint8_t flags) {
  return send(kHeaders, flags | kEndHeaders, stream, test_hpack(fields));
}

TestFrame TestHttp2Client::receive_frame() {
  TestFrame frame;
  const std::string head = client_.receive_bytes(9);
  if (head.size() < 9) return frame;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
  frame.type = byte(3);
  frame.flags = byte(4);
  frame.stream =
      static_cast<std::uint32_t>(byte(5) & 0x7F) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8);
  frame.payload = client_.receive_bytes(std::size_t{byte(0)} << 16 | byte(1) << 8 | byte(2));
  look_at(frame);
  return frame;
}

void TestHttp2Client::look_at(const TestFrame& frame) {
  Seen& seen = seen_[frame.stream];
  if (frame.type == kData) seen.response.body += frame.payload;
  if (frame.type == kHeaders) {
    hpack_->read(frame.payload, &seen.response.headers);
    seen.response.status = std::atoi(seen.response.headers[":status"].c_str());
  }
  if (frame.type == kReset) seen.reset = frame.number(0);
  const bool may_end = frame.type == kData || frame.type == kHeaders;
  if (frame.type == kReset || (may_end && (frame.flags & kEndStream) != 0)) seen.ended = true;
}

TestFrame TestHttp2Client::await(std::uint8_t type) {
  while (true) {
    TestFrame frame = receive_frame();
    if (frame.type == type || frame.type == 0xFF) return frame;
  }
}

TestResponse TestHttp2Client::receive(std::uint32_t stream) {
  while (!seen_[stream].ended) {
    if (receive_frame().type == 0xFF) return {};
  }
  return seen_[stream].response;
}

TestResponse TestHttp2Client::ask(std::uint32_t stream, const std::string& method,
                                  const std::string& path, std::string_view body,
                                  const TestFields& more) {
  send_headers(stream, test_head(method, path, more), body.empty() ? kEndStream : std::uint8_t{0});
  if (!body.empty()) send(kData, kEndStream, stream, body);
  return receive(stream);
}

}  // namespace slipway::net
