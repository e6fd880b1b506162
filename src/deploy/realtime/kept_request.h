// A whole request in memory of its own, to be handled again when the one that came is gone.
//
//   auto kept = std::make_shared<const KeptRequest>(request);
//   next.handle(kept->at_slot(slot), response);                 // on another thread
//
// Immutable; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "deploy/realtime/kept_headers.h"
#include "net/http.h"

namespace slipway::deploy::realtime {

class KeptRequest {
 public:
  explicit KeptRequest(const net::HttpRequest& request);
  KeptRequest(const KeptRequest&) = delete;
  KeptRequest& operator=(const KeptRequest&) = delete;

  // What it takes, before it is kept.
  static std::size_t size_of(const net::HttpRequest& request);
  std::size_t size() const { return bytes_.size() + headers_.size(); }
  // As on the reactor of that number.
  net::HttpRequest at_slot(std::size_t slot) const;

 private:
  const KeptHeaders headers_;
  std::string bytes_;  // body, padding, path, query
  net::HttpRequest request_;
};

}  // namespace slipway::deploy::realtime
