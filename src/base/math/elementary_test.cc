// How far from the truth: against the C library's long double, whose error is a thousandth of our
// ulp.
// SPDX-License-Identifier: Apache-2.0
#include "base/math/elementary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "base/math/test_points.h"

namespace slipway::math {
namespace {

using Wide = long double;
static_assert(std::numeric_limits<Wide>::digits >= 64);

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kLeast = std::numeric_limits<double>::denorm_min();
constexpr double kMost = std::numeric_limits<double>::max();

// |result - exact| in units of the last place that T has at `exact`.
template <typename T>
double ulps(T result, Wide exact) {
  const T nearest = static_cast<T>(exact);
  if (std::isinf(nearest) || !std::isfinite(result)) return result == nearest ? 0 : kInfinity;
  using Limits = std::numeric_limits<T>;
  const int exponent =
      exact == 0 ? Limits::min_exponent : std::max(std::ilogb(exact), Limits::min_exponent - 1);
  const Wide distance = std::fabs(static_cast<Wide>(result) - exact);
  return static_cast<double>(std::ldexp(distance, Limits::digits - 1 - exponent));
}

Wide wide_sigmoid(Wide x) { return x > 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x)); }

struct Function {
  const char* name;
  double (*of_double)(double);
  float (*of_float)(float);
  Wide (*exact)(Wide);
  double max_ulp;
  double domain;  // lowest argument that has a real result, exclusive
  TestPoints::Range range;
};

// Mirrors what lies below the domain into it.
template <typename T>
T into_domain(const Function& f, T x) {
  return x > f.domain || std::isinf(f.domain) ? x : static_cast<T>(f.domain) - x;
}

void PrintTo(const Function& function, std::ostream* out) { *out << function.name; }

const Function kFunctions[] = {
    {"exp", exp, exp, expl, 0.51, -kInfinity, {-745.2, 709.8, -60, 9}},
    {"expm1", expm1, expm1, expm1l, 0.54, -kInfinity, {-40, 709.7, -1023, 9}},
    {"log", log, log, logl, 0.51, 0, {0.5, 2, -1023, 1023}},
    {"log1p", log1p, log1p, log1pl, 0.51, -1, {-1, 3, -1023, 1023}},
    {"tanh", tanh, tanh, tanhl, 0.55, -kInfinity, {-21, 21, -1023, 1023}},
    {"erf", erf, erf, erfl, 0.79, -kInfinity, {-6.1, 6.1, -1023, 1023}},  // 0.57 if not subnormal
    {"sigmoid", sigmoid, sigmoid, wide_sigmoid, 0.54, -kInfinity, {-745.2, 41, -60, 9}},
};

class Elementary : public testing::TestWithParam<Function> {};

TEST_P(Elementary, ADoubleIsWithinItsBoundOfTheExactResult) {
  const Function& f = GetParam();
  TestPoints points(1);
  double worst = 0, where = 0;
  for (int i = 0; i < 1'200'000; ++i) {
    const double x = into_domain(f, points.in(f.range));
    const double distance = ulps(f.of_double(x), f.exact(x));
    if (distance > worst) {
      worst = distance;
      where = x;
    }
  }
  EXPECT_LE(worst, f.max_ulp) << f.name << "(" << where << ")";
  RecordProperty("max_ulp", std::to_string(worst));
}

TEST_P(Elementary, AFloatIsAsGoodAsRoundedOnce) {
  const Function& f = GetParam();
  TestPoints points(2);
  double worst = 0;
  float where = 0;
  for (int i = 0; i < 200'000; ++i) {
    const float x = into_domain(f, static_cast<float>(points.in(f.range)));
    const double distance = ulps(f.of_float(x), f.exact(x));
    if (distance > worst) {
      worst = distance;
      where = x;
    }
  }
  EXPECT_LE(worst, 0.51) << f.name << "(" << where << ")";
}

// Where one formula or table entry takes over from another, neighbours must not change places.
TEST_P(Elementary, NeverFallsWhereItsPiecesMeet) {
  const Function& f = GetParam();
  constexpr double kExpStep = 0x1.62e42fefa39efp-8;
  for (int i = -8000; i <= 8000; ++i) {
    for (const double seam : {(i + 0.5) * kExpStep, i * 0x1p-8, 1 + i * 0x1p-14}) {
      double x = seam;
      for (int step = 0; step < 4; ++step) x = std::nextafter(x, -kInfinity);
      if (x <= f.domain) continue;
      for (int step = 0; step < 8; ++step) {
        const double next = std::nextafter(x, kInfinity);
        ASSERT_LE(f.of_double(x), f.of_double(next)) << f.name << " at " << std::hexfloat << x;
        x = next;
      }
    }
  }
}

TEST_P(Elementary, NaNStaysNaN) {
  EXPECT_TRUE(std::isnan(GetParam().of_double(kNaN)));
  EXPECT_TRUE(std::isnan(GetParam().of_float(std::numeric_limits<float>::quiet_NaN())));
}

INSTANTIATE_TEST_SUITE_P(Math, Elementary, testing::ValuesIn(kFunctions),
                         [](const auto& instance) { return std::string(instance.param.name); });

