// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/slot_bits.h"

#include <cstring>
#include <map>

namespace slipway::scoring {
namespace {

std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

SlotBits::SlotBits(const Conditions& conditions, const SlotPlan& plan,
                   const isa::PermuteKernels& kernels)
    : kernels_(kernels),
      looked_up_(conditions.looked_up),
      equals_(conditions.equals),
      first_slot_(plan.first_bits),
      words_(plan.bit_words) {
  if (looked_up_ == nullptr) return;
  const std::uint32_t first_equal = conditions.first_equal();
  std::map<std::uint32_t, std::uint16_t> bytes;  // per condition on numbers
  for (const std::uint16_t ask : looked_up_->asks) {
    if (ask < first_equal) bytes.try_emplace(ask, static_cast<std::uint16_t>(bytes.size()));
  }
  questions_.resize((bytes.size() + 63) / 64);
  for (const auto& [condition, byte] : bytes) {
    questions_[byte / 64].slot[byte % 64] = plan.places[condition].slot;
    questions_[byte / 64].rank[byte % 64] = plan.places[condition].rank;
  }
  for (const std::uint16_t ask : looked_up_->asks) {
    const std::size_t equal = 64 * questions_.size() + ask - first_equal;
    asked_.push_back(ask < first_equal ? bytes.at(ask) : static_cast<std::uint16_t>(equal));
  }
}

std::size_t SlotBits::scratch_bytes() const {
  return aligned(words_ * sizeof(std::uint64_t)) + aligned(64 * questions_.size() + equals_.size());
}

void SlotBits::fill(const double* row, isa::RowSlots* slots, std::byte* scratch) const {
  auto* words = reinterpret_cast<std::uint64_t*>(scratch);
  auto* bytes = reinterpret_cast<std::uint8_t*>(scratch + aligned(words_ * sizeof(std::uint64_t)));
  std::uint8_t* equal = bytes + 64 * questions_.size();
  kernels_.ask(questions_.data(), questions_.size(), *slots, bytes);
  for (std::size_t e = 0; e < equals_.size(); ++e)
    equal[e] = row[equals_[e].feature] == equals_[e].value ? 1 : 0;
  const std::size_t looked_up = looked_up_ == nullptr ? 0 : looked_up_->words();
  if (looked_up > 0) looked_up_->answer(row, bytes, asked_.data(), words);
  for (std::size_t w = looked_up; w < words_; ++w) words[w] = 0;
  for (std::size_t e = 0; e < equals_.size(); ++e)
    words[looked_up + e / 64] |= std::uint64_t{equal[e]} << (e % 64);
  std::memcpy(slots->rank + first_slot_, words, words_ * sizeof(std::uint64_t));
}

}  // namespace slipway::scoring
