// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/plain_infer.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "base/json_numbers.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::size_t kSizeDigitsMax = 9;                  // of a dimension
constexpr std::size_t kKeptValues = std::size_t{1} << 17;  // between requests: 1 MiB

// What stands for itself in a string.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = ' '; c <= '~'; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

// False as soon as something is not plain.
class Reader {
 public:
  Reader(std::string_view json, DecodeScratch* scratch)
      : at_(json.data()), end_(end_of(json)), scratch_(*scratch) {}

  bool read() {
    bool has_inputs = false, has_id = false;
    if (!takes('{')) return false;
    do {
      std::string_view key;
      if (!take_key(&key)) return false;
      if (key == "inputs") {
        if (std::exchange(has_inputs, true) || !take_inputs()) return false;
      } else if (key != "id" || std::exchange(has_id, true) || !take_text(&id_)) {
        return false;
      }
    } while (takes(','));
    return takes('}') && has_inputs && at_ == end_;
  }
  std::string_view id() const { return id_; }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  static const char* end_of(std::string_view json) {
    while (!json.empty() && is_blank(json.back())) json.remove_suffix(1);
    return json.data() + json.size();
  }

  void skip_blanks() {
    while (at_ < end_ && is_blank(*at_)) ++at_;
  }
  bool takes(char c) {
    if (at_ < end_ && *at_ == c) return ++at_, true;
    skip_blanks();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool take_text(std::string_view* text) {
    if (!takes('"')) return false;
    const char* const begin = at_;
    while (at_ < end_ && kPlain[static_cast<unsigned char>(*at_)]) ++at_;
    *text = {begin, static_cast<std::size_t>(at_ - begin)};
    if (at_ == end_ || *at_ != '"') return false;
    ++at_;
    return true;
  }
  bool take_key(std::string_view* key) { return take_text(key) && takes(':'); }

  bool take_size(std::size_t* size) {
    skip_blanks();
    const char* const begin = at_;
    for (*size = 0; at_ < end_ && *at_ >= '0' && *at_ <= '9'; ++at_)
      *size = *size * 10 + static_cast<std::size_t>(*at_ - '0');
    const auto digits = static_cast<std::size_t>(at_ - begin);
    return digits > 0 && digits <= kSizeDigitsMax && (*begin != '0' || digits == 1);
  }
  bool take_shape(Tensor* tensor) {
    if (!takes('[') || !take_size(&tensor->rows)) return false;
    tensor->rank = 1;
    if (takes(',')) {
      tensor->rank = 2;
      if (!take_size(&tensor->width)) return false;
    }
    return takes(']');
  }
  bool take_type(Tensor* tensor) {
    std::string_view name;
    if (!take_text(&name) || (name != "FP32" && name != "FP64")) return false;
    tensor->type = name == "FP32" ? DataType::kFp32 : DataType::kFp64;
    return true;
  }
  bool take_data() {
    if (!takes('[')) return false;
    const char* const after = read_json_numbers(at_, end_, &scratch_.plain_values);
    if (after == nullptr) return false;
    at_ = after;
    return true;
  }

  enum Seen : unsigned { kName = 1, kShape = 2, kType = 4, kData = 8, kAll = 15 };

  bool take_member(std::string_view key, Tensor* tensor, unsigned* seen) {
    const auto first = [&](Seen what) { return (std::exchange(*seen, *seen | what) & what) == 0; };
    if (key == "name") return first(kName) && take_text(&tensor->name) && !tensor->name.empty();
    if (key == "shape") return first(kShape) && take_shape(tensor);
    if (key == "datatype") return first(kType) && take_type(tensor);
    return key == "data" && first(kData) && take_data();
  }

  bool take_input() {
    Tensor& tensor = scratch_.tensors.emplace_back();
    const std::size_t before = scratch_.plain_values.size();
    unsigned seen = 0;
    if (!takes('{')) return false;
    do {
      std::string_view key;
      if (!take_key(&key) || !take_member(key, &tensor, &seen)) return false;
    } while (takes(','));
    if (!takes('}') || seen != kAll) return false;
    const std::size_t count = scratch_.plain_values.size() - before;
    if (count != tensor.rows * tensor.width) return false;
    return tensor.type == DataType::kFp64 || round_to_floats(before);
  }
  bool round_to_floats(std::size_t from) {
    constexpr double kMost = std::numeric_limits<float>::max();
    for (std::size_t i = from; i < scratch_.plain_values.size(); ++i) {
      const double rounded = static_cast<float>(scratch_.plain_values[i]);
      if (std::fabs(rounded) > kMost) return false;
      scratch_.plain_values[i] = rounded;
    }
    return true;
  }

  bool take_inputs() {
    if (!takes('[')) return false;
    do {
      if (!take_input()) return false;
    } while (takes(','));
    return takes(']');
  }

  const char* at_;
  const char* const end_;
  DecodeScratch& scratch_;
  std::string_view id_;
};

}  // namespace

std::optional<PlainInfer> read_plain_infer(std::string_view json, DecodeScratch* scratch) {
  if (scratch->plain_values.capacity() > kKeptValues) scratch->plain_values = {};
  scratch->plain_values.clear();
  scratch->tensors.clear();
  Reader reader(json, scratch);
  if (!reader.read() || reader.id().size() > kIdBytesMax) return std::nullopt;
  // Where values lie is known when all have come.
  const double* values = scratch->plain_values.data();
  for (Tensor& tensor : scratch->tensors) {
    tensor.values = values;
    values += tensor.rows * tensor.width;
  }
  return PlainInfer{.id = reader.id()};
}

}  // namespace slipway::deploy::realtime
