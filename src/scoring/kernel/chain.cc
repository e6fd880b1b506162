// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/chain.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "scoring/engine/isa/isa.h"
#include "scoring/engine/isa/kernels.h"
#include "scoring/kernel/dense_product.h"

namespace slipway::scoring {
namespace {

using model::Arith;
using model::Requirement;

constexpr std::size_t kColumns = 32;  // operands and weights are padded to a multiple of it

bool is_link_of_chain(const model::Operator& op) {
  if (const auto* require = std::get_if<model::Require>(&op))
    return require->what != Requirement::kInteger;
  const auto* arithmetic = std::get_if<model::Arithmetic>(&op);
  if (arithmetic == nullptr) return false;
  const Arith kind = arithmetic->kind;
  return kind == Arith::kAdd || kind == Arith::kSub || kind == Arith::kMul || kind == Arith::kDiv;
}

std::size_t padded(std::size_t width) { return (width + kColumns - 1) / kColumns * kColumns; }

// The steps of a chain, for the loops and one by one.
class Steps {
 public:
  Steps(const std::vector<const model::Operator*>& ops, std::size_t width) : width_(width) {
    for (const model::Operator* op : ops) {
      one_by_one_.push_back(make_kernel(*op));
      add(*op);
    }
    // A step without an operand does not look at it, but counts from it.
    nothing_.assign(padded(width_), 0.0);
    for (std::size_t i = 0; i < steps_.size(); ++i)
      steps_[i].operand = operands_[i].empty() ? nothing_.data() : operands_[i].data();
  }

  isa::Chain view() const { return {steps_.data(), steps_.size(), width_, nullptr, nullptr}; }

  // Only a row that is refused comes here: step by step, to say which and why.
  std::optional<Refusal> refusal(Rows rows) const {
    std::vector<double> values(rows.values, rows.values + rows.rows * rows.width);
    for (const auto& kernel : one_by_one_) {
      const Rows from{values.data(), rows.rows, rows.width};
      std::vector<double> to(values.size());
      if (auto refused = kernel->run({&from, 1}, to.data())) return refused;
      if (!kernel->passes_on()) values = std::move(to);
    }
    return std::nullopt;
  }

  std::size_t memory_bytes() const {
    std::size_t numbers = 0;
    for (const std::vector<double>& operand : operands_) numbers += operand.size();
    return numbers * sizeof(double);
  }

 private:
  void add(const model::Operator& op) {
    isa::ChainStep step{};
    std::vector<double> operand;
    if (const auto* require = std::get_if<model::Require>(&op)) {
      const Requirement what = require->what;
      const bool for_float =
          what == Requirement::kFloat32OrMissing || what == Requirement::kFiniteFloat32;
      step.kind = isa::ChainKind::kRequire;
      // From here on up, float has infinity only.
      step.limit = for_float ? 0x1.ffffffp127 : std::numeric_limits<double>::infinity();
      step.no_missing = what == Requirement::kFinite || what == Requirement::kFiniteFloat32;
    } else {
      const auto& arithmetic = std::get<model::Arithmetic>(op);
      step.kind = arithmetic.kind == Arith::kAdd   ? isa::ChainKind::kAdd
                  : arithmetic.kind == Arith::kSub ? isa::ChainKind::kSub
                  : arithmetic.kind == Arith::kMul ? isa::ChainKind::kMul
                                                   : isa::ChainKind::kDiv;
      operand.assign(padded(width_), 1.0);  // columns that are not there: nothing to divide by 0
      for (std::size_t c = 0; c < width_; ++c)
        operand[c] = arithmetic.operand[arithmetic.operand.size() == 1 ? 0 : c];
    }
    steps_.push_back(step);
    operands_.push_back(std::move(operand));
  }

  const std::size_t width_;
  std::vector<std::unique_ptr<Kernel>> one_by_one_;
  std::vector<isa::ChainStep> steps_;
  std::vector<std::vector<double>> operands_;
  std::vector<double> nothing_;
};

std::size_t inputs_of(const model::MatMul& product) {
  return product.weights.size() / product.columns;
}

// One product of one column.
class ChainKernel final : public Kernel {
 public:
  explicit ChainKernel(const Chain& chain)
      : steps_(chain.steps, inputs_of(*chain.layers[0].product)), chain_(steps_.view()) {
    const model::MatMul& product = *chain.layers[0].product;
    weights_.assign(padded(chain_.width), 0.0);
    std::copy(product.weights.begin(), product.weights.end(), weights_.begin());
    chain_.weights = weights_.data();
    if (product.bias.empty()) return;
    bias_ = product.bias[0];
    chain_.bias = &bias_;
  }

