// Kernels of model/operators/linear.h: products and one against one. Distances: distances.cc.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "scoring/engine/isa/isa.h"
#include "scoring/engine/isa/kernels.h"
#include "scoring/kernel/dense_product.h"
#include "scoring/kernel/kernel.h"

namespace slipway::scoring {
namespace {

using Inputs = std::span<const Rows>;

// Above this many inputs, most of them are the columns of texts or categories, and 0.
constexpr std::size_t kDenseWidth = 256;

class DenseKernel final : public Kernel {
 public:
  explicit DenseKernel(const model::MatMul& op) : product_(op) {}
  std::optional<Refusal> run(Inputs in, double* out) const override {
    kernels_.matmul(product_.of(in[0]), out);
    return std::nullopt;
  }
  std::size_t memory_bytes() const override { return product_.memory_bytes(); }

 private:
  const isa::Kernels& kernels_ = isa::kernels(isa::best_isa());
  const DenseProduct product_;
};

// Most of a text's or a category's columns are 0 and add nothing: weights are finite.
void run_sparse(const model::MatMul& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row, out += op.columns) {
    const double* x = in[0].values + row * in[0].width;
    std::fill_n(out, op.columns, 0.0);
    for (std::size_t i = 0; i < in[0].width; ++i) {
      if (x[i] == 0) continue;
      const double* weights = op.weights.data() + i * op.columns;
      for (std::size_t j = 0; j < op.columns; ++j) out[j] += x[i] * weights[j];
    }
    for (std::size_t j = 0; j < op.bias.size(); ++j) out[j] += op.bias[j];
  }
}

double dot(const double* a, const double* b, std::size_t width) {
  double sum = 0;
  for (std::size_t i = 0; i < width; ++i) sum += a[i] * b[i];
  return sum;
}

// ---- one against one ----

void add_votes(const model::Pairs& op, const double* decisions, bool with_confidence, double* out) {
  const std::size_t classes = op.classes;
  std::vector<double> confidence(classes);
  std::fill_n(out, classes, 0.0);
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = i + 1; j < classes; ++j) {
      const double decision = *decisions++;
      // scikit-learn leaves a decision of 0 to the first, LIBSVM to the second.
      out[decision > 0 || (with_confidence && decision == 0) ? i : j] += 1;
      confidence[i] += decision;
      confidence[j] -= decision;
    }
  }
  // Squeezed so far that it breaks ties between votes and never outweighs one.
  for (std::size_t i = 0; with_confidence && i < classes; ++i)
    out[i] += confidence[i] / (3 * (std::abs(confidence[i]) + 1));
}

class Coupling {
 public:
  Coupling(std::size_t classes, const double* pairwise)
      : k_(classes), r_(classes * classes), q_(classes * classes), qp_(classes) {
    for (std::size_t i = 0; i < k_; ++i) {
      for (std::size_t j = i + 1; j < k_; ++j) {
        r_[i * k_ + j] = *pairwise;
        r_[j * k_ + i] = 1 - *pairwise++;
      }
    }
    for (std::size_t t = 0; t < k_; ++t) {
      for (std::size_t j = 0; j < k_; ++j) {
        if (j == t) continue;
        q_[t * k_ + t] += r_[j * k_ + t] * r_[j * k_ + t];
        q_[t * k_ + j] = -r_[j * k_ + t] * r_[t * k_ + j];
      }
    }
  }

  void solve(double* p) {
    std::fill_n(p, k_, 1.0 / static_cast<double>(k_));
    const std::size_t rounds = std::max<std::size_t>(100, k_);
    for (std::size_t round = 0; round < rounds; ++round) {
      const double pqp = multiply(p);
      double worst = 0;
      for (std::size_t t = 0; t < k_; ++t) worst = std::max(worst, std::abs(qp_[t] - pqp));
      if (worst < 0.005 / static_cast<double>(k_)) return;
      step(p, pqp);
    }
  }

 private:
  double multiply(const double* p) {
    double pqp = 0;
    for (std::size_t t = 0; t < k_; ++t) {
      qp_[t] = dot(q_.data() + t * k_, p, k_);
      pqp += p[t] * qp_[t];
    }
    return pqp;
  }

  void step(double* p, double pqp) {
    for (std::size_t t = 0; t < k_; ++t) {
      const double diagonal = q_[t * k_ + t];
      const double change = (-qp_[t] + pqp) / diagonal;
      p[t] += change;
      pqp = (pqp + change * (change * diagonal + 2 * qp_[t])) / (1 + change) / (1 + change);
      for (std::size_t j = 0; j < k_; ++j) {
        qp_[j] = (qp_[j] + change * q_[t * k_ + j]) / (1 + change);
        p[j] /= 1 + change;
      }
    }
  }

  std::size_t k_;
  std::vector<double> r_, q_, qp_;
};

void run_pairs(const model::Pairs& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row, out += op.classes) {
    const double* decisions = in[0].values + row * in[0].width;
    if (op.rule == model::PairRule::kCoupling) {
      Coupling(op.classes, decisions).solve(out);
    } else {
      add_votes(op, decisions, op.rule == model::PairRule::kOneVsRest, out);
    }
  }
}

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::MatMul& op) {
  if (op.columns > 1 && op.weights.size() / op.columns > kDenseWidth)
    return function_kernel(op, run_sparse);
  return std::make_unique<DenseKernel>(op);
}
std::unique_ptr<Kernel> kernel_of(const model::Pairs& op) { return function_kernel(op, run_pairs); }

}  // namespace slipway::scoring
