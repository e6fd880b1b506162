#!/usr/bin/env python3
"""Runs the console snippets of docs/tutorial, docs/guides and docs/concepts as a reader types them.

    tests/docs/run.py BINARY [PAGE...]

In a ```console block, `$` starts a command and `>` goes on with it; each other line must come out of that command as it is
written, and in that order; `...` stands for anything. A command must succeed, unless its block is ```console refused. The
commands of a page share a bash and an empty folder with a link to examples/; port 8080 becomes a free one, and what runs in
the background is stopped at the end.
SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ("tutorial", "guides", "concepts")
MARK = "\x01"


def steps_of(text):
    """A list of [line, command, may fail, lines that must come out]."""
    steps, block = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if block is None:
            block = line if line.startswith("```console") else None
        elif line.startswith("```"):
            block = None
        elif line.startswith("$ "):
            steps.append([number, line[2:], block.endswith("refused"), []])
        elif line.startswith("> ") and steps:
            steps[-1][1] += "\n" + line[2:]
        elif line.strip():
            steps[-1][3].append(line)
    return steps


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run(steps, binary, port):
    """What each command said, and its exit code."""
    script = "".join(f"{command.replace('8080', port)}\nprintf '{MARK}%d{MARK}' $?\n" for _, command, *_ in steps)
    script += "exec >/dev/null 2>&1\nkill $(jobs -p); wait\n"
    with tempfile.TemporaryDirectory(prefix="slipway-docs-") as folder:
        os.symlink(ROOT / "examples", pathlib.Path(folder) / "examples")
        environment = dict(os.environ, PATH=f"{binary.parent}:{os.environ['PATH']}", HOME=folder)
        done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=120, check=False, stdin=subprocess.DEVNULL)
    parts = done.stdout.replace(port, "8080").split(MARK)
    return list(zip(parts[0::2], map(int, parts[1::2])))


def problem_of(said, code, may_fail, expected):
    if (code != 0) != may_fail:
        return f"exit code {code}"
    pattern = ".*?".join(".*?".join(re.escape(part) for part in line.split("...")) for line in expected)
    return None if re.search(pattern, said, re.S) else "it does not say what the page says"


def check(page, binary):
    """The number of commands that did as the page says, and of those that did not."""
    steps, passed, failed = steps_of(page.read_text()), 0, 0
    results = run(steps, binary, free_port()) if steps else []
    for (number, command, may_fail, expected), (said, code) in zip(steps, results):
        problem = problem_of(said, code, may_fail, expected)
        passed, failed = passed + (not problem), failed + bool(problem)
        if problem:
            print(f"{page.relative_to(ROOT)}:{number}: {problem}\n    $ {command}\n    said: {said[-1500:]}")
    if len(results) < len(steps):
        print(f"{page.relative_to(ROOT)}: only {len(results)} of {len(steps)} commands ran")
    return passed, failed + len(steps) - len(results)


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    pages = [pathlib.Path(name).resolve() for name in sys.argv[2:]] or sorted(page for folder in PAGES for page in (ROOT / "docs" / folder).glob("*.md"))
    counts = [check(page, binary) for page in pages]
    passed, failed = sum(count[0] for count in counts), sum(count[1] for count in counts)
    print(f"{len(pages)} pages: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
