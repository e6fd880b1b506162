// Kernels of model/operators/numbers.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/math/elementary.h"
#include "scoring/kernel/kernel.h"

namespace slipway::scoring {
namespace {

using model::Arith;
using model::MapKind;
using model::ReduceKind;
using Inputs = std::span<const Rows>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double keep_nan(double a, double b, double chosen) {
  return std::isnan(a) || std::isnan(b) ? kNaN : chosen;
}

// Calls use(f) with the operation as a function that the compiler can see.
template <typename Use>
void with_arith(Arith kind, Use use) {
  switch (kind) {
    case Arith::kAdd:
      return use([](double a, double b) { return a + b; });
    case Arith::kSub:
      return use([](double a, double b) { return a - b; });
    case Arith::kMul:
      return use([](double a, double b) { return a * b; });
    case Arith::kDiv:
      return use([](double a, double b) { return a / b; });
    case Arith::kMin:
      return use([](double a, double b) { return keep_nan(a, b, std::min(a, b)); });
    case Arith::kMax:
      return use([](double a, double b) { return keep_nan(a, b, std::max(a, b)); });
    case Arith::kPow:
      return use([](double a, double b) { return math::pow(a, b); });
    case Arith::kRsub:
      return use([](double a, double b) { return b - a; });
    case Arith::kRdiv:
      return use([](double a, double b) { return b / a; });
    case Arith::kRpow:
      return use([](double a, double b) { return math::pow(b, a); });
  }
}

double sign(double x) { return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0)); }

double cube_root(double x) { return std::copysign(math::pow(std::abs(x), 1.0 / 3), x); }

double ratio(double r, const std::array<double, 8>& numerator,
             const std::array<double, 8>& denominator) {
  double a = 0, b = 0;
  for (std::size_t i = 8; i-- > 0;) {
    a = a * r + numerator[i];
    b = b * r + denominator[i];
  }
  return a / b;
}

