// One way of computing a TreeEnsemble. Every engine gives the reference engine's bits; they differ
// in speed.
//
//   auto engine = make_reference_engine(ensemble);
//   Scratch scratch;                                    // reused from call to call
//   engine->run({values, rows, width}, sums, scratch.of(engine->scratch_bytes()));
//
// Engines are immutable once made and keep the ensemble's arrays alive; run() is safe from any
// thread, with a scratch of the caller's own, and allocates nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "model/tree_ensemble.h"

namespace slipway::scoring {

// Row-major: row r, column c is values[r * width + c]. NaN is missing.
struct Rows {
  const double* values = nullptr;
  std::size_t rows = 0;
  std::size_t width = 0;
};

// Memory that only grows, aligned to 64 bytes; what was in it is lost when it grows.
class Scratch {
 public:
  std::byte* of(std::size_t bytes);
  std::size_t capacity() const { return capacity_; }

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  std::unique_ptr<std::byte, Free> memory_;
  std::size_t capacity_ = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  // Of the scratch that run() needs, at an address aligned to 64.
  virtual std::size_t scratch_bytes() const = 0;
  // Of its own tables, without the ensemble.
  virtual std::size_t memory_bytes() const = 0;
  // Writes rows * outputs sums, row-major. `in.width` is the ensemble's.
  virtual void run(Rows in, double* sums, std::byte* scratch) const = 0;
};

// Walks every tree node by node, as TreeEnsemble's comment says it, and adds leaves in tree order:
// slow, clear, and what all others are measured against. Precondition: check(ensemble) passed.
std::unique_ptr<Engine> make_reference_engine(model::TreeEnsemble ensemble);

}  // namespace slipway::scoring
