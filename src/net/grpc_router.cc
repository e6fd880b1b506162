// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_router.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "net/grpc_message.h"
#include "net/grpc_status.h"

namespace slipway::net {
namespace {

constexpr std::string_view kContentType = "application/grpc";
constexpr std::string_view kOk = "grpc-status: 0\r\n";
constexpr std::size_t kKeptBytes = 1u << 20;
constexpr std::size_t kFreeBytes = 4096;  // too few to be charged

std::string_view encoding_of(const HttpRequest& request) {
  if (!request.has_grpc_options) return "identity";
  return request.headers.find("grpc-encoding").value_or("identity");
}

// Answers are compressed where requests are, and by no other way than they understand.
bool wants_gzip(const HttpRequest& request) {
  if (!request.has_grpc_options || encoding_of(request) != "gzip") return false;
  const auto accepted = request.headers.find("grpc-accept-encoding");
  return accepted && accepted->find("gzip") != std::string_view::npos;
}

void begin_answer(bool gzipped, HttpResponse* response) {
  response->content_type = kContentType;
  if (gzipped) response->headers += "grpc-encoding: gzip\r\n";
}

void append_error(const Error& error, std::string* lines) {
  append_grpc_status(static_cast<int>(error.code()), error.message(), lines);
  // gRPC: say what would be understood.
  if (error.reason() == "net.grpc_encoding") *lines += "grpc-accept-encoding: identity,gzip\r\n";
  if (is_overload(error.reason())) append_grpc_pushback(1, lines);
}

}  // namespace

struct GrpcRouter::Method {
  std::string path;
  GrpcUnary unary;
  GrpcOpen open;
  Counter& ok;
};

std::optional<std::int64_t> parse_grpc_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  switch (text.back()) {
    case 'H':
      // Eight digits of hours are more nanoseconds than there are: some centuries will do.
      return std::min<std::int64_t>(value, 2'000'000) * 3'600'000'000'000;
    case 'M':
      return value * 60'000'000'000;
    case 'S':
      return value * 1'000'000'000;
    case 'm':
      return value * 1'000'000;
    case 'u':
      return value * 1000;
    case 'n':
      return value;
    default:
      return std::nullopt;
  }
}

GrpcRouter::GrpcRouter(Handler& other, MetricRegistry& registry, const Clock& clock,
                       Options options)
    : other_(other), registry_(registry), clock_(clock), options_(options) {}
GrpcRouter::~GrpcRouter() = default;

GrpcRouter::Method& GrpcRouter::make(std::string_view service, std::string_view method) {
  if (std::find(services_.begin(), services_.end(), service) == services_.end())
    services_.emplace_back(service);
  auto made = std::make_unique<Method>(
      Method{.path = fmt::format("/{}/{}", service, method),
             .unary = {},
             .open = {},
             .ok = registry_.counter("slipway_grpc_calls_total", "gRPC calls ended, by status",
                                     {{"method", std::string(method)}, {"code", "0"}})});
  Method& added = *made;
  if (first_ == nullptr) first_ = &added;
  CHECK(methods_.emplace(added.path, std::move(made)).second);
  return added;
}

void GrpcRouter::add(std::string_view service, std::string_view method, GrpcUnary function) {
  make(service, method).unary = std::move(function);
}

void GrpcRouter::add_stream(std::string_view service, std::string_view method, GrpcOpen open) {
  make(service, method).open = std::move(open);
}

GrpcRouter::Method* GrpcRouter::find(std::string_view path) const {
  if (first_ != nullptr && first_->path == path) return first_;
  const auto at = methods_.find(path);
  return at == methods_.end() ? nullptr : at->second.get();
}

void GrpcRouter::count(const Method& method, int status) const {
  if (status == 0) return method.ok.add();
  registry_
      .counter("slipway_grpc_calls_total", "gRPC calls ended, by status",
               {{"method", method.path.substr(method.path.rfind('/') + 1)},
                {"code", std::to_string(status)}})
      .add();
}

std::optional<std::int64_t> GrpcRouter::deadline_ns(const HttpRequest& request) const {
  if (!request.has_grpc_options) return std::nullopt;
  const auto text = request.headers.find("grpc-timeout");
  if (!text) return std::nullopt;
  const auto timeout_ns = parse_grpc_timeout(*text);
  if (!timeout_ns) return std::nullopt;
  return request.arrived_ns + *timeout_ns;
}

