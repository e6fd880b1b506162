// What models answered, kept for requests with the same rows: of models whose config.pbtxt says
// `response_cache { enable: true }`, under `--response-cache BYTES`.
//
//   ResponseCache cache({.bytes_max = 1 << 20, .seed = salt}, registry);      // one per reactor
//   if (const frame::Frame* outputs = cache.find({endpoint.serial, raw, rows})) ...
//   else cache.keep({endpoint.serial, raw, rows}, scores);
//
// Kept are the outputs as a frame: every protocol and form of reply shares them, and writes the bits that scoring
// gave. What finds them is the question whole, byte by byte (a hash of it only says where to look): the model's load, which
// nothing else ever has the number of, whether margins are wanted, and type, nulls and values of all rows. So two versions
// never mix, and no made-up collision gets another's answer. -0 and 0 are different questions, and so are two NaNs.
// Beyond `bytes_max` (keys, outputs and what holds them) the one goes that was longest not asked for; what is larger than all
// of it is not kept. A load that is no longer served is not asked for: its answers go first.
// No errors. Not thread-safe: one per reactor, with its share of the bytes, so that nobody waits for a lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.h"
#include "base/metrics.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

class ResponseCache {
 public:
  struct Options {
    std::size_t bytes_max = 0;
    std::uint64_t seed = 0;  // of the hash: callers should not know it
  };
  struct Question {
    std::uint64_t load = 0;  // Endpoint::serial
    bool raw = false;        // margins, too
    const frame::Frame& rows;
  };

  ResponseCache(const Options& options, MetricRegistry& registry);
  ~ResponseCache();
  ResponseCache(const ResponseCache&) = delete;
  ResponseCache& operator=(const ResponseCache&) = delete;

  // Null: not there. Valid until the next keep().
  const frame::Frame* find(const Question& question);
  // Precondition: find() has just not found it.
  void keep(const Question& question, const frame::Frame& outputs);

  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    frame::Frame outputs;
    std::size_t bytes = 0;
  };
  struct Hash {
    std::uint64_t seed = 0;
    std::size_t operator()(std::string_view key) const { return xxh3_64(key, seed); }
  };
  // False if it is longer than all that may be kept.
  bool make_key(const Question& question);
  void drop_last();
  void count(std::size_t before);

  const Options options_;
  Counter& evicted_;
  Counter& too_large_;
  Gauge& all_bytes_;          // of all reactors
  std::list<Entry> entries_;  // the one that was asked for last comes first
  std::unordered_map<std::string_view, std::list<Entry>::iterator, Hash> found_;
  std::string key_;
  std::size_t bytes_ = 0;
};

}  // namespace slipway::deploy::realtime
