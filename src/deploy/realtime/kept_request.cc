// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/kept_request.h"

#include "base/json.h"

namespace slipway::deploy::realtime {

KeptRequest::KeptRequest(const net::HttpRequest& request) : headers_(request.headers) {
  bytes_ += request.body;
  bytes_.append(kJsonPadding, '\0');
  const std::size_t path_at = bytes_.size();
  bytes_ += request.path;
  bytes_ += request.query;
  const std::string_view all(bytes_);
  request_.method = request.method;
  request_.path = all.substr(path_at, request.path.size());
  request_.query = all.substr(path_at + request.path.size());
  request_.headers = headers_.headers();
  request_.http2 = request.http2;
  request_.is_grpc = request.is_grpc;
  request_.has_grpc_options = request.has_grpc_options;
  request_.arrived_ns = request.arrived_ns;
  request_.body = all.substr(0, request.body.size());
  request_.body_capacity = bytes_.size();
}

std::size_t KeptRequest::size_of(const net::HttpRequest& request) {
  std::size_t size =
      request.body.size() + kJsonPadding + request.path.size() + request.query.size();
  for (std::size_t i = 0; i < request.headers.size(); ++i)
    size += request.headers.name(i).size() + request.headers.value(i).size();
  return size;
}

net::HttpRequest KeptRequest::at_slot(std::size_t slot) const {
  net::HttpRequest request = request_;
  request.reactor = slot;
  return request;
}

}  // namespace slipway::deploy::realtime
