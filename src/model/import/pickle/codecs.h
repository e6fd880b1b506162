// One interface over four decompressors, each fed and emptied in pieces.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "model/import/pickle/unpack.h"

namespace slipway::model::pickle {

class Codec {
 public:
  enum class State : unsigned char { kGoing, kEnd, kBroken };
  struct Step {
    std::size_t read = 0;
    std::size_t written = 0;
    State state = State::kGoing;
  };
  virtual ~Codec() = default;
  virtual Step step(std::string_view in, std::span<char> out) = 0;
};

// Null if the library has no memory for it.
std::unique_ptr<Codec> make_codec(Packing packing);

}  // namespace slipway::model::pickle
