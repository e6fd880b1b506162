#!/usr/bin/env python3
"""Writes src/base/math/gen/*.inc: tables and polynomials of slipway's elementary functions.

    python3 tools/gen_math_tables.py            # needs mpmath; rewrites the files
    python3 tools/gen_math_tables.py --check    # fails if a file differs from what it would write

Numbers are computed with 60 digits and rounded once, to the nearest double, so every machine writes
the same files. Polynomials interpolate their function in Chebyshev's points, which is within a factor
of two of the best possible for the smooth functions and short intervals here.
SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import sys

from mpmath import mp, mpf

mp.dps = 60
OUT = pathlib.Path(__file__).resolve().parent.parent / "src/base/math/gen"
HEADER = "// Made by tools/gen_math_tables.py; do not edit.\n// SPDX-License-Identifier: Apache-2.0\n"

EXP_BITS = 7         # the table of exp holds 2^(j / 2^7)
LOG_BITS = 7         # the table of log holds log of 2^7 numbers in [z0, 2 z0)
# Bits of z0 = 0.7083. Below 1.0 a step of the bits is half as wide as above, so that 1.0 lies two
# thirds of the bits, and half of the reach, into its interval.
LOG_START = (1023 << 52) - (224 << (52 - LOG_BITS)) // 3
LOG_GRID = 42        # bits after the point of the high parts: 11-bit exponent times 42 bits is exact
ERF_STEP = mpf(1) / 16
ERF_FIRST = 4        # intervals start at 4/16; below, one polynomial serves
ERF_LAST = 95        # erf rounds to 1 from 5.93 on


def double_of(x):
    return float(x)


def literal(x):
    return double_of(x).hex()


def on_grid(x, bits):
    """x, rounded to a multiple of 2^-bits."""
    return mp.nint(x * mpf(2) ** bits) / mpf(2) ** bits


def keep_bits(x, bits):
    """x, rounded to that many significant bits."""
    exponent = mp.floor(mp.log(abs(x), 2)) + 1
    return on_grid(x, int(bits - exponent))


def hi_lo(x):
    hi = mpf(double_of(x))
    return hi, x - hi


def interpolate(f, degree, low, high):
    """Coefficients, lowest first, of the polynomial through f at Chebyshev's points of [low, high]."""
    n = degree + 1
    middle, half = (mpf(low) + high) / 2, (mpf(high) - low) / 2
    xs = [middle + half * mp.cos(mp.pi * (2 * i + 1) / (2 * n)) for i in range(n)]
    table = [f(x) for x in xs]
    for level in range(1, n):  # Newton's divided differences
        for i in range(n - 1, level - 1, -1):
            table[i] = (table[i] - table[i - 1]) / (xs[i] - xs[i - level])
    coefficients = [mpf(0)] * n
    for i in range(n - 1, -1, -1):  # Horner, expanding (x - xs[i])
        shifted = [mpf(0)] + coefficients[:-1]
        coefficients = [s - xs[i] * c for s, c in zip(shifted, coefficients)]
        coefficients[0] += table[i]
    return coefficients


def constants(pairs):
    return "".join(f"inline constexpr double {name} = {literal(value)};\n" for name, value in pairs)


def array(name, values):
    body = "".join(f"    {literal(v)},\n" for v in values)
    return f"inline constexpr double {name}[] = {{\n{body}}};\n"


def exp_file():
    n = 2 ** EXP_BITS
    step = mp.log(2) / n
    step_hi = keep_bits(step, 35)  # times 18 bits of k is exact
    reach = step / 2 * mpf("1.0001")

    def tail(r):  # (e^r - 1 - r) / r^2
        return mp.nsum(lambda i: r ** i / mp.factorial(i + 2), [0, 30])

    def tail1(x):
        return (mp.expm1(x) - x - x * x / 2) / x ** 3

    text = HEADER
    text += f"inline constexpr int kExpBits = {EXP_BITS};\n"
    text += constants([("kExpInverseStep", 1 / step), ("kExpStepHi", step_hi), ("kExpStepLo", step - step_hi)])
    text += array("kExpTail", [c for c in interpolate(tail, 3, -reach, reach)])
    text += array("kExpm1Tail", interpolate(tail1, 9, mpf(-1) / 16, mpf(1) / 16))
    text += "struct ExpEntry {\n  double hi, lo;\n};\n"
    text += "// 2^(j / 128)\ninline constexpr ExpEntry kExpTable[] = {\n"
    for j in range(n):
        hi, lo = hi_lo(mpf(2) ** (mpf(j) / n))
        text += f"    {{{literal(hi)}, {literal(lo)}}},\n"
    return text + "};\n"


