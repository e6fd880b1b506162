// A handler before another: what it does not do itself, the other one does.
//
//   class Counting final : public ForwardingHandler {
//    public:
//     explicit Counting(Handler& next) : ForwardingHandler(next) {}
//     void handle(const HttpRequest& request, HttpResponse& response) override {
//       ++requests_;
//       next_.handle(request, response);
//     }
//   };
//
// As safe as what is added to it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "net/http.h"

namespace slipway::net {

class ForwardingHandler : public Handler {
 public:
  // `next` outlives this.
  explicit ForwardingHandler(Handler& next) : next_(next) {}

  void handle(const HttpRequest& request, HttpResponse& response) override {
    next_.handle(request, response);
  }
  std::optional<Reject> admit(const HttpRequest& head) override { return next_.admit(head); }
  std::unique_ptr<StreamHandler> open(const HttpRequest& head) override { return next_.open(head); }
  void refuse(int status, std::string_view error, HttpResponse& response) override {
    next_.refuse(status, error, response);
  }

 protected:
  Handler& next_;
};

}  // namespace slipway::net
