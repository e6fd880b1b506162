// exp, log, pow and their kin: one implementation, the same bits on every CPU and from every
// compiler.
//
//   double p = math::sigmoid(margin);
//   math::softmax(margins, probabilities);      // may be the same span
//
// The C library's functions differ between its versions and pick other code on other CPUs; a model
// scored with them is not the same model everywhere. These use additions, multiplications,
// divisions and bit patterns only, never FMA (the project builds with -ffp-contract=off), under the
// default rounding mode.
//
// Error, measured at 1.2 million points each: below 0.54 ulp for double (erf: 0.71, or 0.79 where
// its result is subnormal; 1 ulp is promised), below 0.51 ulp for float. NaN, infinities, signed
// zeros, overflow and underflow as Annex F of C has it; exception flags and errno are not kept up.
// Pure; safe from any thread.
//
// Methods: exp and log after Tang, "Table-driven implementation of the exponential function" (1989)
// and "... of the logarithm function" (1990), with double-double arithmetic after Dekker (1971);
// erf, expm1 by interpolation in Chebyshev's points; tables by tools/gen_math_tables.py.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace slipway::math {

double exp(double x);
double expm1(double x);  // exp(x) - 1, accurate near 0
double log(double x);
double log1p(double x);  // log(1 + x), accurate near 0
double pow(double x, double y);
double tanh(double x);
double erf(double x);
double sigmoid(double x);  // 1 / (1 + exp(-x))

float exp(float x);
float expm1(float x);
float log(float x);
float log1p(float x);
float pow(float x, float y);
float tanh(float x);
float erf(float x);
float sigmoid(float x);

// out[i] = exp(in[i] - max) / sum of exp(in[j] - max), summed in the order of the span, in double.
// `in` and `out` have the same length and are the same memory or apart. A NaN, or an infinity that
// makes one, spreads to all of `out`.
void softmax(std::span<const double> in, std::span<double> out);
void softmax(std::span<const float> in, std::span<float> out);

}  // namespace slipway::math