// Wichura, "Algorithm AS 241: The percentage points of the normal distribution", 1988: about 1 part
// in 10^16.
double normal_quantile(double p) {
  static constexpr std::array<double, 8> kA{3.3871328727963666080e0, 1.3314166789178437745e2,
                                            1.9715909503065514427e3, 1.3731693765509461125e4,
                                            4.5921953931549871457e4, 6.7265770927008700853e4,
                                            3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr std::array<double, 8> kB{1.0,
                                            4.2313330701600911252e1,
                                            6.8718700749205790830e2,
                                            5.3941960214247511077e3,
                                            2.1213794301586595867e4,
                                            3.9307895800092710610e4,
                                            2.8729085735721942674e4,
                                            5.2264952788528545610e3};
  static constexpr std::array<double, 8> kC{1.42343711074968357734e0,  4.63033784615654529590e0,
                                            5.76949722146069140550e0,  3.64784832476320460504e0,
                                            1.27045825245236838258e0,  2.41780725177450611770e-1,
                                            2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr std::array<double, 8> kD{1.0,
                                            2.05319162663775882187e0,
                                            1.67638483018380384940e0,
                                            6.89767334985100004550e-1,
                                            1.48103976427480074590e-1,
                                            1.51986665636164571966e-2,
                                            5.47593808499534494600e-4,
                                            1.05075007164441684324e-9};
  static constexpr std::array<double, 8> kE{6.65790464350110377720e0,  5.46378491116411436990e0,
                                            1.78482653991729133580e0,  2.96560571828504891230e-1,
                                            2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                            2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr std::array<double, 8> kF{1.0,
                                            5.99832206555887937690e-1,
                                            1.36929880922735805310e-1,
                                            1.48753612908506148525e-2,
                                            7.86869131145613259100e-4,
                                            1.84631831751005468180e-5,
                                            1.42151175831644588870e-7,
                                            2.04426310338993978564e-15};
  if (!(p > 0 && p < 1)) {
    const double infinity = std::numeric_limits<double>::infinity();
    return p == 0 ? -infinity : p == 1 ? infinity : kNaN;
  }
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) return q * ratio(0.180625 - q * q, kA, kB);
  const double r = std::sqrt(-math::log(q < 0 ? p : 1 - p));
  const double x = r <= 5 ? ratio(r - 1.6, kC, kD) : ratio(r - 5, kE, kF);
  return q < 0 ? -x : x;
}

double map(MapKind kind, double x) {
  switch (kind) {
    case MapKind::kNegate:
      return -x;
    case MapKind::kAbs:
      return std::abs(x);
    case MapKind::kSqrt:
      return std::sqrt(x);
    case MapKind::kSquare:
      return x * x;
    case MapKind::kReciprocal:
      return 1 / x;
    case MapKind::kSign:
      return sign(x);
    case MapKind::kFloor:
      return std::floor(x);
    case MapKind::kCeil:
      return std::ceil(x);
    case MapKind::kRint:
      return std::nearbyint(x);
    case MapKind::kExp:
      return math::exp(x);
    case MapKind::kExpm1:
      return math::expm1(x);
    case MapKind::kLog:
      return math::log(x);
    case MapKind::kLog1p:
      return math::log1p(x);
    case MapKind::kTanh:
      return math::tanh(x);
    case MapKind::kLogistic:
      return math::sigmoid(x);
    case MapKind::kRelu:
      return x > 0 || std::isnan(x) ? x : 0;
    case MapKind::kToFloat32:
      return static_cast<float>(x);
    case MapKind::kIsPositive:
      return x > 0 ? 1 : 0;
    case MapKind::kLog2:
      return math::log(x) / math::log(2.0);
    case MapKind::kLog10:
      return math::log(x) / math::log(10.0);
    case MapKind::kCbrt:
      return cube_root(x);
    case MapKind::kTruncate:
      return std::trunc(x);
    case MapKind::kErf:
      return math::erf(x);
    case MapKind::kNormalQuantile:
      return normal_quantile(x);
  }
  return kNaN;
}

void run_arithmetic(const model::Arithmetic& op, Inputs in, double* out) {
  const std::size_t width = in[0].width;
  const double* operand = op.operand.data();
  with_arith(op.kind, [&](auto f) {
    const double* x = in[0].values;
    if (op.operand.size() == 1) {
      for (std::size_t i = 0; i < in[0].rows * width; ++i) out[i] = f(x[i], *operand);
      return;
    }
    for (std::size_t row = 0; row < in[0].rows; ++row, x += width, out += width) {
      for (std::size_t c = 0; c < width; ++c) out[c] = f(x[c], operand[c]);
    }
  });
}

void run_map(const model::Map& op, Inputs in, double* out) {
  const std::size_t count = in[0].rows * in[0].width;
  const double* x = in[0].values;
  if (op.kind == MapKind::kRelu) {  // of networks: not a switch for each value
    for (std::size_t i = 0; i < count; ++i) out[i] = x[i] > 0 || std::isnan(x[i]) ? x[i] : 0;
    return;
  }
  for (std::size_t i = 0; i < count; ++i) out[i] = map(op.kind, x[i]);
}

void run_combine(const model::Combine& op, Inputs in, double* out) {
  const std::size_t width = std::max(in[0].width, in[1].width);
  with_arith(op.kind, [&](auto f) {
    for (std::size_t row = 0; row < in[0].rows; ++row) {
      const double* a = in[0].values + row * in[0].width;
      const double* b = in[1].values + row * in[1].width;
      for (std::size_t c = 0; c < width; ++c)
        *out++ = f(a[in[0].width == 1 ? 0 : c], b[in[1].width == 1 ? 0 : c]);
    }
  });
}

// scipy.special.logsumexp and scikit-learn's use the largest value as the shift, too.
double log_sum_exp(std::span<const double> x) {
  const double largest = *std::max_element(x.begin(), x.end());
  const double shift = std::isfinite(largest) ? largest : 0;
  double sum = 0;
  for (const double each : x) sum += math::exp(each - shift);
  return math::log(sum) + shift;
}

template <typename Better>
std::size_t best(std::span<const double> x, Better better) {
  std::size_t at = 0;
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (better(x[i], x[at])) at = i;
  }
  return at;
}

template <typename Term>
double sum_of(std::span<const double> x, Term term) {
  double sum = 0;
  for (const double each : x) sum += term(each);
  return sum;
}

double reduce(ReduceKind kind, std::span<const double> x) {
  const auto less = [](double a, double b) { return a < b; };
  const auto more = [](double a, double b) { return a > b; };
  const auto same = [](double each) { return each; };
  switch (kind) {
    case ReduceKind::kSum:
      return sum_of(x, same);
    case ReduceKind::kMean:
      return sum_of(x, same) / static_cast<double>(x.size());
    case ReduceKind::kMin:
      return x[best(x, less)];
    case ReduceKind::kMax:
      return x[best(x, more)];
    case ReduceKind::kArgMin:
      return static_cast<double>(best(x, less));
    case ReduceKind::kArgMax:
      return static_cast<double>(best(x, more));
    case ReduceKind::kSumAbs:
      return sum_of(x, [](double each) { return std::abs(each); });
    case ReduceKind::kSumSquares:
      return sum_of(x, [](double each) { return each * each; });
    case ReduceKind::kLogSumExp:
      return log_sum_exp(x);
    case ReduceKind::kCountPositive:
      return sum_of(x, [](double each) { return each > 0 ? 1.0 : 0.0; });
  }
  return kNaN;
}

void run_reduce(const model::Reduce& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row)
    out[row] = reduce(op.kind, {in[0].values + row * in[0].width, in[0].width});
}

