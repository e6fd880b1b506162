#!/usr/bin/env python3
"""Writes tests/golden/evaluation: small inputs, and what scipy, scikit-learn, Evidently and plain numpy make of them.

    python3 -m venv .cache/evaluation-venv
    .cache/evaluation-venv/bin/pip install -r tools/oracles/evaluation/requirements.txt
    .cache/evaluation-venv/bin/python tools/oracles/evaluation/make.py

The output depends on the versions in requirements.txt only. src/evaluation/golden_test.cc compares to 1e-9.

SPDX-License-Identifier: Apache-2.0
"""

import json
import math
import pathlib
import warnings

import numpy as np
import pandas as pd
import scipy.spatial
import scipy.special
import scipy.stats
import sklearn.calibration
import sklearn.metrics
from evidently.legacy.calculations.stattests.chisquare_stattest import chi_stat_test
from evidently.legacy.calculations.stattests.jensenshannon import jensenshannon_stat_test
from evidently.legacy.calculations.stattests.psi import psi_stat_test
from evidently.legacy.calculations.stattests.wasserstein_distance_norm import wasserstein_stat_test
from evidently.legacy.core import ColumnType
from scipy.stats._stats_py import _attempt_exact_2kssamp

OUT = pathlib.Path(__file__).resolve().parents[3] / "tests" / "golden" / "evaluation"
ROBUST_BINS = 10
FEW_VALUES = 20
FLOOR = 1e-4


def finite(value):
    return float(value) if value is not None and math.isfinite(value) else None


def score(test, reference, current, kind):
    return finite(test.func(reference, current, kind, 0.1)[0])


# ---- the robust definitions of docs/reference/monitoring.md, written a second time in numpy


