"""Whether the engine that is chosen is the quickest: seals models A to J, which measures their engines, then times all of them.

    python3 bench/scoring/choice.py build/bench build/release/bin/slipway [A B ...]

Issue: no size at which the chosen engine takes more than 1.3 times as long per row as another of ours. Each figure is a median of
rotated real rows; the ratio is the median of ROUNDS runs, since a neighbour on the machine slows one engine of a run and not the next.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import json
import statistics
import subprocess
import sys
import tempfile

ROWS = {"A.json": "rows", "B.json": "rows", "C.txt": "rows", "D.txt": "rows", "E.joblib": "filled", "F.cbm": "categories", "F2.cbm": "rows",
        "I.joblib": "filled", "J.joblib": "filled"}
BATCHES = "1,8,32,64,128,1024,16384"
ROUNDS = 3
LIMIT = 1.3


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def ratios_of(slipway, name, rows, home):
    """Per batch size: of each round the chosen engine's time per row over the quickest other's, and who that was."""
    found = collections.defaultdict(list)
    for _ in range(ROUNDS):
        cells = collections.defaultdict(dict)
        for cell in json.loads(run(slipway, "bench", name, "--home", home, "--rows", rows, "--raw", "--batches", BATCHES,
                                   "--milliseconds", "60", "--json")):
            cells[cell["batch"]][cell["engine"]] = cell["ns_per_row"]
        for batch, engines in cells.items():
            chosen = engines.pop("auto")
            best = min(engines, key=engines.get)
            found[batch].append((chosen / engines[best], best))
    return found


def main():
    folder, slipway = sys.argv[1:3]
    over, cells = 0, 0
    for file, rows in ROWS.items():
        name = file.split(".")[0].lower()
        if sys.argv[3:] and name.upper() not in sys.argv[3:]:
            continue
        with tempfile.TemporaryDirectory() as home:
            run(slipway, "package", f"{folder}/{file}", "--name", name, "--home", home)
            for batch, seen in ratios_of(slipway, name, f"{folder}/{rows}.parquet", home).items():
                ratio = statistics.median(r for r, _ in seen)
                cells += 1
                over += ratio > LIMIT
                each = ", ".join(f"{r:.2f} {best}" for r, best in seen)
                print(f"{name.upper():3}{batch:6}  x{ratio:.2f}{' <- over' if ratio > LIMIT else ''}   ({each})", flush=True)
    print(f"{cells - over} of {cells} within {LIMIT}")


main()
