// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/response_cache.h"

#include <utility>

namespace slipway::deploy::realtime {
namespace {

constexpr std::size_t kNodeBytes = 64;  // what the list, the map and the heap take for each part

template <typename T>
void append(const T& value, std::string* key) {
  key->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void append_text(const frame::Column& column, std::string* key) {
  for (std::int64_t row = 0; row < column.length(); ++row) {
    const std::string_view text = column.text_at(row);
    append(text.size(), key);
    key->append(text);
  }
}

// What the row's value is, one way only: its length is known before it is read.
void append_column(const frame::Column& column, std::string* key) {
  const frame::Type& type = column.type();
  const bool has_nulls = column.null_count() > 0;
  *key += {static_cast<char>(type.id), static_cast<char>(type.precision),
           static_cast<char>(type.scale), has_nulls ? '\1' : '\0'};
  if (has_nulls) {
    for (std::int64_t row = 0; row < column.length(); ++row)
      *key += column.is_null(row) ? '\1' : '\0';
  }
  if (frame::is_text(type.id)) return append_text(column, key);
  if (type.id == frame::TypeId::kBool) {
    for (std::int64_t row = 0; row < column.length(); ++row)
      *key += column.bool_at(row) ? '\1' : '\0';
    return;
  }
  const std::size_t width = frame::width_of(type);
  const auto* values = reinterpret_cast<const char*>(column.parts().values.data());
  key->append(values + width * static_cast<std::size_t>(column.parts().offset),
              width * static_cast<std::size_t>(column.length()));
}

std::size_t bytes_of(const frame::Buffer& buffer) {
  return buffer.empty() ? 0 : buffer.size() + kNodeBytes;
}

// Of its own: a dictionary is its model's.
std::size_t bytes_of(const frame::Frame& frame) {
  std::size_t bytes = 0;
  for (const frame::Column& column : frame.columns()) {
    const auto& parts = column.parts();
    bytes += sizeof(column) + bytes_of(parts.validity) + bytes_of(parts.values) +
             bytes_of(parts.characters);
  }
  return bytes;
}

}  // namespace

ResponseCache::ResponseCache(const Options& options, MetricRegistry& registry)
    : options_(options),
      evicted_(registry.counter("slipway_cache_evictions_total",
                                "Answers that made room for others in the response cache")),
      too_large_(registry.counter("slipway_cache_too_large_total",
                                  "Requests larger than a reactor's share of the response cache")),
      all_bytes_(registry.gauge("slipway_cache_bytes", "Memory of the response cache in use")),
      found_(0, Hash{options.seed}) {}

ResponseCache::~ResponseCache() { all_bytes_.add(-static_cast<double>(bytes_)); }

bool ResponseCache::make_key(const Question& question) {
  key_.clear();
  append(question.load, &key_);
  key_ += question.raw ? '\1' : '\0';
  append(question.rows.rows(), &key_);
  for (const frame::Column& column : question.rows.columns()) {
    append_column(column, &key_);
    if (key_.size() > options_.bytes_max) return false;
  }
  return true;
}

const frame::Frame* ResponseCache::find(const Question& question) {
  if (!make_key(question)) return nullptr;
  const auto at = found_.find(key_);
  if (at == found_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, at->second);
  return &at->second->outputs;
}

void ResponseCache::keep(const Question& question, const frame::Frame& outputs) {
  const bool is_short = make_key(question);
  const std::size_t bytes =
      sizeof(Entry) + 2 * kNodeBytes + key_.size() + sizeof(frame::Frame) + bytes_of(outputs);
  if (!is_short || bytes > options_.bytes_max) {
    too_large_.add();
    key_ = {};  // its memory, too
    return;
  }
  const std::size_t before = bytes_;
  while (bytes_ + bytes > options_.bytes_max) drop_last();
  entries_.push_front({key_, outputs, bytes});
  found_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  count(before);
}

void ResponseCache::drop_last() {
  bytes_ -= entries_.back().bytes;
  found_.erase(entries_.back().key);
  entries_.pop_back();
  evicted_.add();
}

void ResponseCache::count(std::size_t before) {
  all_bytes_.add(static_cast<double>(bytes_) - static_cast<double>(before));
}

}  // namespace slipway::deploy::realtime
