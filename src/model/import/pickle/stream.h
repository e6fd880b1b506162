// The bytes of a pickle, read from the front: every length is checked against what is left before
// anything is done with it.
//
//   ASSIGN_OR_RETURN(const auto length, stream.number<4>());
//   ASSIGN_OR_RETURN(const std::string_view text, stream.take(length));
//
// Errors: kDataLoss "model.pickle.truncated" with the byte. Not thread-safe; a view, cheap to copy.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::model::pickle {

// "byte 34: ..." : the file is not what its writer wrote, or its writer was not Python.
inline Error damaged(const char* reason, std::size_t offset, std::string_view what) {
  return Error(Code::kDataLoss, reason, fmt::format("byte {}: {}", offset, what));
}

class Stream {
 public:
  explicit Stream(std::string_view bytes, std::size_t position = 0)
      : bytes_(bytes), position_(position) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }
  std::string_view all() const { return bytes_; }

  Result<std::string_view> take(std::uint64_t count) {
    if (count > left()) {
      return damaged("model.pickle.truncated", position_,
                     fmt::format("{} bytes should follow, {} are left: the file is cut off or "
                                 "damaged; copy or save it again",
                                 count, left()));
    }
    const std::string_view taken = bytes_.substr(position_, count);
    position_ += count;
    return taken;
  }

  // Little-endian, unsigned.
  template <int kBytes>
  Result<std::uint64_t> number() {
    ASSIGN_OR_RETURN(const std::string_view raw, take(kBytes));
    std::uint64_t value = 0;
    for (int i = kBytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(raw[i]);
    return value;
  }

  // Up to '\n', which is eaten and not part of it.
  Result<std::string_view> line() {
    const auto end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) {
      return damaged(
          "model.pickle.truncated", position_,
          "a line without an end: the file is cut off or damaged; copy or save it again");
    }
    const std::string_view line = bytes_.substr(position_, end - position_);
    position_ = end + 1;
    return line;
  }

 private:
  std::string_view bytes_;
  std::size_t position_;
};

}  // namespace slipway::model::pickle
