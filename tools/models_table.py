#!/usr/bin/env python3
"""Rewrites the tables of docs/reference/models.md from what the golden tests find.

    tools/models_table.py build/release/bin/slipway_cross_test          # rewrite
    tools/models_table.py build/release/bin/slipway_cross_test --check  # only say whether it is up to date

SPDX-License-Identifier: Apache-2.0
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/models.md"
FORMATS = "<!-- formats, made by tools/models_table.py -->\n", "<!-- end of formats -->\n"
FAMILIES = "<!-- made by tools/models_table.py -->\n", "<!-- end -->\n"
LINE = re.compile(r"(tests/golden/sklearn/\S+) (.+?) +(\d+) models, +(\d+) values, +([\d.]+) % equal bits, worst (\d+) ulp, (\S+)")


def estimators_of(folder):
    found = collections.defaultdict(set)
    for case in json.loads((ROOT / folder / "cases.json").read_text())["cases"]:
        found[case["family"]].add(case["estimator"])
    return found


def tell(binary):
    """What the golden tests print."""
    ran = subprocess.run([binary, "--gtest_filter=*Golden*.*"], cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        sys.exit("a golden test fails: " + ran.stdout[-500:])
    return ran.stdout


def index_of(folder):
    return json.loads((ROOT / "tests/golden" / folder / "cases.json").read_text())


def formats(told):
    """A row per format: versions, models, what was compared, how much of it was equal."""
    lines = ["| files | versions compared | models | compared | equal bits | the rest |", "|---|---|---|---|---|---|"]

    def row(files, versions, models, compared, what, equal, rest):
        share = "100 %" if equal == compared else f"{100 * equal / compared:.1f} %"
        lines.append(f"| {files} | {versions} | {models:,} | {compared:,} {what} | {share} | {rest} |")

    xgboost = [tuple(map(int, found[1:])) + (found[0],) for found in re.findall(
        r"(\d+\.\d+\.\d+): (\d+) models, (\d+) margins, (\d+) differ; \d+ predictions differ, by up to (\d+) ulp", told)]
    row("XGBoost JSON, UBJSON, what pickles hold", ", ".join(each[4] for each in xgboost), sum(each[0] for each in xgboost),
        sum(each[1] for each in xgboost), "margins", sum(each[1] - each[2] for each in xgboost),
        f"predictions within {max(each[3] for each in xgboost)} ulp of float32")
    models, margins, differ, ulp = map(int, re.search(r"(\d+) models, (\d+) margins, (\d+) differ; predictions within (\d+) ulp", told).groups())
    row("LightGBM text", index_of("lightgbm")["lightgbm"], models, margins, "margins", margins - differ, f"predictions within {ulp} ulp")
    models, margins, differ, ulp = map(int, re.search(r"(\d+) models, \d+ rows, (\d+) margins, (\d+) differ; predictions within (\d+) ulp", told).groups())
    versions = ", ".join(index_of(folder)["catboost"] for folder in ("catboost_0_26", "catboost_1_0", "catboost"))
    row("CatBoost .cbm, JSON", versions, models, margins, "margins", margins - differ, f"predictions within {ulp} ulp")
    models, lifted, equal, rows = map(int, re.search(r"ONNX: (\d+) models \((\d+) lifted, \d+ promise bits\), (\d+) of (\d+) rows", told).groups())
    row(f"ONNX ({lifted} lifted to own operators)", "ONNX Runtime 1.30.0", models, rows, "rows", equal, "within the bound that `inspect` prints")
    texts = [tuple(map(int, found)) for found in re.findall(r"golden/tokenizer/\S+ +(\d+) texts, +\d+ tokens, (\d+) texts differ", told)]
    row("tokenizer.json, vocab.txt", "tokenizers 0.23.3", len(texts), sum(each[0] for each in texts), "texts", sum(each[0] - each[1] for each in texts),
        "ids, not bits")
    return "\n".join(lines) + "\n"


def table(told):
    rows = collections.defaultdict(list)
    names = collections.defaultdict(set)
    for folder, family, models, values, equal, _, worst in LINE.findall(told):
        version = json.loads((ROOT / folder / "cases.json").read_text())["sklearn"]
        names[family] |= estimators_of(folder)[family]
        rows[family].append((version, int(models), int(values), float(equal), float(worst)))
    lines = ["| family | estimators | models (scikit-learn) | values compared | equal bits | largest difference, of max(1, abs(value)) |",
             "|---|---|---|---|---|---|"]
    for family in sorted(rows):
        each = sorted(rows[family])
        models = ", ".join(f"{count} ({version})" for version, count, *_ in each)
        values = sum(row[2] for row in each)
        equal = sum(row[2] * row[3] for row in each) / values if values else None
        worst = max(row[4] for row in each)
        exact = "labels only, all equal" if equal is None else "100 %" if worst == 0 else f"{equal:.1f} %"
        lines.append(f"| {family} | {', '.join(sorted(names[family]))} | {models} | {values:,} | {exact} | {'none' if worst == 0 else f'{worst:.1e}'} |")
    return "\n".join(lines) + "\n"


def main():
    page, told = PAGE.read_text(), tell(sys.argv[1])
    for (begin, end), made in ((FORMATS, formats(told)), (FAMILIES, table(told))):
        at = page.index(begin) + len(begin)
        page = page[:at] + made + page[page.index(end, at):]
    if "--check" not in sys.argv[2:]:
        PAGE.write_text(page)
    elif page != PAGE.read_text():
        sys.exit("docs/reference/models.md is not what the golden tests find: run tools/models_table.py " + sys.argv[1])


if __name__ == "__main__":
    main()
