// What REST answers, for gRPC methods that say the same in other bytes: one source for both.
//
//   const RestBridge rest(router);
//   RETURN_IF_ERROR(rest.get(reactor, "/v2/models/" + url_segment(name), &reply));   // JSON into a message
//
// An answer that is no success becomes the Error that it tells, its status by one switch. Safe from all
// reactors at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace google::protobuf {
class Message;
}

namespace slipway::deploy::realtime::grpc {

class RestBridge {
 public:
  explicit RestBridge(net::Handler& rest) : rest_(rest) {}

  // The body of the answer.
  Result<std::string> ask(std::size_t reactor, net::Method method, std::string_view path,
                          std::string_view body = "") const;
  // Its members become the fields of their names; members that the message does not have are left out.
  Result<void> get(std::size_t reactor, std::string_view path,
                   google::protobuf::Message* reply) const;

 private:
  net::Handler& rest_;
};

// Into a message, from JSON of ours.
Result<void> read_json(const std::string& json, google::protobuf::Message* reply);

// A name as one segment of a path.
std::string url_segment(std::string_view name);

}  // namespace slipway::deploy::realtime::grpc
