// Protocol Buffers' wire format read in place, every length checked: the bytes are somebody else's.
//
//   WireReader reader(bytes, offset);
//   while (true) {
//     ASSIGN_OR_RETURN(const std::optional<WireField> field, reader.next());
//     if (!field) break;
//     if (field->number == 3) ASSIGN_OR_RETURN(name, field->text());
//   }
//
// Views are valid while the bytes are. Nothing is allocated on the file's word, nothing recurses.
// Groups, which ONNX does not have, are refused. Errors: kInvalidArgument "model.onnx.wire" with the
// byte. Source: the Protocol Buffers documentation, "Encoding".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway::model {

enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
  std::uint64_t value = 0;  // kVarint, kFixed64, kFixed32
  std::string_view bytes;   // kBytes
  std::size_t at = 0;       // where it begins in the file
  std::size_t size = 0;     // of all of it, its key and length too
  std::size_t inside = 0;   // where `bytes` do

  // The field as its schema has it; an error if the wire has another type.
  Result<std::string_view> text() const;
  Result<std::int64_t> integer() const;
  Result<float> real() const;
  // Repeated numbers, added to a list: one, or many packed.
  Result<void> integers(std::vector<std::int64_t>* to) const;
  Result<void> reals(std::vector<float>* to) const;
  Result<void> doubles(std::vector<double>* to) const;
};

class WireReader {
 public:
  // `at`: where the bytes begin in the file, for messages.
  explicit WireReader(std::string_view bytes, std::size_t at = 0) : bytes_(bytes), begin_(at) {}
  Result<std::optional<WireField>> next();
  Result<std::uint64_t> varint();
  bool done() const { return at_ == bytes_.size(); }

 private:
  Result<std::string_view> take(std::uint64_t size);
  Error bad(std::string_view what) const;

  std::string_view bytes_;
  std::size_t begin_;
  std::size_t at_ = 0;
};

}  // namespace slipway::model
