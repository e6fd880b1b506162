// Kernels of model/operators/linear.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/math/elementary.h"
#include "scoring/kernel/kernel.h"

namespace slipway::scoring {
namespace {

using model::Metric;
using Inputs = std::span<const Rows>;

void run_matmul(const model::MatMul& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row) {
    const double* x = in[0].values + row * in[0].width;
    std::fill_n(out, op.columns, 0.0);
    for (std::size_t i = 0; i < in[0].width; ++i) {
      const double* weights = op.weights.data() + i * op.columns;
      for (std::size_t j = 0; j < op.columns; ++j) out[j] += x[i] * weights[j];
    }
    for (std::size_t j = 0; j < op.bias.size(); ++j) out[j] += op.bias[j];
    out += op.columns;
  }
}

template <typename Term>
double sum_over(const double* a, const double* b, std::size_t width, Term term) {
  double sum = 0;
  for (std::size_t i = 0; i < width; ++i) sum += term(a[i], b[i]);
  return sum;
}

double dot(const double* a, const double* b, std::size_t width) {
  return sum_over(a, b, width, [](double x, double y) { return x * y; });
}

double squared(const double* a, const double* b, std::size_t width) {
  return sum_over(a, b, width, [](double x, double y) { return (x - y) * (x - y); });
}

double largest_gap(const double* a, const double* b, std::size_t width) {
  double largest = 0;
  for (std::size_t i = 0; i < width; ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

double minkowski(const double* a, const double* b, std::size_t width, double p) {
  const double sum =
      sum_over(a, b, width, [p](double x, double y) { return math::pow(std::abs(x - y), p); });
  return math::pow(sum, 1 / p);
}

double distance(const model::Distances& op, const double* a, const double* b, std::size_t width) {
  switch (op.metric) {
    case Metric::kDot:
      return dot(a, b, width);
    case Metric::kSquaredEuclidean:
      return squared(a, b, width);
    case Metric::kEuclidean:
      return std::sqrt(squared(a, b, width));
    case Metric::kManhattan:
      return sum_over(a, b, width, [](double x, double y) { return std::abs(x - y); });
    case Metric::kChebyshev:
      return largest_gap(a, b, width);
    case Metric::kMinkowski:
      return minkowski(a, b, width, op.p);
    case Metric::kCosine:
      return 1 - dot(a, b, width) / (std::sqrt(dot(a, a, width)) * std::sqrt(dot(b, b, width)));
    case Metric::kHamming:
      return sum_over(a, b, width, [](double x, double y) { return x != y ? 1.0 : 0.0; }) /
             static_cast<double>(width);
  }
  return 0;
}

void run_distances(const model::Distances& op, Inputs in, double* out) {
  const std::size_t width = in[0].width;
  for (std::size_t row = 0; row < in[0].rows; ++row) {
    for (std::size_t at = 0; at < op.points.size(); at += width)
      *out++ = distance(op, in[0].values + row * width, op.points.data() + at, width);
  }
}

// The points that count for a row, nearest first where there is a k.
std::vector<std::uint32_t> chosen(const model::Neighbors& op, std::span<const double> distances) {
  std::vector<std::uint32_t> order(distances.size());
  std::iota(order.begin(), order.end(), 0U);
  if (op.k == 0) {
    std::erase_if(order, [&](std::uint32_t i) { return !(distances[i] <= op.radius); });
    return order;
  }
  const auto nearer = [&](std::uint32_t a, std::uint32_t b) {
    return distances[a] != distances[b] ? distances[a] < distances[b] : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + op.k, order.end(), nearer);
  order.resize(op.k);
  return order;
}

void add_neighbors(const model::Neighbors& op, std::span<const double> distances, double* out) {
  const std::vector<std::uint32_t> points = chosen(op, distances);
  if (points.empty()) {
    std::copy(op.empty.begin(), op.empty.end(), out);
    return;
  }
  const bool any_zero = op.by_distance && std::any_of(points.begin(), points.end(),
                                                      [&](auto i) { return distances[i] == 0; });
  std::fill_n(out, op.columns, 0.0);
  double total = 0;
  for (const std::uint32_t i : points) {
    const double zero_or_not = distances[i] == 0 ? 1.0 : 0.0;
    const double weight = !op.by_distance ? 1.0 : any_zero ? zero_or_not : 1 / distances[i];
    total += weight;
    for (std::size_t j = 0; j < op.columns; ++j)
      out[j] += op.values[std::size_t{i} * op.columns + j] * weight;
  }
  for (std::size_t j = 0; op.normalize && j < op.columns; ++j) out[j] /= total;
}

void run_neighbors(const model::Neighbors& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row)
    add_neighbors(op, {in[0].values + row * in[0].width, in[0].width}, out + row * op.columns);
}

// ---- one against one ----

void add_votes(const model::Pairs& op, const double* decisions, bool with_confidence, double* out) {
  const std::size_t classes = op.classes;
  std::vector<double> confidence(classes);
  std::fill_n(out, classes, 0.0);
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = i + 1; j < classes; ++j) {
      const double decision = *decisions++;
      out[decision > 0 ? i : j] += 1;
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
  return function_kernel(op, run_matmul);
}
std::unique_ptr<Kernel> kernel_of(const model::Distances& op) {
  return function_kernel(op, run_distances);
}
std::unique_ptr<Kernel> kernel_of(const model::Neighbors& op) {
  return function_kernel(op, run_neighbors);
}
std::unique_ptr<Kernel> kernel_of(const model::Pairs& op) { return function_kernel(op, run_pairs); }

}  // namespace slipway::scoring
