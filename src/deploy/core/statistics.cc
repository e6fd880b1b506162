// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/statistics.h"

#include <algorithm>

namespace slipway::deploy {
namespace {

using Number = std::atomic<std::uint64_t>;

void add(Number* to, std::int64_t by) {
  to->fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(by, 0)),
                std::memory_order_relaxed);
}
std::uint64_t read(const Number& number) { return number.load(std::memory_order_relaxed); }

std::size_t next_cell() {
  static std::atomic<std::size_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

struct alignas(64) Statistics::Cell {
  struct Size {
    Number rows{0};  // 0: free; a size that no request has had takes it
    Number count{0}, input_ns{0}, infer_ns{0}, output_ns{0};
  };
  // Null when all are taken. No rows are a size too: it is kept as one more than it is.
  Size* size_of(std::uint64_t size) {
    for (Size& each : sizes) {
      std::uint64_t found = read(each.rows);
      if (found == 0 && each.rows.compare_exchange_strong(found, size + 1)) return &each;
      if (found == size + 1) return &each;
    }
    return nullptr;
  }

  Number rows{0}, successes{0}, joined{0}, failures{0}, fail_ns{0};
  Number queue_ns{0}, input_ns{0}, infer_ns{0}, output_ns{0};
  Number hits{0}, hit_ns{0}, misses{0}, miss_ns{0};
  Number hits_rest_ns{0};  // reading and writing of hits
  std::atomic<std::int64_t> last_us{0};
  std::array<Size, kBatchSizes> sizes;
};

Statistics::~Statistics() {
  for (auto& cell : cells_) delete cell.load();
}

Statistics::Cell& Statistics::own_cell() {
  thread_local const std::size_t index = next_cell() % kCells;
  Cell* cell = cells_[index].load(std::memory_order_acquire);
  if (cell != nullptr) return *cell;
  Cell* const made = new Cell;
  if (cells_[index].compare_exchange_strong(cell, made)) return *made;
  delete made;
  return *cell;
}

void Statistics::add_success(const Execution& execution, std::int64_t now_us) {
  Cell& cell = own_cell();
  add(&cell.successes, 1);
  if (execution.queue_ns != 0) add(&cell.queue_ns, execution.queue_ns);
  cell.last_us.store(now_us, std::memory_order_relaxed);
  if (execution.cache != Execution::Cache::kOff && count_cached(execution, &cell)) return;
  add(&cell.rows, execution.rows);
  if (!execution.is_run) add(&cell.joined, 1);
  const std::int64_t run = execution.run_rows > 0 ? execution.run_rows : execution.rows;
  const auto rows = static_cast<std::uint64_t>(std::max<std::int64_t>(run, 0));
  Cell::Size* const size = cell.size_of(rows);
  if (size != nullptr) {
    if (execution.is_run) add(&size->count, 1);
    add(&size->input_ns, execution.input_ns);
    add(&size->infer_ns, execution.infer_ns);
    add(&size->output_ns, execution.output_ns);
    return;
  }
  add(&cell.input_ns, execution.input_ns);
  add(&cell.infer_ns, execution.infer_ns);
  add(&cell.output_ns, execution.output_ns);
}

bool Statistics::count_cached(const Execution& execution, Cell* cell) {
  const bool is_hit = execution.cache == Execution::Cache::kHit;
  add(is_hit ? &cell->hits : &cell->misses, 1);
  add(is_hit ? &cell->hit_ns : &cell->miss_ns, execution.cache_ns);
  if (is_hit) add(&cell->hits_rest_ns, execution.input_ns + execution.output_ns);
  return is_hit;
}

void Statistics::add_failure(std::int64_t elapsed_ns) {
  Cell& cell = own_cell();
  add(&cell.failures, 1);
  add(&cell.fail_ns, elapsed_ns);
}

std::int64_t Statistics::last_us() const {
  std::int64_t last = 0;
  for (const auto& cell : cells_) {
    if (const Cell* found = cell.load(std::memory_order_acquire))
      last = std::max(last, found->last_us.load(std::memory_order_relaxed));
  }
  return last;
}

void Statistics::read_cell(const Cell& cell, Snapshot* into) {
  const std::uint64_t successes = read(cell.successes);
  into->rows += read(cell.rows);
  into->success.count += successes;
  const std::uint64_t hits = read(cell.hits);
  into->executions += successes - std::min(successes, read(cell.joined) + hits);
  into->cache_hit.count += hits;
  into->cache_hit.ns += read(cell.hit_ns);
  into->cache_miss.count += read(cell.misses);
  into->cache_miss.ns += read(cell.miss_ns);
  into->success.ns += read(cell.hits_rest_ns);
  into->last_us = std::max(into->last_us, cell.last_us.load(std::memory_order_relaxed));
  into->fail.count += read(cell.failures);
  into->fail.ns += read(cell.fail_ns);
  into->queue.ns += read(cell.queue_ns);
  into->input.ns += read(cell.input_ns);
  into->infer.ns += read(cell.infer_ns);
  into->output.ns += read(cell.output_ns);
  for (const Cell::Size& size : cell.sizes) {
    const std::uint64_t taken = read(size.rows);
    if (taken == 0) continue;
    auto at = std::find_if(into->batches.begin(), into->batches.end(),
                           [&](const Batch& batch) { return batch.rows == taken - 1; });
    if (at == into->batches.end()) {
      into->batches.push_back({.rows = taken - 1});
      at = into->batches.end() - 1;
    }
    const std::uint64_t count = read(size.count);
    for (Timed* timed : {&at->input, &at->infer, &at->output}) timed->count += count;
    at->input.ns += read(size.input_ns);
    at->infer.ns += read(size.infer_ns);
    at->output.ns += read(size.output_ns);
    into->input.ns += read(size.input_ns);
    into->infer.ns += read(size.infer_ns);
    into->output.ns += read(size.output_ns);
  }
}

Statistics::Snapshot Statistics::snapshot() const {
  Snapshot now;
  for (const auto& cell : cells_) {
    if (const Cell* found = cell.load(std::memory_order_acquire)) read_cell(*found, &now);
  }
  now.queue.count = now.success.count;
  for (Timed* timed : {&now.input, &now.infer, &now.output})
    timed->count = now.success.count - std::min(now.success.count, now.cache_hit.count);
  for (const Timed* timed :
       {&now.queue, &now.input, &now.infer, &now.output, &now.cache_hit, &now.cache_miss})
    now.success.ns += timed->ns;
  std::sort(now.batches.begin(), now.batches.end(),
            [](const Batch& a, const Batch& b) { return a.rows < b.rows; });
  return now;
}

}  // namespace slipway::deploy
