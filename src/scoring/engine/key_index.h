// Where a 64-bit key stands in a list.
//
//   const KeyIndex index(keys);                 // distinct; must outlive the index
//   if (const std::size_t at = index.find(key); at < keys.size()) ...
//
// A hash table of groups of eight: each place has a byte of its key's hash, and the eight of a group are compared at once,
// so that whether a key is found there does not hang on which place it got. Immutable; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace slipway::scoring {

class KeyIndex {
 public:
  explicit KeyIndex(std::span<const std::uint64_t> keys)
      : keys_(keys), groups_(std::bit_ceil(keys.size() / kKeysPerGroup + 1)) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::uint64_t hash = hash_of(keys[i]);
      std::size_t at = group_of(hash);
      while (holes(groups_[at].tags) == 0) at = next(at);
      const auto place = static_cast<std::uint32_t>(std::countr_zero(holes(groups_[at].tags))) / 8;
      groups_[at].tags |= tag_of(hash) << (8 * place);
      groups_[at].positions[place] = static_cast<std::uint32_t>(i);
    }
  }

  // The key's position, or the number of keys.
  std::size_t find(std::uint64_t key) const {
    const std::uint64_t hash = hash_of(key);
    for (std::size_t at = group_of(hash);; at = next(at)) {
      const Group& group = groups_[at];
      // Bytes above one that is alike may look alike, too.
      for (std::uint64_t like = holes(group.tags ^ (tag_of(hash) * kEach)); like != 0;
           like &= like - 1) {
        const std::size_t i = group.positions[std::countr_zero(like) / 8];
        if (keys_[i] == key) return i;
      }
      if (holes(group.tags) != 0) return keys_.size();
    }
  }

 private:
  static constexpr std::size_t kKeysPerGroup = 3;  // at most, on average
  static constexpr std::uint64_t kEach = 0x0101010101010101;
  struct Group {
    std::uint64_t tags = 0;  // 0: the place is empty
    std::uint32_t positions[8] = {};
  };

  // Keys may come from any file; Fibonacci hashing spreads also those that are not random.
  static std::uint64_t hash_of(std::uint64_t key) { return key * 0x9E3779B97F4A7C15; }
  static std::uint64_t tag_of(std::uint64_t hash) { return std::max<std::uint64_t>(hash >> 56, 1); }
  std::size_t group_of(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash >> 24) & (groups_.size() - 1);
  }
  std::size_t next(std::size_t at) const { return (at + 1) & (groups_.size() - 1); }
  // The highest bit of each byte that is 0, the lowest of which is right.
  static std::uint64_t holes(std::uint64_t tags) { return (tags - kEach) & ~tags & (kEach << 7); }

  std::span<const std::uint64_t> keys_;
  std::vector<Group> groups_;
};

}  // namespace slipway::scoring
