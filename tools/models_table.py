#!/usr/bin/env python3
"""Rewrites the table of docs/reference/models.md from what the golden tests find.

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
BEGIN, END = "<!-- made by tools/models_table.py -->\n", "<!-- end -->\n"
LINE = re.compile(r"(tests/golden/sklearn/\S+) (.+?) +(\d+) models, +(\d+) values, +([\d.]+) % equal bits, worst (\d+) ulp, (\S+)")


def estimators_of(folder):
    found = collections.defaultdict(set)
    for case in json.loads((ROOT / folder / "cases.json").read_text())["cases"]:
        found[case["family"]].add(case["estimator"])
    return found


def table(binary):
    ran = subprocess.run([binary, "--gtest_filter=SklearnGolden.AnswersAreScikitLearnsOwn"], cwd=ROOT, capture_output=True, text=True,
                         check=False)
    if ran.returncode != 0:
        sys.exit("the golden test fails: " + ran.stdout[-500:])
    rows = collections.defaultdict(list)
    names = collections.defaultdict(set)
    for folder, family, models, values, equal, _, worst in LINE.findall(ran.stdout):
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
    page = PAGE.read_text()
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    made = table(sys.argv[1])
    if "--check" in sys.argv[2:]:
        if page[begin:end] != made:
            sys.exit("docs/reference/models.md is not what the golden tests find: run tools/models_table.py " + sys.argv[1])
        return
    PAGE.write_text(page[:begin] + made + page[end:])


if __name__ == "__main__":
    main()