  std::optional<Refusal> run(std::span<const Rows> in, double* out) const override {
    if (kernels_.chain(chain_, in[0].values, in[0].rows, out)) return std::nullopt;
    return steps_.refusal(in[0]);
  }

  std::size_t memory_bytes() const override {
    return steps_.memory_bytes() + weights_.size() * sizeof(double);
  }

 private:
  const isa::Kernels& kernels_ = isa::kernels(isa::best_isa());
  const Steps steps_;
  std::vector<double> weights_;
  double bias_ = 0;
  isa::Chain chain_{};
};

class NetworkKernel final : public Kernel {
 public:
  explicit NetworkKernel(const Chain& chain)
      : steps_(chain.steps, inputs_of(*chain.layers[0].product)) {
    bool behind_relu = false;
    for (const Chain::Layer& layer : chain.layers) {
      products_.emplace_back(*layer.product, layer.relu, behind_relu);
      behind_relu = layer.relu;
    }
    for (const DenseProduct& product : products_) layers_.push_back(product.of({}));
    network_ = {steps_.view(), layers_.data(), layers_.size()};
  }

  std::optional<Refusal> run(std::span<const Rows> in, double* out) const override {
    if (kernels_.network(network_, in[0].values, in[0].rows, out)) return std::nullopt;
    return steps_.refusal(in[0]);
  }

  std::size_t memory_bytes() const override {
    std::size_t bytes = steps_.memory_bytes();
    for (const DenseProduct& product : products_) bytes += product.memory_bytes();
    return bytes;
  }

 private:
  const isa::Kernels& kernels_ = isa::kernels(isa::best_isa());
  const Steps steps_;
  std::vector<DenseProduct> products_;
  std::vector<isa::Product> layers_;
  isa::Network network_{};
};

bool is_small(const model::MatMul& product) {
  return product.columns <= isa::kLayerColumns && inputs_of(product) <= isa::kLayerColumns;
}

// The operator whose value `input` is; null for the model's own input.
const model::Operator* before(const model::Model& model, model::ValueId input) {
  return input == 0 ? nullptr : &model.nodes[input - 1].op;
}

// Takes ReLU and the small product before it into the chain, if they stand before what it begins with.
bool add_layer(const model::Model& model, Chain* chain) {
  const model::Operator* last = before(model, chain->input);
  const auto* map = last == nullptr ? nullptr : std::get_if<model::Map>(last);
  if (map == nullptr || map->kind != model::MapKind::kRelu) return false;
  const model::ValueId input = model.nodes[chain->input - 1].inputs[0];
  const model::Operator* op = before(model, input);
  const auto* product = op == nullptr ? nullptr : std::get_if<model::MatMul>(op);
  if (product == nullptr || !is_small(*product)) return false;
  chain->layers.push_back({product, true});
  chain->input = model.nodes[input - 1].inputs[0];
  return true;
}

}  // namespace

std::optional<Chain> chain_before(const model::Model& model, std::size_t node) {
  Chain chain;
  const auto* product = std::get_if<model::MatMul>(&model.nodes[node].op);
  if (product == nullptr || (product->columns > 1 && !is_small(*product))) return std::nullopt;
  chain.layers.push_back({product, false});
  chain.input = model.nodes[node].inputs[0];
  while (is_small(*product) && add_layer(model, &chain)) {
  }
  const model::Operator* op = before(model, chain.input);
  while (op != nullptr && is_link_of_chain(*op)) {
    chain.steps.push_back(op);
    chain.input = model.nodes[chain.input - 1].inputs[0];
    op = before(model, chain.input);
  }
  if (chain.steps.empty() && chain.layers.size() == 1) return std::nullopt;
  std::reverse(chain.steps.begin(), chain.steps.end());
  std::reverse(chain.layers.begin(), chain.layers.end());
  return chain;
}

std::unique_ptr<Kernel> chain_kernel(const Chain& chain) {
  if (chain.layers.size() == 1 && chain.layers[0].product->columns == 1)
    return std::make_unique<ChainKernel>(chain);
  return std::make_unique<NetworkKernel>(chain);
}

}  // namespace slipway::scoring
