// The file form of everything that slipway stores as numbers with a description: a JSON header,
// then buffers at 64-byte boundaries, little-endian, so that a mapped file is used in place.
// model.slip and the parity vectors are such files.
//
//   ContainerWriter writer("slipway.model", 1);
//   writer.add("leaf_value", std::as_bytes(values));
//   std::string bytes = std::move(writer).finish(json_object_text);
//
//   ASSIGN_OR_RETURN(const Container in, Container::open(bytes, owner, "slipway.model", 1));
//   ASSIGN_OR_RETURN(Array<double> values, in.array<double>("leaf_value"));
//
// Layout and checksums: docs/reference/model-slip.md. Bytes are untrusted: kDataLoss "model.slip.*"
// says what is wrong and where. Immutable once open; safe to share. On a big-endian machine the
// reader refuses (none is supported).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/array.h"

namespace slipway::model {

class ContainerWriter {
 public:
  // `kind` names what is inside; `version` of its header's meaning.
  ContainerWriter(std::string_view kind, int version);

  // A buffer of numbers of `width` bytes each (1, 2, 4 or 8). Names are unique.
  void add_bytes(std::string_view name, std::span<const std::byte> bytes, std::size_t width);
  template <typename T>
  void add(std::string_view name, std::span<const T> values) {
    add_bytes(name, std::as_bytes(values), sizeof(T));
  }

  // `content`: a JSON object, kept as it is under "content".
  std::string finish(std::string_view content) &&;

 private:
  struct Entry {
    std::string name;
    std::size_t offset;  // from the start of the first buffer
    std::size_t size;
    std::size_t width;
    std::uint64_t checksum;
  };
  std::string kind_;
  int version_;
  std::vector<Entry> entries_;
  std::string buffers_;
};

class Container {
 public:
  static bool has_magic(std::string_view bytes);

  // `bytes` stay readable while `owner` (or the caller, if null) keeps them. Arrays point into them
  // where they are aligned, else they are copied.
  static Result<Container> open(std::string_view bytes, std::shared_ptr<const void> owner,
                                std::string_view kind, int version);

  JsonView content() const;

  template <typename T>
  Result<Array<T>> array(std::string_view name) const {
    ASSIGN_OR_RETURN(const std::string_view bytes, buffer(name, sizeof(T)));
    const std::size_t count = bytes.size() / sizeof(T);
    const auto* data = reinterpret_cast<const T*>(bytes.data());
    if (owner_ != nullptr && reinterpret_cast<std::uintptr_t>(data) % alignof(T) == 0) {
      return Array<T>(owner_, data, count);
    }
    std::vector<T> copy(count);
    if (count > 0) std::memcpy(copy.data(), bytes.data(), bytes.size());
    return Array<T>(std::move(copy));
  }
  bool has(std::string_view name) const { return buffers_.find(name) != buffers_.end(); }

 private:
  struct Buffer {
    std::string_view bytes;
    std::size_t width;
  };
  Container(JsonDocument header, std::shared_ptr<const void> owner)
      : header_(std::move(header)), owner_(std::move(owner)) {}
  Result<std::string_view> buffer(std::string_view name, std::size_t width) const;
  Result<void> read_buffers(std::string_view bytes, std::size_t begin);

  JsonDocument header_;
  std::shared_ptr<const void> owner_;
  std::map<std::string, Buffer, std::less<>> buffers_;
};

}  // namespace slipway::model
