// A request's header fields in memory of their own, for what outlives the bytes that were received.
//
//   const KeptHeaders kept(request.headers);
//   kept.headers().find("x-user-id");
//
// Immutable; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace slipway::deploy::realtime {

class KeptHeaders {
 public:
  explicit KeptHeaders(const net::HttpHeaders& headers) {
    for (std::size_t i = 0; i < headers.size(); ++i) {
      const std::string_view name = headers.name(i), value = headers.value(i);
      fields_.push_back({.name_at = add(name),
                         .name_size = static_cast<std::uint32_t>(name.size()),
                         .value_at = add(value),
                         .value_size = static_cast<std::uint32_t>(value.size())});
    }
  }
  KeptHeaders(const KeptHeaders&) = delete;
  KeptHeaders& operator=(const KeptHeaders&) = delete;

  net::HttpHeaders headers() const { return {bytes_.data(), fields_}; }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::uint32_t add(std::string_view text) {
    const std::size_t at = bytes_.size();
    bytes_ += text;
    return static_cast<std::uint32_t>(at);
  }

  std::string bytes_;
  std::vector<net::FieldPlace> fields_;
};

}  // namespace slipway::deploy::realtime
