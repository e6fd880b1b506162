// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/chain.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "scoring/engine/isa/isa.h"
#include "scoring/engine/isa/kernels.h"

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

class ChainKernel final : public Kernel {
 public:
  explicit ChainKernel(const Chain& chain)
      : kernels_(isa::kernels(isa::best_isa())), width_(chain.product->weights.size()) {
    for (const model::Operator* op : chain.steps) {
      one_by_one_.push_back(make_kernel(*op));
      add_step(*op);
    }
    weights_.assign(padded(width_), 0.0);
    // A step without an operand does not look at it, but counts from it.
    for (std::size_t i = 0; i < steps_.size(); ++i)
      steps_[i].operand = operands_[i].empty() ? weights_.data() : operands_[i].data();
    std::copy(chain.product->weights.begin(), chain.product->weights.end(), weights_.begin());
    if (!chain.product->bias.empty()) bias_ = chain.product->bias[0];
    has_bias_ = !chain.product->bias.empty();
    chain_ = {steps_.data(), steps_.size(), width_, weights_.data(), has_bias_ ? &bias_ : nullptr};
  }

  std::optional<Refusal> run(std::span<const Rows> in, double* out) const override {
    if (kernels_.chain(chain_, in[0].values, in[0].rows, out)) return std::nullopt;
    return refusal(in[0]);
  }

 private:
  void add_step(const model::Operator& op) {
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

  const isa::Kernels& kernels_;
  const std::size_t width_;
  std::vector<std::unique_ptr<Kernel>> one_by_one_;
  std::vector<isa::ChainStep> steps_;
  std::vector<std::vector<double>> operands_;
  std::vector<double> weights_;
  double bias_ = 0;
  bool has_bias_ = false;
  isa::Chain chain_{};
};

}  // namespace

std::optional<Chain> chain_before(const model::Model& model, std::size_t node) {
  Chain chain;
  chain.product = std::get_if<model::MatMul>(&model.nodes[node].op);
  if (chain.product == nullptr || chain.product->columns != 1) return std::nullopt;
  chain.input = model.nodes[node].inputs[0];
  while (chain.input > 0 && is_link_of_chain(model.nodes[chain.input - 1].op)) {
    chain.steps.push_back(&model.nodes[chain.input - 1].op);
    chain.input = model.nodes[chain.input - 1].inputs[0];
  }
  if (chain.steps.empty()) return std::nullopt;
  std::reverse(chain.steps.begin(), chain.steps.end());
  return chain;
}

std::unique_ptr<Kernel> chain_kernel(const Chain& chain) {
  return std::make_unique<ChainKernel>(chain);
}

}  // namespace slipway::scoring
