// The bits themselves, pinned: every compiler, optimisation level and CPU must give these digests.
// A digest that changes here changes the predictions of every deployed model: that is a major
// release, not a test to update.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/math/elementary.h"
#include "base/math/test_points.h"

namespace slipway::math {
namespace {

constexpr int kPoints = 1'000'000;

// Signs and payloads of NaNs are not ours to promise.
template <typename T>
T canonical(T x) {
  return x == x ? x : std::numeric_limits<T>::quiet_NaN();
}

template <typename T, typename Function>
std::string digest_of(const TestPoints::Range& range, const Function& function) {
  TestPoints points(7);
  std::vector<T> results;
  results.reserve(kPoints);
  for (int i = 0; i < kPoints; ++i) {
    results.push_back(canonical(function(static_cast<T>(points.in(range)), points)));
  }
  const std::string_view bytes(reinterpret_cast<const char*>(results.data()),
                               results.size() * sizeof(T));
  return Sha256::hex_of(bytes).substr(0, 16);
}

template <typename T>
std::string digest_of(T (*function)(T), const TestPoints::Range& range) {
  return digest_of<T>(range, [&](T x, TestPoints&) { return function(x); });
}

struct Pin {
  const char* name;
  double (*of_double)(double);
  float (*of_float)(float);
  TestPoints::Range range;
  const char* double_digest;
  const char* float_digest;
};

const Pin kPins[] = {
    {"exp", exp, exp, {-750, 715, -60, 9}, "c44a356791802f75", "f50be885ae296828"},
    {"expm1", expm1, expm1, {-60, 60, -1023, 10}, "071740b1829b1e6a", "19730e2364322471"},
    {"log", log, log, {0.5, 2, -1023, 1023}, "a7a103273b250932", "1c3412d5a3d481f2"},
    {"log1p", log1p, log1p, {-1, 3, -1023, 1023}, "85290975c82331c9", "70811baacca68e19"},
    {"tanh", tanh, tanh, {-21, 21, -1023, 10}, "0f0905043dd3be3d", "c72ce1af02492ad7"},
    {"erf", erf, erf, {-6.1, 6.1, -1023, 10}, "f66b8078c44077f6", "6227136888105fed"},
    {"sigmoid", sigmoid, sigmoid, {-41, 41, -60, 10}, "ef65f39329b1ae0d", "305f2bf2a2339911"},
};

TEST(Bits, OfEveryFunctionAreTheSameEverywhere) {
  for (const Pin& pin : kPins) {
    EXPECT_EQ(digest_of(pin.of_double, pin.range), pin.double_digest) << pin.name << " of double";
    EXPECT_EQ(digest_of(pin.of_float, pin.range), pin.float_digest) << pin.name << " of float";
  }
}

TEST(Bits, OfPowAreTheSameEverywhere) {
  const auto power = [](auto x, TestPoints& points) {
    return pow(x, static_cast<decltype(x)>(points.in({-40, 40, -70, 70})));
  };
  const TestPoints::Range range{-0.2, 8, -1023, 1023};
  EXPECT_EQ(digest_of<double>(range, power), "4167a6da336ca3bb");
  EXPECT_EQ(digest_of<float>(range, power), "768a9ee2161d9183");
}

TEST(Bits, OfSoftmaxAreTheSameEverywhere) {
  TestPoints points(7);
  std::vector<double> in(kPoints), out(kPoints);
  for (double& x : in) x = points.in({-30, 30, -20, 6});
  for (std::size_t i = 0; i < in.size(); i += 8) {
    softmax(std::span(in).subspan(i, 8), std::span(out).subspan(i, 8));
  }
  const std::string_view bytes(reinterpret_cast<const char*>(out.data()),
                               out.size() * sizeof(double));
  EXPECT_EQ(Sha256::hex_of(bytes).substr(0, 16), "393c60bee3005e40");
}

}  // namespace
}  // namespace slipway::math
