// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/look_up_planes.h"

namespace slipway::scoring {

LookUpPlanes::LookUpPlanes(const Conditions& conditions) {
  if (conditions.looked_up == nullptr) return;
  const LookedUp& from = *conditions.looked_up;
  place(from);
  fill(from);
  add_bytes(from);
  view_ = {.lists = lists_.data(),
           .list_count = lists_.size(),
           .conditions = conditions_.data(),
           .condition_count = from.count,
           .first = conditions.first_looked_up(),
           .asks = from.asks.data()};
}

// Each condition's variants among those of its list, list after list, in whole words.
void LookUpPlanes::place(const LookedUp& from) {
  std::vector<std::uint32_t> next(from.lists.size());
  for (const LookedUpGroup& group : from.groups) {
    for (std::uint32_t i = 0; i < group.count; ++i) {
      place_.push_back(next[group.list]);
      next[group.list] += 1U << group.asks;
    }
  }
  std::vector<std::uint32_t> first;
  for (std::size_t l = 0; l < from.lists.size(); ++l) {
    const std::uint32_t width = (next[l] + 63) / 64;
    words_.emplace_back(from.codes_of(from.lists[l]) * width);
    lists_.push_back({words_.back().data(), width, next[l], nullptr});
    first.push_back(static_cast<std::uint32_t>(variants_));
    variants_ += std::size_t{64} * width;
  }
  for (const LookedUpGroup& group : from.groups) {
    for (std::uint32_t i = 0; i < group.count; ++i)
      conditions_.push_back({first[group.list] + place_[group.first + i], group.asks,
                             static_cast<std::uint32_t>(group.asks_at)});
  }
}

void LookUpPlanes::fill(const LookedUp& from) {
  for (const LookedUpGroup& group : from.groups) {
    std::uint64_t* words = words_[group.list].data();
    const std::size_t width = lists_[group.list].width;
    const std::size_t codes = from.codes_of(from.lists[group.list]);
    const std::uint16_t* answers = from.answers.data() + group.answers_at;
    for (std::size_t code = 0; code < codes; ++code, words += width) {
      for (std::uint32_t variant = 0; variant < 1U << group.asks; ++variant, ++answers) {
        for (std::uint32_t i = 0; i < group.count; ++i) {
          const std::size_t bit = std::size_t{place_[group.first + i]} + variant;
          words[bit / 64] |= std::uint64_t{(*answers >> i) & 1U} << (bit % 64);
        }
      }
    }
  }
}

// The same, for few codes, as tables that permutes look up in.
void LookUpPlanes::add_bytes(const LookedUp& from) {
  for (std::size_t l = 0; l < lists_.size(); ++l) {
    std::vector<std::uint8_t>& bytes = bytes_.emplace_back();
    const std::size_t codes = from.codes_of(from.lists[l]), width = lists_[l].width;
    if (codes > isa::kCodesInRegisters) continue;
    bytes.resize(8 * width * isa::kCodesInRegisters);
    for (std::size_t code = 0; code < codes; ++code) {
      for (std::size_t byte = 0; byte < 8 * width; ++byte)
        bytes[byte * isa::kCodesInRegisters + code] =
            static_cast<std::uint8_t>(words_[l][code * width + byte / 8] >> (8 * (byte % 8)));
    }
    lists_[l].bytes = bytes.data();
  }
}

std::size_t LookUpPlanes::memory_bytes() const {
  std::size_t bytes = conditions_.size() * sizeof(conditions_[0]);
  for (const auto& words : words_) bytes += words.size() * sizeof(words[0]);
  for (const auto& of_list : bytes_) bytes += of_list.size();
  return bytes;
}

}  // namespace slipway::scoring