def from_bits(bits):
    exponent = (bits >> 52) - 1023
    return (1 + mpf(bits & ((1 << 52) - 1)) / 2 ** 52) * mpf(2) ** exponent


def log_file():
    n = 2 ** LOG_BITS
    text = HEADER
    text += f"inline constexpr int kLogBits = {LOG_BITS};\n"
    text += f"inline constexpr std::uint64_t kLogStart = 0x{LOG_START:016X};\n"
    ln2 = mp.log(2)
    ln2_hi = on_grid(ln2, LOG_GRID)
    text += constants([("kLn2Hi", ln2_hi), ("kLn2Lo", ln2 - ln2_hi)])
    text += "struct LogEntry {\n  double inverse, log_hi, log_lo;\n};\n"
    text += "// 1/c in ten bits, and log(c)\ninline constexpr LogEntry kLogTable[] = {\n"
    worst = mpf(0)
    for i in range(n):
        low = from_bits(LOG_START + (i << (52 - LOG_BITS)))
        high = from_bits(LOG_START + ((i + 1) << (52 - LOG_BITS)))
        inverse = mpf(1) if low <= 1 < high else keep_bits(2 / (low + high), 10)
        worst = max(worst, abs(low * inverse - 1), abs(high * inverse - 1))
        log_c = -mp.log(inverse)
        log_hi = on_grid(log_c, LOG_GRID)
        text += f"    {{{literal(inverse)}, {literal(log_hi)}, {literal(log_c - log_hi)}}},\n"
    assert worst < mpf("0.0053"), worst
    return text + "};\n"


def erf_file():
    def near_zero(square):  # erf(x) / x - 9/8 as a function of x^2
        series = lambda i: (-1) ** int(i) * square ** i / (mp.factorial(i) * (2 * i + 1))
        return 2 / mp.sqrt(mp.pi) * mp.nsum(series, [0, 40]) - mpf(9) / 8

    text = HEADER
    text += constants([("kErfStep", ERF_STEP)])
    text += f"inline constexpr int kErfFirst = {ERF_FIRST};\ninline constexpr int kErfLast = {ERF_LAST};\n"
    text += array("kErfNearZero", interpolate(near_zero, 10, 0, (ERF_FIRST * ERF_STEP) ** 2))
    text += "struct ErfEntry {\n  double hi, lo;  // erf in the middle of the interval\n  double slope[9];\n};\n"
    text += "inline constexpr ErfEntry kErfTable[] = {\n"
    for i in range(ERF_FIRST, ERF_LAST + 1):
        middle = (i + mpf(1) / 2) * ERF_STEP
        at_middle = mp.erf(middle)
        reach = ERF_STEP / 2

        def slope(h):
            return (mp.erf(middle + h) - at_middle) / h

        hi, lo = hi_lo(at_middle)
        coefficients = ", ".join(literal(c) for c in interpolate(slope, 8, -reach, reach * mpf("1.000001")))
        text += f"    {{{literal(hi)}, {literal(lo)},\n     {{{coefficients}}}}},\n"
    return text + "};\n"


def main():
    files = {"exp.inc": exp_file(), "log.inc": log_file(), "erf.inc": erf_file()}
    for name, text in files.items():
        path = OUT / name
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text() != text:
                sys.exit(f"{path} differs from what tools/gen_math_tables.py writes: run it")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


if __name__ == "__main__":
    main()
