// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/keys.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr std::string_view kPrefix = "sk-";
constexpr std::size_t kIdSize = 8;
constexpr std::size_t kNameMax = 100;
constexpr std::size_t kPresentedMax = 200;

Error wrong(std::string text) {
  return Error(Code::kInvalidArgument, "deploy.key", std::move(text));
}

Result<std::string> random_hex(std::size_t bytes) {
  std::array<unsigned char, 32> random{};
  if (getrandom(random.data(), bytes, 0) != static_cast<ssize_t>(bytes))
    return Error(Code::kUnavailable, "deploy.key", "the system gives no random bytes");
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += fmt::format("{:02x}", random[i]);
  return text;
}

// The time does not tell how much of it was right.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

std::optional<KeyRecord> record_of(JsonView item) {
  const auto role = role_named(item.find("role").as_string().value_or(""));
  KeyRecord record{.id = std::string(item.find("id").as_string().value_or("")),
                   .name = std::string(item.find("name").as_string().value_or("")),
                   .per_second = item.find("per_second").as_int64().value_or(0),
                   .created_us = item.find("created_us").as_int64().value_or(0),
                   .digest = std::string(item.find("sha256").as_string().value_or(""))};
  if (!role || record.id.size() != kIdSize || record.digest.size() != 64 || record.per_second < 0)
    return std::nullopt;
  record.role = *role;
  return record;
}

Result<std::vector<KeyRecord>> parse(std::string_view text, const std::string& path) {
  const auto damaged = [&] {
    return Error(
        Code::kDataLoss, "deploy.keys",
        fmt::format(
            "{} is not a file of keys as slipway key create writes it: nobody can be let in "
            "by it; remove it to begin anew",
            path));
  };
  const auto document = JsonDocument::parse(text);
  if (!document || !document.value().root().find("keys").is_array()) return damaged();
  std::vector<KeyRecord> keys;
  for (const JsonView item : document.value().root().find("keys").array()) {
    auto record = record_of(item);
    if (!record) return damaged();
    keys.push_back(*std::move(record));
  }
  return keys;
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::kPredict:
      return "predict";
    case Role::kOperate:
      return "operate";
    case Role::kAdmin:
      return "admin";
  }
  return "";
}

std::optional<Role> role_named(std::string_view name) {
  for (const Role role : {Role::kPredict, Role::kOperate, Role::kAdmin}) {
    if (name_of(role) == name) return role;
  }
  return std::nullopt;
}

bool KeyFile::exists() const { return posix_env().exists(path_); }

Result<std::vector<KeyRecord>> KeyFile::read() const {
  if (!exists()) return std::vector<KeyRecord>();
  ASSIGN_OR_RETURN(const std::string text, posix_env().read_file(path_));
  return parse(text, path_);
}

Result<void> KeyFile::write(const std::vector<KeyRecord>& keys) const {
  std::string text;
  JsonWriter json(&text, {.pretty = true});
  json.begin_object().member("version", 1).key("keys").begin_array();
  for (const KeyRecord& key : keys) {
    json.begin_object().member("id", key.id).member("name", key.name);
    json.member("role", name_of(key.role)).member("per_second", key.per_second);
    json.member("created_us", key.created_us).member("sha256", key.digest).end_object();
  }
  json.end_array().end_object();
  return write_file_atomically(path_, text + "\n");
}

