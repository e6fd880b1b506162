// API keys: who may ask what. The file HOME/keys.json holds a SHA-256 of each key, never the key.
//
//   KeyFile file(".slipway");
//   ASSIGN_OR_RETURN(const NewKey made, file.create({.name = "ci", .role = Role::kPredict}, now_us));
//   made.key                                        // "sk-1f0c9a2e-...": told once, kept nowhere
//
//   LiveKeys keys(file);                            // in the server
//   RETURN_IF_ERROR(keys.refresh());                // again from time to time: the file may have changed
//   if (const auto who = keys.find(presented)) who->allows(Role::kOperate)
//
// A key has 256 random bits, so that one round of SHA-256 is enough to keep; it is compared in constant time. While
// there is no file, nobody is asked for a key; a file without keys lets nobody in. Errors: kInvalidArgument
// "deploy.key", kNotFound "deploy.no_key", kDataLoss "deploy.keys" for a file that is no key file. Safe from any
// thread; several processes may write.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "base/slot.h"

namespace slipway::deploy {

// Each may do what those before it may.
enum class Role : std::uint8_t { kPredict, kOperate, kAdmin };
std::string_view name_of(Role role);
std::optional<Role> role_named(std::string_view name);

struct KeyRecord {
  std::string id;    // in the key itself, to find it by
  std::string name;  // for people
  Role role = Role::kPredict;
  std::int64_t per_second = 0;  // requests; 0: any number
  std::int64_t created_us = 0;
  std::string digest;  // SHA-256, hexadecimal
};

struct NewKey {
  KeyRecord record;
  std::string key;
};

class KeyFile {
 public:
  explicit KeyFile(const std::string& home) : path_(home + "/keys.json") {}

  const std::string& path() const { return path_; }
  bool exists() const;
  // None while there is no file.
  Result<std::vector<KeyRecord>> read() const;
  // `wanted`: name, role, per_second. A name is taken once.
  Result<NewKey> create(KeyRecord wanted, std::int64_t now_us) const;
  // By id or name.
  Result<KeyRecord> revoke(const std::string& which) const;

 private:
  Result<void> write(const std::vector<KeyRecord>& keys) const;
  std::string path_;
};

// A key while it is used.
class Key {
 public:
  explicit Key(KeyRecord record) : record_(std::move(record)) {}
  const KeyRecord& record() const { return record_; }
  bool allows(Role role) const { return record_.role >= role; }
  // Counts a request: 0 if it may go on, else the milliseconds until one may. Up to a second's requests may
  // come at once.
  std::int64_t wait_ms(std::int64_t now_ns) const;

 private:
  const KeyRecord record_;
  mutable std::atomic<std::int64_t> next_ns_{
      0};  // when the requests so far would be over, evenly spread
};

class LiveKeys {
 public:
  explicit LiveKeys(KeyFile file) : file_(std::move(file)) {}

  // Reads the file if it has changed. On an error what was read before stays.
  Result<void> refresh();
  // Whether anybody is asked for a key.
  bool required() const { return required_.load(std::memory_order_acquire); }
  // Null if it is nobody's.
  std::shared_ptr<const Key> find(std::string_view presented) const;

 private:
  using Ring = std::map<std::string, std::shared_ptr<const Key>, std::less<>>;
  const KeyFile file_;
  std::string seen_;  // the file's bytes' digest; by whoever refreshes, one at a time
  Slot<const Ring> ring_;
  std::atomic<bool> required_{false};
};

}  // namespace slipway::deploy
