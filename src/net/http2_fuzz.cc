// Whatever follows the preface and however it is cut: the same requests with the same bodies are
// handled, gRPC's calls and messages too, those answered later among them, and output ends. The first byte says how large the pieces
// are.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "net/grpc_router.h"
#include "net/http2_session.h"

namespace slipway::net {
namespace {

constexpr Limits kLimits{.header_bytes_max = 512,
                         .header_fields_max = 10,
                         .target_bytes_max = 64,
                         .body_bytes_max = 1000,
                         .streams_max = 4,
                         .stream_resets_max = 3,
                         .control_frames_max = 5};

class Recorder final : public Handler {
 public:
  void handle(const HttpRequest& request, HttpResponse& response) override {
    if (request.body.size() > kLimits.body_bytes_max) std::abort();
    transcript += name_of(request.method);
    transcript += request.path;
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
      transcript += '\n';
      transcript += request.headers.name(i);
      transcript += ':';
      transcript += request.headers.value(i);
    }
    transcript += '{';
    transcript += request.body;
    transcript += '}';
    response.body = std::string(request.body.size() * 100, 'x');
    response.trailers = "X-After: 1\r\n";
  }
  std::string transcript;
};

// Notes each message and answers it with itself.
class Notes final : public GrpcCall {
 public:
  explicit Notes(std::string* transcript) : transcript_(*transcript) {}
  Result<void> received(std::string_view message, GrpcWriter& out) override {
    transcript_.append("[").append(message).append("]");
    out.write(message);
    return {};
  }

 private:
  std::string& transcript_;
};

// Calls that are answered when all input has been read, and some when nobody is there any more.
using Promised = std::vector<std::shared_ptr<GrpcAnswer>>;

void add_methods(std::string* transcript, Promised* promised, GrpcRouter* router) {
  router->add("s", "Later",
              [transcript, promised](const GrpcRequest& request, std::string*) -> Result<void> {
                transcript->append("<").append(request.message).append(">");
                promised->push_back(request.promise.make());
                promised->back()->message()->append(request.message);
                return {};
              });
  router->add("s", "Echo",
              [transcript](const GrpcRequest& request, std::string* reply) -> Result<void> {
                transcript->append("(").append(request.message).append(")");
                reply->append(request.message);
                return {};
              });
  router->add_stream("s", "Notes", [transcript](const HttpRequest&) {
    return std::make_unique<Notes>(transcript);
  });
}

void send_all(Session* session, std::size_t* output) {
  while (session->advance()) {
    const auto pieces = session->output();
    if ((*output += pieces[0].size()) > (64u << 20)) std::abort();
    session->sent(pieces[0].size());
  }
}

std::string transcript(std::string_view input, std::size_t step) {
  static MetricRegistry registry;
  static NetMetrics metrics(registry);
  Recorder recorder;
  FakeClock clock;
  GrpcRouter router(recorder, registry, clock, {.message_bytes_max = 500});
  Promised promised;
  add_methods(&recorder.transcript, &promised, &router);
  SessionContext context{.limits = kLimits,
                         .clock = clock,
                         .handler = router,
                         .metrics = metrics,
                         .buffers = BufferPool(1u << 20),
                         .unread = {}};
  auto session = make_http2_session(context, kHttp2Preface);
  session->set_wake([] {});
  std::size_t output = 0;
  for (std::size_t at = 0; at <= input.size() && !session->finished();) {
    send_all(session.get(), &output);
    if (at == input.size() || session->finished()) break;
    const std::size_t piece = std::min(step, input.size() - at);
    const auto room = session->room();
    if (room.size() < piece) std::abort();
    std::memcpy(room.data(), input.data() + at, piece);
    session->received(piece);
    at += piece;
  }
  (void)session->deadline_ms();
  for (std::size_t i = 0; i < promised.size(); i += 2) promised[i]->finish({});
  if (!session->finished()) {
    session->woken();
    send_all(session.get(), &output);
  }
  session.reset();
  for (std::size_t i = 1; i < promised.size(); i += 2) {
    if (promised[i]->is_wanted()) std::abort();
    promised[i]->finish({});
  }
  return recorder.transcript;
}

}  // namespace
}  // namespace slipway::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 16'000) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string whole = slipway::net::transcript(input.substr(1), size);
  const std::string pieces = slipway::net::transcript(input.substr(1), 1 + data[0]);
  // What a connection error cuts off may come before or after it was seen.
  if (!whole.starts_with(pieces) && !pieces.starts_with(whole)) std::abort();
  return 0;
}