void expect_same(double result, double expected) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(result), std::bit_cast<std::uint64_t>(expected))
      << result << " instead of " << expected;
}

TEST(ElementaryAtTheEdges, ExpAndExpm1) {
  expect_same(exp(0.0), 1);
  expect_same(exp(-0.0), 1);
  expect_same(exp(kInfinity), kInfinity);
  expect_same(exp(-kInfinity), 0);
  expect_same(exp(709.782712893384), 1.7976931348622732e308);
  expect_same(exp(709.7827128933841), kInfinity);
  expect_same(exp(-745.1332191019411), kLeast);
  expect_same(exp(-745.1332191019412), 0);
  expect_same(exp(-708.4), 2.217119081664265e-308);
  expect_same(expm1(-0.0), -0.0);
  expect_same(expm1(kLeast), kLeast);
  expect_same(expm1(-kInfinity), -1);
  expect_same(expm1(kInfinity), kInfinity);
  expect_same(expm1(710.0), kInfinity);
}

TEST(ElementaryAtTheEdges, LogAndLog1p) {
  expect_same(log(1.0), 0);
  expect_same(log(0.0), -kInfinity);
  expect_same(log(-0.0), -kInfinity);
  expect_same(log(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(log(-1.0)) && std::isnan(log(-kInfinity)) && std::isnan(log(-kLeast)));
  expect_same(log(kLeast), -744.4400719213812);
  expect_same(log(kMost), 709.782712893384);
  expect_same(log1p(-0.0), -0.0);
  expect_same(log1p(-1.0), -kInfinity);
  expect_same(log1p(kInfinity), kInfinity);
  expect_same(log1p(kLeast), kLeast);
  EXPECT_TRUE(std::isnan(log1p(-1.5)) && std::isnan(log1p(-kInfinity)));
}

TEST(ElementaryAtTheEdges, TanhErfAndSigmoid) {
  for (double (*f)(double) :
       {static_cast<double (*)(double)>(tanh), static_cast<double (*)(double)>(erf)}) {
    expect_same(f(0.0), 0);
    expect_same(f(-0.0), -0.0);
    expect_same(f(kInfinity), 1);
    expect_same(f(-kInfinity), -1);
    expect_same(f(-0.3), -f(0.3));
  }
  expect_same(sigmoid(0.0), 0.5);
  expect_same(sigmoid(kInfinity), 1);
  expect_same(sigmoid(-kInfinity), 0);
  expect_same(sigmoid(-745.0), kLeast);
  expect_same(sigmoid(40.0), 1);
}

TEST(Pow, IsWithinItsBoundOfTheExactResult) {
  TestPoints points(3);
  double worst = 0, where_x = 0, where_y = 0;
  for (int i = 0; i < 1'200'000; ++i) {
    const double x = std::fabs(i % 2 == 0 ? points.between(0.5, 2) : points.of_size(-1023, 1023));
    // Over and a little beyond the exponents that give a finite result.
    const double most = 750 / std::max(std::fabs(std::log(x)), 1e-9);
    const double y = points.between(-most, most);
    const double distance = ulps(pow(x, y), powl(x, y));
    if (distance > worst) {
      worst = distance;
      where_x = x;
      where_y = y;
    }
  }
  EXPECT_LE(worst, 0.53) << "pow(" << where_x << ", " << where_y << ")";
  RecordProperty("max_ulp", std::to_string(worst));
}

TEST(Pow, OfWholeNumbersIsExactWhereTheResultFits) {
  for (double x : {-7.0, -2.0, 2.0, 3.0, 10.0, 0.5, -0.25}) {
    double product = 1;
    for (int n = 0; n <= 15; ++n) {
      expect_same(pow(x, n), product);
      product *= x;
    }
  }
  expect_same(pow(2.0, -1074), kLeast);
  expect_same(pow(2.0, 1023), 0x1p+1023);
  expect_same(pow(kLeast, -0.5), 0x1p+537);
  EXPECT_EQ(pow(3.0f, 4.0f), 81.0f);
}

TEST(Pow, FollowsAnnexFAtEveryPairOfSpecialValues) {
  const double values[] = {
      0.0,  -0.0,  1.0,    -1.0,   2.0,     -2.0,    3.0,         -3.0,         0.5,
      -0.5, 1e20,  -1e20,  1e300,  -1e300,  1e-300,  -1e-300,     kInfinity,    -kInfinity,
      kNaN, kMost, -kMost, kLeast, -kLeast, 0x1p+53, 0x1p+53 - 1, -0x1p+53 + 1, 1 + 0x1p-52};
  for (const double x : values) {
    for (const double y : values) {
      const double expected = std::pow(x, y);
      const double result = pow(x, y);
      SCOPED_TRACE(testing::Message() << "pow(" << x << ", " << y << ")");
      if (std::isnan(expected))
        EXPECT_TRUE(std::isnan(result)) << result;
      else if (expected == 0 || std::isinf(expected) || std::fabs(expected) == 1)
        expect_same(result, expected);
      else
        EXPECT_LE(std::fabs(result / expected - 1), 1e-15);
    }
  }
}

}  // namespace
}  // namespace slipway::math
