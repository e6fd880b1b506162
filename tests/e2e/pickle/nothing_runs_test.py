"""Reads every hostile pickle under strace: no process is started, no socket opened, no file but the pickles themselves.

    tests/e2e/pickle/nothing_runs_test.py build/release/bin/pickle_fuzz      (the replayer of the corpus)

Needs strace (tools/setup e2e), otherwise only the standard library.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

READER = None
ROOT = pathlib.Path(__file__).resolve().parents[3]
CORPUS = ROOT / "tests/fuzz/pickle"
CANARY = pathlib.Path("/tmp/slipway-hacked")  # what the commands in hostile.py would leave behind
# What the dynamic loader and the C library open before main.
LOADER = re.compile(r"/etc/ld\.so\.(cache|preload)|.*\.so(\.[\d.]+)?|/proc/self/.*|/sys/(fs/cgroup|devices)/.*")
STARTS = re.compile(r"\b(execve|execveat|fork|vfork|clone|clone3)\(")


def calls_of(command):
    """The system calls that start processes, speak to a network or open files, as strace writes them."""
    with tempfile.NamedTemporaryFile("r") as log:
        watch = ["strace", "-f", "-qq", "-s", "4096", "-e", "trace=process,network,openat,open,creat,unlink,rename", "-o", log.name]
        done = subprocess.run(watch + command, capture_output=True, text=True, check=False)
        return done, log.read().splitlines()


def unexpected(calls, allowed_folder):
    """Every call that a reader of files in that folder has no business to make."""
    found = []
    for index, call in enumerate(calls):
        call = call.split(None, 1)[1]  # without the process id
        name = call.partition("(")[0]
        if STARTS.match(call):
            if not (name == "execve" and index == 0):  # its own start
                found.append(call)
        elif name in ("openat", "open"):
            path = re.search(r'"([^"]*)"', call)[1]
            inside = os.path.dirname(os.path.abspath(path)) == str(allowed_folder) or os.path.abspath(path) == str(allowed_folder)
            if not (inside or LOADER.fullmatch(path)) or "O_RDONLY" not in call:
                found.append(call)
        elif name not in ("exit_group", "exit", "wait4", "waitid", "+++", "---") and "+++" not in call and "---" not in call:
            found.append(call)
    return found


def may_trace():
    """Some sandboxes forbid tracing: then nothing can be watched, and the tests say so instead of passing."""
    return subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(may_trace(), "this machine forbids strace to trace a process")
class NothingRuns(unittest.TestCase):
    def test_the_watch_sees_what_it_is_for(self):
        _, calls = calls_of(["/bin/sh", "-c", "cat /etc/hostname; exit 0"])
        found = "\n".join(unexpected(calls, CORPUS))
        self.assertIn("/etc/hostname", found)
        self.assertRegex(found, "fork|clone|execve")

    def test_hostile_pickles_start_nothing_and_open_nothing(self):
        listed = json.loads((ROOT / "tests/golden/pickle/hostile.json").read_text())["cases"]
        done, calls = calls_of([str(READER), str(CORPUS)])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        text = "\n".join(calls)
        for case in listed:
            self.assertIn(case["file"], text)
        self.assertEqual(unexpected(calls, CORPUS), [])
        self.assertFalse(CANARY.exists())
        print(f"{len(listed)} hostile pickles read, {len(calls)} system calls watched")


if __name__ == "__main__":
    READER = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