def robust_starts(reference):
    ordered = np.sort(reference)
    distinct = np.unique(ordered)
    if len(distinct) <= FEW_VALUES:
        starts = list(distinct)
    else:
        starts = []
        for i in range(ROBUST_BINS):
            start = ordered[i * len(ordered) // ROBUST_BINS]
            if not starts or start > starts[-1]:
                starts.append(start)
            elif start == starts[-1] and (ordered > start).any():
                starts.append(ordered[ordered > start][0])
    beyond = np.nextafter(ordered[-1], np.inf)
    if beyond > starts[-1]:
        starts.append(beyond)
    return np.array(starts, dtype=float)


def robust_counts(values, starts):
    return np.bincount(np.searchsorted(starts, values, side="right"), minlength=len(starts) + 1)


def floored_psi(reference, current):
    r = np.maximum(reference / reference.sum(), FLOOR)
    c = np.maximum(current / current.sum(), FLOOR)
    return float(((c - r) * np.log(c / r)).sum())


def distances(reference, current):
    r, c = reference / reference.sum(), current / current.sum()
    return {
        "psi": floored_psi(reference, current),
        "jensen_shannon": float(scipy.spatial.distance.jensenshannon(r, c)),
        "hellinger": float(np.sqrt(((np.sqrt(r) - np.sqrt(c)) ** 2).sum() / 2)),
    }


# ---- columns of numbers


def number_inputs():
    rng = np.random.default_rng(20240601)
    shifted = rng.normal(0.3, 1.2, 300)
    with_outlier = shifted.copy()
    with_outlier[7] = 1e6
    holes = rng.normal(0, 1, 250)
    holes[::10], holes[3], holes[5] = np.nan, np.inf, -np.inf
    zeros = np.where(rng.random(400) < 0.6, 0.0, rng.lognormal(1, 1, 400))
    yield "normal shifted", rng.normal(0, 1, 400), shifted
    yield "one outlier", rng.normal(0, 1, 400), with_outlier
    yield "equal sizes with ties", np.round(rng.normal(0, 1, 200), 1), np.round(rng.normal(0.2, 1, 200), 1)
    yield "missing and infinite", rng.normal(0, 1, 150), holes
    yield "whole numbers", rng.poisson(40, 500), rng.poisson(43, 320)
    yield "whole numbers in a short range", rng.integers(0, 25, 3000), rng.integers(0, 24, 900)
    yield "few values", rng.integers(0, 7, 300), rng.integers(0, 8, 260)
    yield "mostly zero", zeros, np.where(rng.random(300) < 0.3, 0.0, rng.lognormal(1.2, 1, 300))
    yield "constant against constant", np.full(50, 5.0), np.full(40, 6.0)
    yield "same constant", np.full(50, 5.0), np.full(40, 5.0)
    yield "no overlap", rng.uniform(0, 1, 100), rng.uniform(2, 3, 90)
    yield "power of two rows", rng.normal(0, 1, 64), rng.normal(0, 2, 64)
    yield "one row each", np.array([1.5]), np.array([2.5])
    yield "same rows", holes[~np.isnan(holes)], holes[~np.isnan(holes)]


def number_case(name, reference, current):
    r, c = (np.asarray(x)[np.isfinite(x)] for x in (reference, current))
    starts = robust_starts(r)
    ks = scipy.stats.ks_2samp(r, c)
    wasserstein = scipy.stats.wasserstein_distance(r, c)
    num, (rs, cs) = ColumnType.Numerical, (pd.Series(r), pd.Series(c))
    compat = {
        "psi": score(psi_stat_test, rs, cs, num),
        "jensen_shannon": score(jensenshannon_stat_test, rs, cs, num),
        "wasserstein_normed": score(wasserstein_stat_test, rs, cs, num),
    }
    deviation = float(np.std(r))
    return {
        "name": name,
        "whole": bool(np.issubdtype(r.dtype, np.integer)),
        "reference": np.asarray(reference).tolist(),
        "current": np.asarray(current).tolist(),
        "ks": float(ks.statistic),
        "ks_p": float(ks.pvalue),
        "wasserstein": float(wasserstein),
        "wasserstein_normed": wasserstein / deviation if deviation > 0 else None,
        "mean": float(np.mean(c)),
        "median": float(np.median(c)),
        "deviation": float(np.std(c)),
        "robust": distances(robust_counts(r, starts), robust_counts(c, starts)),
        "compat": compat,
    }


# ---- columns of categories


def category_inputs():
    rng = np.random.default_rng(7)
    letters = np.array(list("abcdefgh"))
    tilted = rng.choice(letters, 400, p=np.arange(8, 0, -1) / 36)
    yield "tilted", rng.choice(letters, 500), tilted
    yield "unseen category", rng.choice(letters[:5], 300), np.append(rng.choice(letters[:5], 200), ["new", "new"])
    yield "vanished category", rng.choice(letters, 300), rng.choice(letters[:6], 300)
    yield "two categories", rng.choice(["no", "yes"], 200), rng.choice(["no", "yes"], 100, p=[0.3, 0.7])
    yield "one category", np.full(20, "only"), np.full(30, "only")


def category_case(name, reference, current):
    keys = sorted(set(reference) | set(current))
    r, c = (np.array([(x == key).sum() for key in keys]) for x in (reference, current))
    cat, (rs, cs) = ColumnType.Categorical, (pd.Series(reference), pd.Series(current))
    robust = distances(r, c)
    robust["l_infinity"] = float(np.abs(r / r.sum() - c / c.sum()).max())
    if len(keys) > 1:
        table = scipy.stats.chi2_contingency(np.array([r, c]), correction=False)
        robust["chi_square"], robust["chi_square_p"] = float(table.statistic), float(table.pvalue)
    compat = {
        "psi": score(psi_stat_test, rs, cs, cat),
        "jensen_shannon": score(jensenshannon_stat_test, rs, cs, cat),
        "chi_square_p": score(chi_stat_test, rs, cs, cat),
    }
    return {
        "name": name,
        "reference": reference.tolist(),
        "current": current.tolist(),
        "robust": robust,
        "compat": compat,
    }


# ---- special functions, on grids that reach every method


def kolmogorov_cases():
    sizes = [1, 2, 5, 10, 50, 139, 140, 141, 500, 1000, 4097, 5000, 33333, 100000, 100001, 500000]
    for n in sizes:
        scaled = [0.02, 0.1, 0.3, 0.5, 0.7, 0.86, 0.87, 1.0, 1.2, 1.48, 1.49, 1.9, 2.01, 2.5, 3.5, 5.0]
        ds = [z / math.sqrt(n) for z in scaled] + [0.6 / n, 0.9 / n, 1.5 / n, 0.001, 0.05, 0.49, 0.5, 0.51, 0.999]
        for d in ds:
            if 0 < d < 1:
                yield [n, d, float(scipy.stats.kstwo.sf(d, n))]


def two_sample_cases():
    pairs = [(1, 1), (1, 5), (7, 7), (5, 9), (12, 18), (100, 77), (100, 100), (997, 1000), (1000, 1000)]
    pairs += [(2500, 10000), (10000, 10000), (9999, 10000), (3, 10000)]
    for n, m in pairs:
        g = math.gcd(n, m)
        step = g / (n * m)
        effective = n * m / (n + m)
        for z in [0.1, 0.4, 0.8, 1.2, 1.6, 2.2, 3.0]:
            d = round(z / math.sqrt(effective) / step) * step
            if 0 < d <= 1:
                ok, exact_d, p = _attempt_exact_2kssamp(n, m, g, d, "two-sided")
                # scipy gives up where rounding lifts the exact probability above 1, and approximates.
                assert ok or 1 < p < 1 + 1e-12, (n, m, d, p)
                yield [n, m, float(exact_d), min(float(p), 1.0)]
    for n, m, d in [(10001, 10001, 0.01), (20000, 300, 0.08), (1000000, 30000, 0.005), (100000, 90000, 0.02)]:
        effective = np.round(n * m / (n + m))
        yield [n, m, d, float(scipy.stats.kstwo.sf(d, effective))]


def gamma_cases():
    for a in [0.5, 1, 1.5, 4, 10, 15.5, 16, 17.5, 49.5, 250, 2000, 50000]:
        for x in [1e-3, 0.1 * a, 0.5 * a, 0.9 * a, a, 1.02 * a + 0.5, 1.1 * a + 1, 1.5 * a + 3, 3 * a + 10]:
            yield [a, x, float(scipy.special.gammaincc(a, x))]


# ---- performance


def binary_inputs():
    rng = np.random.default_rng(11)
    p = rng.random(400)
    y = (rng.random(400) < p**1.3).astype(int)
    yield "smooth", p, y
    yield "ties", np.round(p, 1), y
    yield "certain and wrong", np.where(p > 0.5, 1.0, 0.0), y
    yield "one score", np.full(40, 0.25), np.arange(40) % 3 % 2
    yield "only negatives", p[:30], np.zeros(30, dtype=int)


def equal_frequency_error(p, y, bins=10):
    """Each group of equal scores goes whole to the bin of its middle."""
    total, sums = len(p), {}
    for value in np.unique(p):
        rows = p == value
        middle = 2 * (p < value).sum() + rows.sum()
        entry = sums.setdefault(int(middle * bins // (2 * total)), [0.0, 0, 0])
        entry[0] += value * rows.sum()
        entry[1] += int(y[rows].sum())
        entry[2] += int(rows.sum())
    return sum(n * abs(hits / n - s / n) for s, hits, n in sums.values()) / total


def binary_case(name, p, y):
    label = (p > 0.5).astype(int)
    both = len(set(y)) == 2
    observed, predicted = sklearn.calibration.calibration_curve(y, p, n_bins=10)
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], p)
    rows = [int((bins == b).sum()) for b in range(10) if (bins == b).any()]
    expected = {
        "auc": float(sklearn.metrics.roc_auc_score(y, p)) if both else None,
        "average_precision": float(sklearn.metrics.average_precision_score(y, p)) if y.any() else None,
        "log_loss": float(sklearn.metrics.log_loss(y, p, labels=[0, 1])),
        "brier": float(np.mean((p - y) ** 2)),
        "accuracy": float(sklearn.metrics.accuracy_score(y, label)),
        "precision": float(sklearn.metrics.precision_score(y, label)) if label.any() else None,
        "recall": float(sklearn.metrics.recall_score(y, label)) if y.any() else None,
        "f1": float(sklearn.metrics.f1_score(y, label)) if y.any() or label.any() else None,
        "ece_width": float(np.dot(rows, np.abs(observed - predicted)) / len(p)),
        "ece_frequency": float(equal_frequency_error(p, y)),
    }
    return {
        "name": name,
        "p": p.tolist(),
        "actual": y.tolist(),
        "expected": expected,
        "calibration": [[float(a), float(b), n] for a, b, n in zip(predicted, observed, rows)],
        "confusion": sklearn.metrics.confusion_matrix(y, label, labels=[0, 1]).ravel().tolist(),
    }


def multiclass_case():
    rng = np.random.default_rng(5)
    p = rng.dirichlet([1.0, 0.7, 0.5], 200)
    y = np.array([rng.choice(3, p=row) for row in p])
    label = p.argmax(axis=1)
    return {
        "p": p.T.tolist(),
        "actual": y.tolist(),
        "label": label.tolist(),
        "expected": {
            "auc": float(sklearn.metrics.roc_auc_score(y, p, multi_class="ovr", average="macro")),
            "log_loss": float(sklearn.metrics.log_loss(y, p)),
            "accuracy": float(sklearn.metrics.accuracy_score(y, label)),
            "macro_f1": float(sklearn.metrics.f1_score(y, label, average="macro")),
        },
        "confusion": sklearn.metrics.confusion_matrix(y, label).ravel().tolist(),
    }


def regression_case():
    rng = np.random.default_rng(6)
    actual = rng.normal(10, 4, 150)
    predicted = actual * 0.8 + rng.normal(2.5, 1, 150)
    return {
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "expected": {
            "mae": float(sklearn.metrics.mean_absolute_error(actual, predicted)),
            "rmse": float(sklearn.metrics.root_mean_squared_error(actual, predicted)),
            "r2": float(sklearn.metrics.r2_score(actual, predicted)),
            "bias": float(np.mean(predicted - actual)),
        },
    }


def write(name, content):
    """One case a line, so that a changed number is a short diff."""
    lines = ",\n".join(json.dumps(case) for case in content)
    (OUT / name).write_text("[\n" + lines + "\n]\n", encoding="utf-8")


def main():
    warnings.simplefilter("ignore")
    OUT.mkdir(parents=True, exist_ok=True)
    write("numbers.json", [number_case(*case) for case in number_inputs()])
    write("categories.json", [category_case(*case) for case in category_inputs()])
    write("kolmogorov.json", list(kolmogorov_cases()))
    write("two_sample.json", list(two_sample_cases()))
    write("gamma.json", list(gamma_cases()))
    write("binary.json", [binary_case(*case) for case in binary_inputs()])
    write("multiclass.json", [multiclass_case()])
    write("regression.json", [regression_case()])


if __name__ == "__main__":
    main()