Result<NewKey> KeyFile::create(KeyRecord wanted, std::int64_t now_us) const {
  if (wanted.name.empty() || wanted.name.size() > kNameMax)
    return wrong(fmt::format("a name of 1 to {} bytes expected", kNameMax));
  if (wanted.per_second < 0) return wrong("requests per second: a number from 0 expected");
  RETURN_IF_ERROR(posix_env().make_folders(path_.substr(0, path_.rfind('/'))));
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::take(path_ + ".lock"));
  ASSIGN_OR_RETURN(std::vector<KeyRecord> keys, read());
  for (const KeyRecord& key : keys) {
    if (key.name == wanted.name)
      return wrong(fmt::format(
          "there is a key called '{}': revoke it first, or choose another name", wanted.name));
  }
  ASSIGN_OR_RETURN(wanted.id, random_hex(kIdSize / 2));
  ASSIGN_OR_RETURN(const std::string secret, random_hex(32));
  const std::string key = fmt::format("{}{}-{}", kPrefix, wanted.id, secret);
  wanted.created_us = now_us;
  wanted.digest = Sha256::hex_of(key);
  keys.push_back(wanted);
  RETURN_IF_ERROR(write(keys));
  return NewKey{std::move(wanted), key};
}

Result<KeyRecord> KeyFile::revoke(const std::string& which) const {
  RETURN_IF_ERROR(posix_env().make_folders(path_.substr(0, path_.rfind('/'))));
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::take(path_ + ".lock"));
  ASSIGN_OR_RETURN(std::vector<KeyRecord> keys, read());
  const auto at = std::find_if(keys.begin(), keys.end(), [&](const KeyRecord& key) {
    return key.id == which || key.name == which;
  });
  if (at == keys.end()) {
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (const KeyRecord& key : keys) names.push_back(key.name);
    return Error(Code::kNotFound, "deploy.no_key",
                 fmt::format("there is no key '{}'; there are: {}", which,
                             names.empty() ? "none" : join(names, ", ")));
  }
  KeyRecord revoked = *at;
  keys.erase(at);
  RETURN_IF_ERROR(write(keys));
  return revoked;
}

std::int64_t Key::wait_ms(std::int64_t now_ns) const {
  if (record_.per_second == 0) return 0;
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t each_ns = kSecond / record_.per_second;
  std::int64_t next = next_ns_.load(std::memory_order_relaxed);
  while (true) {
    const std::int64_t from = std::max(next, now_ns);
    const std::int64_t ahead = from + each_ns - now_ns;
    if (ahead > kSecond) return (ahead - kSecond) / 1'000'000 + 1;
    if (next_ns_.compare_exchange_weak(next, from + each_ns, std::memory_order_relaxed)) return 0;
  }
}

Result<void> LiveKeys::refresh() {
  if (!file_.exists()) {
    // Who takes the file away while the server runs does not open it to all: that takes a restart.
    return {};
  }
  ASSIGN_OR_RETURN(const std::string text, posix_env().read_file(file_.path()));
  std::string digest = Sha256::hex_of(text);
  if (digest == seen_) return {};
  ASSIGN_OR_RETURN(const std::vector<KeyRecord> keys, parse(text, file_.path()));
  const auto before = ring_.get();
  auto ring = std::make_shared<Ring>();
  for (const KeyRecord& key : keys) {
    std::shared_ptr<const Key> kept;
    if (before != nullptr) {
      const auto at = before->find(key.id);
      if (at != before->end() && at->second->record().digest == key.digest) kept = at->second;
    }
    ring->emplace(key.id, kept != nullptr ? kept : std::make_shared<const Key>(key));
  }
  ring_.set(std::move(ring));
  required_.store(true, std::memory_order_release);
  seen_ = std::move(digest);
  return {};
}

std::shared_ptr<const Key> LiveKeys::find(std::string_view presented) const {
  const auto ring = ring_.get();
  const bool has_form = presented.starts_with(kPrefix) && presented.size() <= kPresentedMax &&
                        presented.size() > kPrefix.size() + kIdSize;
  if (ring == nullptr || !has_form) return nullptr;
  const auto at = ring->find(presented.substr(kPrefix.size(), kIdSize));
  if (at == ring->end()) return nullptr;
  return equal_in_constant_time(Sha256::hex_of(presented), at->second->record().digest) ? at->second
                                                                                        : nullptr;
}

}  // namespace slipway::deploy
