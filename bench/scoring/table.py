"""Prints the table of docs/performance.md from bench/results/scoring.json.

    python3 bench/scoring/table.py [bench/results/scoring.json]

SPDX-License-Identifier: Apache-2.0
"""
import json
import sys


def number(ns):
    return f"{ns / 1000:.1f} us" if ns >= 10_000 else f"{ns:.0f} ns"


def main():
    with open(sys.argv[1] if len(sys.argv) > 1 else "bench/results/scoring.json") as file:
        results = json.load(file)
    cells = results["cells"]
    batches = sorted({c["batch"] for c in cells})
    print("| model | contender | " + " | ".join(f"{b}" for b in batches) + " | equal to slipway |")
    print("|---|---|" + "---|" * (len(batches) + 1))
    for key in dict.fromkeys(c["model"] for c in cells):
        own = [c for c in cells if c["model"] == key]
        for contender in dict.fromkeys(c["contender"] for c in own):
            row, bits = [], ""
            for batch in batches:
                cell = next((c for c in own if c["contender"] == contender and c["batch"] == batch), None)
                if cell is None:
                    row.append("")
                elif contender == "slipway":
                    row.append(number(cell["ns_per_row"]))
                else:
                    row.append(f"{number(cell['ns_per_row'])} ({cell['ratio']:.1f}x)")
                    equal = cell.get("bits")
                    bits = f"{equal['rows_equal']:,} of {equal['rows']:,} rows" if equal else "not compared"
            version = next((c.get("version") for c in own if c["contender"] == contender and c.get("version")), "")
            print(f"| {key} | {contender} {version} | " + " | ".join(row) + f" | {bits} |")
    m = results["machine"]
    print(f"\n{m['cpu']}, {m['cores']} cores, Linux {m['kernel']}, load {m['load']:.1f} at the start.")


main()
