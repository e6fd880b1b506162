"""Scores a table and one of ten times its rows: the longer one takes no more memory at its peak.

    tests/e2e/score/peak_memory_test.py build/release/bin/slipway

Needs only the standard library.
SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SLIPWAY = None
ROOT = pathlib.Path(__file__).resolve().parents[3]
FLIGHTS = ROOT / "examples/flights"
ROWS = 200_000  # several row groups of what is read and of what is written: all that recurs has happened
# What malloc and DuckDB keep differs by one per cent from run to run, and the footers of longer Parquet files (1 to 2 KB for each column of
# each row group, read and written) add one to three per cent; anything that is kept of the rows comes on top.
ALLOWED = 1.06


def run(*arguments):
    """Runs slipway; gives its peak resident memory in MB."""
    process = subprocess.Popen([SLIPWAY, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise AssertionError(f"slipway {arguments[0]} ended with {process.returncode}")
    return usage.ru_maxrss / 1024


class PeakMemory(unittest.TestCase):
    def test_ten_times_the_rows_take_the_same_memory(self):
        with tempfile.TemporaryDirectory() as folder:
            peaks = [self.peak(pathlib.Path(folder), copies) for copies in (1, 10)]
        print(f"peak of {ROWS:,} rows {peaks[0]:.1f} MB, of {10 * ROWS:,} rows {peaks[1]:.1f} MB")
        self.assertLess(peaks[1], ALLOWED * peaks[0])

    def peak(self, folder, copies):
        rows, script = folder / "rows.parquet", folder / "rows.sql"
        known = FLIGHTS / "parity_rows.parquet"
        script.write_text(f"COPY (SELECT known.* FROM range({copies * ROWS // 1000}), '{known}' AS known) TO '{rows}' (FORMAT parquet);")
        run("data", "sql", script)
        return run("score", FLIGHTS / "model.txt", rows, "-o", folder / "scores.parquet")


if __name__ == "__main__":
    SLIPWAY = sys.argv.pop()
    unittest.main()