Result<void> GrpcRouter::check_deadline(std::optional<std::int64_t> deadline_ns) const {
  if (!deadline_ns || clock_.monotonic_ns() <= *deadline_ns) return {};
  return Error(Code::kDeadlineExceeded, "net.grpc_deadline",
               "the call's deadline had passed before it could be worked on");
}

std::optional<Reject> GrpcRouter::admit(const HttpRequest& head) {
  if (!head.is_grpc) return other_.admit(head);
  if (find(head.path) != nullptr) return std::nullopt;
  return Reject{.status = 404, .body = fmt::format("there is no method {}", head.path)};
}

class GrpcRouter::Promised final : public GrpcAnswer {
 public:
  Promised(const GrpcRouter& router, const Method& method, bool gzipped)
      : router_(router), method_(method), gzipped_(gzipped) {
    begin_message(&response_.body);
  }
  std::string* message() override { return &response_.body; }
  void finish(const Result<void>& done) override {
    router_.close(method_, done, gzipped_, &response_);
    later_->finish(std::move(response_));
  }
  bool is_wanted() const override { return later_->is_wanted(); }
  const std::shared_ptr<Later>& later() const { return later_; }

 private:
  const GrpcRouter& router_;
  const Method& method_;
  const bool gzipped_;
  HttpResponse response_;
  const std::shared_ptr<Later> later_ = std::make_shared<Later>();
};

class GrpcRouter::Promise final : public GrpcPromise {
 public:
  Promise(const GrpcRouter& router, const Method& method, const HttpRequest& request)
      : router_(router), method_(method), request_(request) {}
  std::shared_ptr<GrpcAnswer> make() override {
    made_ = std::make_shared<Promised>(router_, method_, wants_gzip(request_));
    return made_;
  }
  const std::shared_ptr<Promised>& made() const { return made_; }

 private:
  const GrpcRouter& router_;
  const Method& method_;
  const HttpRequest& request_;
  std::shared_ptr<Promised> made_;
};

Result<void> GrpcRouter::call(const Method& method, const HttpRequest& request,
                              GrpcPromise& promise, std::string* reply) {
  const auto deadline = deadline_ns(request);
  RETURN_IF_ERROR(check_deadline(deadline));
  std::string_view rest = request.body;
  ASSIGN_OR_RETURN(const auto message, next_message(&rest, options_.message_bytes_max));
  if (!message || !rest.empty()) {
    return Error(Code::kInternal, "net.grpc_frame",
                 fmt::format("this method takes one message; the request's {} bytes are {}",
                             request.body.size(), message ? "more than one" : "less than one"));
  }
  std::string scratch;
  ASSIGN_OR_RETURN(const std::string_view bytes, plain_bytes(*message, encoding_of(request),
                                                             options_.message_bytes_max, &scratch));
  begin_message(reply);
  return method.unary({request, bytes, deadline.value_or(0), promise}, reply);
}

void GrpcRouter::handle(const HttpRequest& request, HttpResponse& response) {
  const Method* const method = request.is_grpc ? find(request.path) : nullptr;
  if (method == nullptr) return other_.handle(request, response);
  Promise promise(*this, *method, request);
  const auto done = call(*method, request, promise, &response.body);
  if (promise.made() == nullptr) return close(*method, done, wants_gzip(request), &response);
  response.reset();
  response.later = promise.made()->later();
}

void GrpcRouter::close(const Method& method, const Result<void>& done, bool gzipped,
                       HttpResponse* response) const {
  if (done || done.error().reason() != kCallAgain)
    count(method, done ? 0 : static_cast<int>(done.error().code()));
  if (!done) {
    // Without a body, so that the status may stand in the header.
    response->reset();
    response->content_type = kContentType;
    return append_error(done.error(), &response->headers);
  }
  begin_answer(gzipped, response);
  end_message(kMessageHead, gzipped, &response->body);
  response->trailers = kOk;
}

// ---- calls of many messages

