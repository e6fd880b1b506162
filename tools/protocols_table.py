#!/usr/bin/env python3
"""The table of docs/reference/protocols.md: which client's calls are answered, by the tests that show it.

    tools/protocols_table.py            writes it
    tools/protocols_table.py --check    fails if it is not what the tests say

A line is a test of tests/e2e that is marked `@serves(endpoint, client, what)`. The tests are read, not run: whether
they pass is for `make test` to say.
SPDX-License-Identifier: Apache-2.0
"""

import ast
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "protocols.md"
BEGIN, END = "<!-- from the tests: tools/protocols_table.py -->", "<!-- end -->"


def constants(module):
    """Names that a test file gives to strings."""
    return {
        node.targets[0].id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.targets[0], ast.Name)
    }


def lines_of(path):
    module = ast.parse(path.read_text(encoding="utf-8"))
    names = constants(module)
    for node in ast.walk(module):
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if not (isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "serves"):
                continue
            values = [each.value if isinstance(each, ast.Constant) else names[each.id] for each in mark.args]
            yield (*values, f"{path.relative_to(ROOT / 'tests' / 'e2e')}: {node.name}")


def table():
    found = [line for path in sorted((ROOT / "tests" / "e2e").rglob("*_test.py")) for line in lines_of(path)]
    rows = [f"| `{endpoint}` | {client} | {what} | `{test}` |" for endpoint, client, what, test in found]
    return "\n".join(["| endpoint | client | what passes | test |", "|---|---|---|---|", *rows])


def main():
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    made = f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"
    if "--check" in sys.argv[1:]:
        if made == page:
            return 0
        print(f"{PAGE.relative_to(ROOT)} is not what the tests say: run tools/protocols_table.py")
        return 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
