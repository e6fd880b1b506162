// What is in the repository, loading and unloading: see services.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <model_repository.pb.h>
#include <open_inference_grpc.pb.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "deploy/realtime/grpc/method.h"
#include "deploy/realtime/grpc/services.h"

namespace slipway::deploy::realtime::grpc {
namespace {

using net::HttpRequest;

constexpr std::string_view kRepository = "inference.model_repository.ModelRepositoryService";

// What a load has come to, told from its thread to a reactor's.
class Outcome {
 public:
  void set(Result<void> done) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    done_ = std::move(done);
  }
  std::optional<Result<void>> get() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return done_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<Result<void>> done_ GUARDED_BY(mutex_);
};

// Begins work elsewhere, and answers with an empty message when that is done.
class Waiting : public net::GrpcCall {
 public:
  Result<void> received(std::string_view message, net::GrpcWriter&) override {
    if (outcome_ != nullptr) {
      return Error(Code::kInternal, "net.grpc_frame", "this method takes one message");
    }
    outcome_ = std::make_shared<Outcome>();
    return begin(message,
                 [outcome = outcome_](Result<void> done) { outcome->set(std::move(done)); });
  }
  Result<void> tick(net::GrpcWriter& out) override {
    if (outcome_ == nullptr || answered_) return {};
    const auto done = outcome_->get();
    if (!done) return {};
    RETURN_IF_ERROR(*done);
    answered_ = true;
    out.write("");
    return {};
  }
  bool outlasts_input() const override { return !answered_; }

 protected:
  virtual Result<void> begin(std::string_view message, ModelControl::Done done) = 0;

 private:
  std::shared_ptr<Outcome> outcome_;
  bool answered_ = false;
};

Error no_control() {
  return Error(Code::kUnavailable, "deploy.control",
               "explicit model load / unload is not allowed if polling is enabled");
}

Result<ModelControl::Inline> inline_of(const inference::RepositoryModelLoadRequest& request) {
  ModelControl::Inline with;
  for (const auto& [name, value] : request.parameters()) {
    if (name == "config") {
      with.config = value.string_param();
    } else if (name.starts_with("file:")) {
      if (!value.has_bytes_param()) {
        return Error(Code::kInvalidArgument, "realtime.request",
                     fmt::format("failed to load '{}': parameter '{}' must be bytes_param",
                                 request.model_name(), name));
      }
      with.files.emplace_back(name.substr(5), value.bytes_param());
    }
  }
  if (with.files.empty() || !with.config.empty()) return with;
  return Error(Code::kInvalidArgument, "realtime.request",
               fmt::format("failed to load '{}': files without a 'config' parameter, which says "
                           "what they are",
                           request.model_name()));
}

class Load final : public Waiting {
 public:
  explicit Load(ModelControl* control) : control_(control) {}

 private:
  Result<void> begin(std::string_view message, ModelControl::Done done) override {
    if (control_ == nullptr) return no_control();
    // MLServer's message is this one's beginning.
    ASSIGN_OR_RETURN(const auto request,
                     parse_message<inference::RepositoryModelLoadRequest>(message));
    ASSIGN_OR_RETURN(ModelControl::Inline with, inline_of(request));
    control_->load(request.model_name(), std::move(with), std::move(done));
    return {};
  }
  ModelControl* const control_;
};

class Unload final : public Waiting {
 public:
  explicit Unload(ModelControl* control) : control_(control) {}

 private:
  Result<void> begin(std::string_view message, ModelControl::Done done) override {
    if (control_ == nullptr) return no_control();
    ASSIGN_OR_RETURN(const auto request,
                     parse_message<inference::RepositoryModelUnloadRequest>(message));
    control_->unload(request.model_name(), std::move(done));
    return {};
  }
  ModelControl* const control_;
};

template <typename Request, typename Reply>
void add_index(const RestBridge& rest, std::string_view service, net::GrpcRouter* router) {
  add_method<Request, Reply>(
      router, service, "RepositoryIndex",
      [&rest](const HttpRequest& http, const Request& request, Reply* reply) -> Result<void> {
        ASSIGN_OR_RETURN(const std::string entries,
                         rest.ask(http.reactor, net::Method::kPost, "/v2/repository/index",
                                  request.ready() ? R"({"ready":true})" : "{}"));
        return read_json(R"({"models":)" + entries + "}", reply);
      });
}

}  // namespace

void Services::add_repository(net::GrpcRouter* router) {
  add_index<inference::RepositoryIndexRequest, inference::RepositoryIndexResponse>(
      rest_, kInference, router);
  add_index<inference::model_repository::RepositoryIndexRequest,
            inference::model_repository::RepositoryIndexResponse>(rest_, kRepository, router);
  for (const std::string_view service : {kInference, kRepository}) {
    router->add_stream(service, "RepositoryModelLoad", [this](const HttpRequest&) {
      return std::make_unique<Load>(parts_.control);
    });
    router->add_stream(service, "RepositoryModelUnload", [this](const HttpRequest&) {
      return std::make_unique<Unload>(parts_.control);
    });
  }
}

}  // namespace slipway::deploy::realtime::grpc
