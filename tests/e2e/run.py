#!/usr/bin/env python3
"""Runs a test of real clients in the environment that has them.

    tests/e2e/run.py ENVIRONMENT TEST SLIPWAY          ENVIRONMENT: a folder of .cache/, made by `tools/setup e2e`

Without the environment the test is skipped, which the last line says, with exit code 77.
SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


def main():
    environment, test, slipway = sys.argv[1:]
    python = ROOT / ".cache" / environment / "bin" / "python"
    if not (ROOT / ".cache" / environment / ".pins").exists():
        print(f"skipped: .cache/{environment} is not there (tools/setup e2e makes it)")
        return SKIPPED
    os.execv(python, [str(python), "-W", "ignore::ResourceWarning", test, slipway])


if __name__ == "__main__":
    sys.exit(main())