class GrpcRouter::Stream final : public StreamHandler, private GrpcWriter {
 public:
  Stream(const GrpcRouter& router, const Method& method, const HttpRequest& head)
      : router_(router),
        method_(method),
        encoding_(encoding_of(head)),
        gzips_(wants_gzip(head)),
        deadline_ns_(router.deadline_ns(head)),
        call_(method.open(head)) {}

  void received(std::string_view bytes, StreamReply& reply) override {
    reply_ = &reply;
    if (const auto done = take(bytes); !done) end(done.error());
  }
  void ended(StreamReply& reply) override {
    reply_ = &reply;
    if (ended_) return;
    if (!held_.empty()) {
      return end(Error(Code::kInternal, "net.grpc_frame", "the last message is cut"));
    }
    input_ended_ = true;
    if (!call_->outlasts_input()) end(std::nullopt);
  }
  void tick(StreamReply& reply) override {
    reply_ = &reply;
    if (ended_) return;
    auto done = router_.check_deadline(deadline_ns_);
    if (done) done = call_->tick(*this);
    if (!done) return end(done.error());
    if (input_ended_ && !call_->outlasts_input()) end(std::nullopt);
  }
  void drain(StreamReply& reply) override {
    tick(reply);  // a last word, such as that the server is not ready any more
    if (ended_) return;
    end(Error(Code::kUnavailable, "net.draining", "the server is stopping: call again"));
  }

 private:
  Result<void> take(std::string_view bytes) {
    const std::size_t max = router_.options_.message_bytes_max;
    std::string_view rest = bytes;
    if (!held_.empty()) {
      RETURN_IF_ERROR(hold(bytes));
      rest = held_;
    }
    while (!ended_) {
      ASSIGN_OR_RETURN(const auto message, next_message(&rest, max));
      if (!message) break;
      std::string scratch;
      ASSIGN_OR_RETURN(const std::string_view plain,
                       plain_bytes(*message, encoding_, max, &scratch));
      RETURN_IF_ERROR(router_.check_deadline(deadline_ns_));
      RETURN_IF_ERROR(call_->received(plain, *this));
    }
    if (held_.empty()) return hold(rest);
    held_.erase(0, held_.size() - rest.size());
    if (held_.empty() && held_.capacity() > kKeptBytes) {
      held_ = std::string();
      reply_->charge(-static_cast<std::ptrdiff_t>(std::exchange(charged_, 0)));
    }
    return {};
  }

  Result<void> hold(std::string_view bytes) {
    const std::size_t size = held_.size() + bytes.size();
    if (size > std::max(charged_, kFreeBytes)) {
      const std::size_t more = std::max(size, charged_ * 2) - charged_;
      if (!reply_->charge(static_cast<std::ptrdiff_t>(more))) {
        return Error(Code::kResourceExhausted, "net.buffered_bytes",
                     "too many large requests at a time: try again later");
      }
      charged_ += more;
      held_.reserve(charged_);
    }
    held_ += bytes;
    return {};
  }

  void begin() {
    if (std::exchange(begun_, true)) return;
    HttpResponse head;
    begin_answer(gzips_, &head);
    reply_->begin(head);
  }

  void write(std::string_view message) override {
    begin();
    std::string framed;
    begin_message(&framed);
    framed += message;
    end_message(kMessageHead, gzips_, &framed);
    reply_->write(framed);
  }

  void end(const std::optional<Error>& error) {
    if (std::exchange(ended_, true)) return;
    begin();
    std::string lines;
    error ? append_error(*error, &lines) : void(lines = kOk);
    router_.count(method_, error ? static_cast<int>(error->code()) : 0);
    reply_->end(lines);
  }

  const GrpcRouter& router_;
  const Method& method_;
  const std::string encoding_;
  const bool gzips_;
  const std::optional<std::int64_t> deadline_ns_;
  const std::unique_ptr<GrpcCall> call_;
  StreamReply* reply_ = nullptr;  // of the call that is being made to us
  std::string held_;              // the start of a message
  std::size_t charged_ = 0;
  bool begun_ = false, input_ended_ = false, ended_ = false;
};

std::unique_ptr<StreamHandler> GrpcRouter::open(const HttpRequest& head) {
  if (!head.is_grpc) return other_.open(head);
  const Method* const method = find(head.path);
  if (method == nullptr || !method->open) return nullptr;
  return std::make_unique<Stream>(*this, *method, head);
}

}  // namespace slipway::net