void run_bin(const model::Bin& op, Inputs in, double* out) {
  for (std::size_t i = 0, c = 0; i < in[0].rows * in[0].width;
       ++i, c = c + 1 == in[0].width ? 0 : c + 1) {
    const double x = in[0].values[i];
    const auto* first = op.edges.data() + op.begin[c];
    const auto* last = op.edges.data() + op.begin[c + 1];
    const auto* at = op.below ? std::lower_bound(first, last, x) : std::upper_bound(first, last, x);
    out[i] = std::isnan(x) ? x : static_cast<double>(at - first);
  }
}

// numpy.interp's own steps, with its slope and its ways out where that is infinite.
double interpolate(std::span<const double> xs, std::span<const double> ys, double x) {
  if (std::isnan(x)) return x;
  if (x < xs.front()) return ys.front();
  if (x >= xs.back()) return ys.back();
  const auto j =
      static_cast<std::size_t>(std::upper_bound(xs.begin(), xs.end(), x) - xs.begin()) - 1;
  if (xs[j] == x) return ys[j];
  const double slope = (ys[j + 1] - ys[j]) / (xs[j + 1] - xs[j]);
  const double from_left = slope * (x - xs[j]) + ys[j];
  if (!std::isnan(from_left)) return from_left;
  const double from_right = slope * (x - xs[j + 1]) + ys[j + 1];
  return std::isnan(from_right) && ys[j] == ys[j + 1] ? ys[j] : from_right;
}

void run_interpolate(const model::Interpolate& op, Inputs in, double* out) {
  for (std::size_t i = 0; i < in[0].rows * in[0].width; ++i) {
    const std::size_t c = i % in[0].width;
    const std::size_t first = op.begin[c];
    const std::size_t count = op.begin[c + 1] - first;
    out[i] = interpolate(op.x.span().subspan(first, count), op.y.span().subspan(first, count),
                         in[0].values[i]);
  }
}

void run_products(const model::Products& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row) {
    const double* x = in[0].values + row * in[0].width;
    for (std::size_t j = 0; j + 1 < op.begin.size(); ++j) {
      double product = op.begin[j] == op.begin[j + 1] ? 1 : x[op.factors[op.begin[j]]];
      for (std::size_t i = op.begin[j] + 1; i < op.begin[j + 1]; ++i) product *= x[op.factors[i]];
      *out++ = product;
    }
  }
}

double weighted_median(std::span<const double> x, std::span<const double> weights) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return x[a] < x[b]; });
  double total = 0;
  for (const std::size_t i : order) total += weights[i];
  double sum = 0;
  for (const std::size_t i : order) {
    sum += weights[i];
    if (sum >= 0.5 * total) return x[i];
  }
  return x[order.front()];
}

void run_weighted_median(const model::WeightedMedian& op, Inputs in, double* out) {
  for (std::size_t row = 0; row < in[0].rows; ++row)
    out[row] = weighted_median({in[0].values + row * in[0].width, in[0].width}, op.weights.span());
}

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::Arithmetic& op) {
  return function_kernel(op, run_arithmetic);
}
std::unique_ptr<Kernel> kernel_of(const model::Map& op) { return function_kernel(op, run_map); }
std::unique_ptr<Kernel> kernel_of(const model::Combine& op) {
  return function_kernel(op, run_combine);
}
std::unique_ptr<Kernel> kernel_of(const model::Reduce& op) {
  return function_kernel(op, run_reduce);
}
std::unique_ptr<Kernel> kernel_of(const model::Bin& op) { return function_kernel(op, run_bin); }
std::unique_ptr<Kernel> kernel_of(const model::Interpolate& op) {
  return function_kernel(op, run_interpolate);
}
std::unique_ptr<Kernel> kernel_of(const model::Products& op) {
  return function_kernel(op, run_products);
}
std::unique_ptr<Kernel> kernel_of(const model::WeightedMedian& op) {
  return function_kernel(op, run_weighted_median);
}

}  // namespace slipway::scoring
