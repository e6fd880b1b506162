// Which function answers which gRPC method, and gRPC's framing around it; all else goes to the
// handler behind it.
//
//   GrpcRouter grpc(router, registry, clock, {.message_bytes_max = 64 << 20});
//   grpc.add("inference.GRPCInferenceService", "ServerLive",
//            [](const GrpcRequest& request, std::string* reply) -> Result<void> { ... });
//   HttpServer::start(options, grpc, registry);
//
// Over HTTP/2: one message in, one out (add), or as many as it takes both ways (add_stream).
// Messages may be compressed by gzip; answers are, where the request was. A call whose grpc-timeout
// has passed before it is worked on is not worked on. An Error's Code is the call's status. What a
// function must know of reactors and threads: net/http.h. Adding is for one thread, before the
// server starts. Source: gRPC over HTTP/2 (PROTOCOL-HTTP2.md of the gRPC project).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/http.h"

namespace slipway::net {

// The reason of an Error that is no answer: who asked will make the call again. It is not counted.
inline constexpr const char* kCallAgain = "net.call_again";

class GrpcAnswer;
class GrpcPromise;

struct GrpcRequest {
  const HttpRequest& http;   // metadata is in its headers
  std::string_view message;  // dies with the call of the function
  // Monotonic: from then on nobody waits for the answer; 0: somebody always does.
  std::int64_t deadline_ns = 0;
  GrpcPromise& promise;
};
// Appends the answer's bytes, or has promised them.
using GrpcUnary = std::function<Result<void>(const GrpcRequest&, std::string* reply)>;

// Where the function of a call may say that its answer comes later: what the function itself returns then is of no
// account. Only where request.http.may_wait, and once.
class GrpcPromise {
 public:
  virtual ~GrpcPromise() = default;
  virtual std::shared_ptr<GrpcAnswer> make() = 0;
};

// An answer that is promised: finish() once, from any thread.
class GrpcAnswer {
 public:
  virtual ~GrpcAnswer() = default;
  // Where its message's bytes are appended.
  virtual std::string* message() = 0;
  virtual void finish(const Result<void>& done) = 0;
  // False once its caller has left.
  virtual bool is_wanted() const = 0;
};

class GrpcWriter {
 public:
  virtual ~GrpcWriter() = default;
  virtual void write(std::string_view message) = 0;
};

// One call of many messages, on its reactor's thread. An Error ends it, and is its status.
class GrpcCall {
 public:
  virtual ~GrpcCall() = default;
  virtual Result<void> received(std::string_view message, GrpcWriter& out) = 0;
  // Some times a second.
  virtual Result<void> tick(GrpcWriter& out) {
    (void)out;
    return {};
  }
  // Whether answers still come when the client has sent all its messages: asked then, and after each tick.
  virtual bool outlasts_input() const { return false; }
};
using GrpcOpen = std::function<std::unique_ptr<GrpcCall>(const HttpRequest& head)>;

// grpc-timeout, "100m": nanoseconds; nothing if it is none.
std::optional<std::int64_t> parse_grpc_timeout(std::string_view text);

class GrpcRouter final : public Handler {
 public:
  struct Options {
    std::size_t message_bytes_max = 64u << 20;  // of one message on its way in, decompressed
  };
  // All outlive this. The method that is added first is found first: the busiest should be.
  GrpcRouter(Handler& other, MetricRegistry& registry, const Clock& clock, Options options);
  ~GrpcRouter() override;

  void add(std::string_view service, std::string_view method, GrpcUnary function);
  void add_stream(std::string_view service, std::string_view method, GrpcOpen open);
  const std::vector<std::string>& services() const { return services_; }

  void handle(const HttpRequest& request, HttpResponse& response) override;
  std::optional<Reject> admit(const HttpRequest& head) override;
  std::unique_ptr<StreamHandler> open(const HttpRequest& head) override;
  void refuse(int status, std::string_view error, HttpResponse& response) override {
    other_.refuse(status, error, response);
  }

 private:
  struct Method;
  class Stream;

  Method* find(std::string_view path) const;
  Method& make(std::string_view service, std::string_view method);
  class Promised;
  class Promise;
  Result<void> call(const Method& method, const HttpRequest& request, GrpcPromise& promise,
                    std::string* reply);
  // `response` holds the message, begun by begin_message().
  void close(const Method& method, const Result<void>& done, bool gzipped,
             HttpResponse* response) const;
  std::optional<std::int64_t> deadline_ns(const HttpRequest& request) const;
  Result<void> check_deadline(std::optional<std::int64_t> deadline_ns) const;
  void count(const Method& method, int status) const;

  Handler& other_;
  MetricRegistry& registry_;
  const Clock& clock_;
  const Options options_;
  std::unordered_map<std::string_view, std::unique_ptr<Method>> methods_;  // keys in the methods
  Method* first_ = nullptr;
  std::vector<std::string> services_;
};

}  // namespace slipway::net
