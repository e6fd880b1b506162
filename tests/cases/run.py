#!/usr/bin/env python3
"""Runs tests/cases/*.case: commands as a user types them, and what must come of them.

    tests/cases/run.py BINARY [CASE...]

A case file reads like a terminal session. `#` starts a comment, `$` a command (bash, in an empty folder of its own, `slipway`
on the PATH, $FLIGHTS = examples/flights, $GOLDEN = tests/golden); the lines under a command say what must hold:

    exit N          its exit code (0 if not said)
    out TEXT        stdout contains TEXT
    err TEXT        stderr contains TEXT
    not TEXT        neither contains TEXT
    files A B       exactly these files are in the folder (hidden ones too)

A command may go on in lines that start with `>`. Cases of a file share its folder and run in order.
SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import subprocess
import sys
import tempfile
import functools
import os

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@functools.lru_cache
def own_mounts():
    """The command that gives what follows its own mounts: by a user namespace, which a chroot forbids, else as root."""
    as_user = ["unshare", "--mount", "--map-root-user"]
    allowed = subprocess.run(as_user + ["true"], capture_output=True, check=False).returncode == 0
    return " ".join(as_user if allowed else ["unshare", "--mount", "--propagation", "unchanged"])


def read_case(path):
    """A list of (line number, command, expectations)."""
    steps = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("$ "):
            steps.append((number, line[2:], []))
        elif line.startswith("> ") and steps:
            steps[-1] = (steps[-1][0], steps[-1][1] + "\n" + line[2:], steps[-1][2])
        elif line.strip() and not line.startswith("#"):
            word, _, rest = line.strip().partition(" ")
            if word not in ("exit", "out", "err", "not", "files") or not steps:
                sys.exit(f"{path.name}:{number}: cannot read '{line}'")
            steps[-1][2].append((number, word, rest))
    return steps


def problems_of(result, expectations, folder):
    """What does not hold, as (line, text)."""
    expected_exit = 0
    for number, word, text in expectations:
        if word == "exit":
            expected_exit = int(text)
        elif word == "out" and text not in result.stdout:
            yield number, f"stdout lacks '{text}'"
        elif word == "err" and text not in result.stderr:
            yield number, f"stderr lacks '{text}'"
        elif word == "not" and text in result.stdout + result.stderr:
            yield number, f"'{text}' was said"
        elif word == "files":
            found = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
            if found != sorted(text.split()):
                yield number, f"files are {found}"
    if result.returncode != expected_exit:
        yield 0, f"exit code {result.returncode}, expected {expected_exit}"


def run_case(path, binary):
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="slipway-case-") as name:
        folder = pathlib.Path(name)
        environment = dict(os.environ, PATH=f"{binary.parent}:{os.environ['PATH']}", FLIGHTS=str(ROOT / "examples/flights"),
                           OWN_MOUNTS=own_mounts(),
                           GOLDEN=str(ROOT / "tests/golden"), HOME=name)
        for number, command, expectations in read_case(path):
            result = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True,
                                    errors="replace", timeout=120, check=False, stdin=subprocess.DEVNULL)
            wrong = list(problems_of(result, expectations, folder))
            passed, failed = passed + (not wrong), failed + bool(wrong)
            for line, text in wrong:
                print(f"{path.name}:{line or number}: {text}\n    $ {command}\n    stdout: {result.stdout[-800:]}\n"
                      f"    stderr: {result.stderr[-800:]}")
    return passed, failed


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    names = [pathlib.Path(name) for name in sys.argv[2:]] or sorted(HERE.glob("*.case"))
    total = [0, 0]
    for path in names:
        for i, count in enumerate(run_case(path, binary)):
            total[i] += count
    print(f"{total[0]} passed, {total[1]} failed")
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
