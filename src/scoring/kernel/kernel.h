// One operator of a model's graph, ready to run on a block of rows.
//
//   const auto kernel = make_kernel(node.op);
//   if (auto refusal = kernel->run(inputs, out)) ...        // a row that the library would refuse
//
// Kernels compute in double, element by element in a fixed order, so that every machine gives the
// same bits and a row's result depends on that row alone. Immutable once made; run() is safe from
// any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/operator.h"
#include "scoring/engine/choice.h"

namespace slipway::scoring {

struct Refusal {
  std::size_t row = 0;  // within the block
  std::string why;
};

// The texts of each input of the model, for all rows; none for inputs that are no text. A text
// without data is missing.
using Texts = std::span<const std::vector<std::string_view>>;

// The texts that come out of an operator: per column a text per row; none for columns of numbers.
using TextColumns = std::vector<std::vector<std::string>>;

class Kernel {
 public:
  virtual ~Kernel() = default;
  // inputs: as many rows each. out: rows * columns of the operator, row-major, not initialised.
  virtual std::optional<Refusal> run(std::span<const Rows> inputs, double* out) const = 0;
  // Whether the first input, once run() has looked at it, is the result: run() writes nothing then.
  virtual bool passes_on() const { return false; }
  // Of trees: EngineSet::prepare.
  virtual void prepare() const {}
  // From so many rows on they are computed in another way, made for many; 0: there is none.
  virtual std::size_t rows_together() const { return 0; }
  // What it lays out anew; of trees: EngineSet::memory_bytes.
  virtual std::size_t memory_bytes() const { return 0; }
  // The same for operators that read texts too; the block's first row is row `first` of these.
  virtual std::optional<Refusal> run_on_texts(std::span<const Rows> inputs, Texts,
                                              std::size_t /*first*/, double* out) const {
    return run(inputs, out);
  }
  // The same for operators from which texts come too: these are added to `to`, a list per column.
  // Where numbers alone are asked for, such a column holds 0.
  virtual std::optional<Refusal> run_to_texts(std::span<const Rows> inputs, Texts texts,
                                              std::size_t first, double* out,
                                              TextColumns* /*to*/) const {
    return run_on_texts(inputs, texts, first, out);
  }
  // Why it cannot run at all (a library that is not there, a graph that it does not take), if so.
  virtual Result<void> ready() const { return {}; }
};

// Precondition: the operator passed model::width_of with these inputs. The options are for trees.
std::unique_ptr<Kernel> make_kernel(const model::Operator& op, const EngineOptions& engines = {});

// Trees on the rows that their columns come out of. Null where that cannot be (EngineSet::of_source).
std::unique_ptr<Kernel> sourced_trees_kernel(const model::TreeEnsemble& op, const RowSource& source,
                                             const EngineOptions& engines);

// An operator that needs no preparation: a function of it and its inputs.
template <typename Op, typename Function>
class FunctionKernel final : public Kernel {
 public:
  FunctionKernel(Op op, Function function) : op_(std::move(op)), function_(std::move(function)) {}
  std::optional<Refusal> run(std::span<const Rows> inputs, double* out) const override {
    function_(op_, inputs, out);
    return std::nullopt;
  }

 private:
  Op op_;
  Function function_;
};

template <typename Op, typename Function>
std::unique_ptr<Kernel> function_kernel(const Op& op, Function function) {
  return std::make_unique<FunctionKernel<Op, Function>>(op, std::move(function));
}

std::unique_ptr<Kernel> kernel_of(const model::TreeEnsemble& op, const EngineOptions& engines);
std::unique_ptr<Kernel> kernel_of(const model::Link& op);
std::unique_ptr<Kernel> kernel_of(const model::Select& op);
std::unique_ptr<Kernel> kernel_of(const model::Concat& op);
std::unique_ptr<Kernel> kernel_of(const model::Constant& op);
std::unique_ptr<Kernel> kernel_of(const model::Lookup& op);
std::unique_ptr<Kernel> kernel_of(const model::Indicator& op);
std::unique_ptr<Kernel> kernel_of(const model::Replace& op);
std::unique_ptr<Kernel> kernel_of(const model::IsMissing& op);
std::unique_ptr<Kernel> kernel_of(const model::Require& op);
std::unique_ptr<Kernel> kernel_of(const model::Arithmetic& op);
std::unique_ptr<Kernel> kernel_of(const model::Map& op);
std::unique_ptr<Kernel> kernel_of(const model::Combine& op);
std::unique_ptr<Kernel> kernel_of(const model::Reduce& op);
std::unique_ptr<Kernel> kernel_of(const model::Bin& op);
std::unique_ptr<Kernel> kernel_of(const model::Interpolate& op);
std::unique_ptr<Kernel> kernel_of(const model::Products& op);
std::unique_ptr<Kernel> kernel_of(const model::WeightedMedian& op);
std::unique_ptr<Kernel> kernel_of(const model::MatMul& op);
std::unique_ptr<Kernel> kernel_of(const model::Distances& op);
std::unique_ptr<Kernel> kernel_of(const model::Neighbors& op);
std::unique_ptr<Kernel> kernel_of(const model::Pairs& op);
std::unique_ptr<Kernel> kernel_of(const model::CategoryStatistics& op);
std::unique_ptr<Kernel> kernel_of(const model::NearestMean& op);
std::unique_ptr<Kernel> kernel_of(const model::NeighborFill& op);
std::unique_ptr<Kernel> kernel_of(const model::TextCounts& op);
std::unique_ptr<Kernel> kernel_of(const model::TextWeights& op);
std::unique_ptr<Kernel> kernel_of(const model::Splines& op);
std::unique_ptr<Kernel> kernel_of(const model::Tokenize& op);
std::unique_ptr<Kernel> kernel_of(const model::HashColumns& op);
std::unique_ptr<Kernel> kernel_of(const model::OnnxGraph& op);

}  // namespace slipway::scoring
