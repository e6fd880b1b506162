// The compressions that joblib writes, told by their first bytes and undone into one buffer.
//
//   const Packing packing = packing_of(bytes);
//   if (packing != Packing::kNone) ASSIGN_OR_RETURN(Buffer buffer, unpack(packing, bytes, limits));
//
// Errors: kDataLoss "model.pickle.packed" for a damaged or cut stream; kResourceExhausted
// "model.pickle.unpacked_size" as soon as a limit is passed, not after. Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace slipway::model::pickle {

enum class Packing : unsigned char { kNone, kZlib, kGzip, kBz2, kXz, kLzma, kLz4 };

Packing packing_of(std::string_view bytes);
std::string_view name_of(Packing packing);

// Bytes that grow by realloc, which moves pages instead of copying them: the peak stays near the
// final size.
class Buffer {
 public:
  std::string_view text() const { return {data_.get(), size_}; }
  char* data() { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  void set_size(std::size_t size) { size_ = size; }
  // False if there is no memory for it.
  bool set_capacity(std::size_t capacity);

 private:
  struct Free {
    void operator()(char* data) const { std::free(data); }
  };
  std::unique_ptr<char, Free> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

struct UnpackLimits {
  std::size_t max_bytes = 0;
  std::size_t max_expansion = 0;  // unpacked / packed
};

Result<Buffer> unpack(Packing packing, std::string_view bytes, const UnpackLimits& limits);

}  // namespace slipway::model::pickle
