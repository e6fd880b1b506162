// A request, a response, and who makes the one from the other. Nothing here knows HTTP's bytes.
//
//   class Hello : public Handler {
//     void handle(const HttpRequest& request, HttpResponse& response) override {
//       response.body = "hello " + std::string(request.path);
//     }
//   };
//
// handle() runs inline on a reactor's thread: while it computes, that reactor's other connections
// wait. It may run on several reactors at once (`request.reactor` tells which, for scratch memory
// that is not shared), and does not throw. Views in a request die when handle() returns.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/later.h"
#include "net/turn.h"

namespace slipway::net {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kPatch, kOptions, kOther };

std::string_view name_of(Method method);
Method method_named(std::string_view name);
// "Not Found"; "Error" for a status that we never send.
std::string_view reason_phrase(int status);

// ASCII letters only: what HTTP's names need.
bool equal_ignoring_case(std::string_view a, std::string_view b);

// A header field, as places in the bytes that were received: these may move while a body arrives.
struct FieldPlace {
  std::uint32_t name_at = 0, name_size = 0;
  std::uint32_t value_at = 0, value_size = 0;
};

class HttpHeaders {
 public:
  HttpHeaders() = default;
  HttpHeaders(const char* bytes, std::span<const FieldPlace> fields)
      : bytes_(bytes), fields_(fields) {}

  std::size_t size() const { return fields_.size(); }
  std::string_view name(std::size_t i) const {
    return {bytes_ + fields_[i].name_at, fields_[i].name_size};
  }
  std::string_view value(std::size_t i) const {
    return {bytes_ + fields_[i].value_at, fields_[i].value_size};
  }
  // The first field of that name, whatever its case.
  std::optional<std::string_view> find(std::string_view name) const;

 private:
  const char* bytes_ = nullptr;
  std::span<const FieldPlace> fields_;
};

struct HttpRequest {
  Method method = Method::kGet;
  std::string_view path;   // before '?', as sent: percent signs are not decoded
  std::string_view query;  // after '?'
  HttpHeaders headers;
  bool http2 = false;              // the answer may have trailers
  bool is_grpc = false;            // by its content type
  bool has_grpc_options = false;   // a grpc- field that says more than what answers it understands
  std::int64_t arrived_ns = 0;     // monotonic, when its header was received; 0 for HTTP/1
  std::string_view body;           // empty in admit()
  std::uint64_t body_to_come = 0;  // in admit(): bytes of it that are not here; 1 if unknown
  std::size_t body_capacity = 0;   // bytes readable from body.data(): at least size + kJsonPadding
  std::size_t reactor = 0;         // 0 .. reactors - 1
  bool may_wait = false;           // HttpResponse::later is waited for without a thread
  Turn* turn = nullptr;            // the reactor's; null if no reactor asks
};

// Reused from request to request: a warm one does not allocate.
struct HttpResponse {
  std::shared_ptr<Later> later;  // if so, the answer is that one, when it is ready
  int status = 200;
  bool close = false;        // end the connection after this
  std::string content_type;  // empty: none is sent
  std::string body;
  std::string headers;   // further ones, through add_header
  std::string trailers;  // after the body, of HTTP/2 only: lines as in `headers`

  // Control characters in `value` become '?': nothing that a client sent can end a header.
  void add_header(std::string_view name, std::string_view value);
  void reset();
};

struct Reject {
  int status = 503;
  std::string body;
  std::string content_type = "application/json";
  std::int64_t retry_after_s = 0;  // 0: no header
};

// Where the answer of a stream goes, piece by piece.
class StreamReply {
 public:
  virtual ~StreamReply() = default;
  // Once, first: status, content type and headers.
  virtual void begin(HttpResponse& head) = 0;
  virtual void write(std::string_view bytes) = 0;
  // Once, last; as HttpResponse::trailers. What still arrives is dropped.
  virtual void end(std::string_view trailers) = 0;
  // Takes part of the server's memory for requests on their way in (negative: gives it back). False
  // if there is not so much.
  virtual bool charge(std::ptrdiff_t bytes) = 0;
};

// A request whose body is worked on as it arrives, and whose answer may outlast it. HTTP/2 only.
// Dies with its stream: that is how a cancellation is told.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void received(std::string_view bytes, StreamReply& reply) = 0;
  virtual void ended(StreamReply& reply) = 0;
  // Some times a second, for what happens without input.
  virtual void tick(StreamReply& reply) { (void)reply; }
  // The server goes: whoever would wait for ever ends now.
  virtual void drain(StreamReply& reply) { (void)reply; }
};

class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(const HttpRequest& request, HttpResponse& response) = 0;
  // Asked when the headers are in and the body is not: a request that will be refused anyway need
  // not be received. `100 Continue` is sent after this has let the request through.
  virtual std::optional<Reject> admit(const HttpRequest& head) {
    (void)head;
    return std::nullopt;
  }
  // Asked after admit(), of HTTP/2: null for a request that handle() gets whole.
  virtual std::unique_ptr<StreamHandler> open(const HttpRequest& head) {
    (void)head;
    return nullptr;
  }
  // What a request gets that is refused before it reaches handle(): the body for an error text.
  virtual void refuse(int status, std::string_view error, HttpResponse& response);
};

}  // namespace slipway::net
