#!/usr/bin/env python3
"""A model that is replaced ten times a second while it is asked: failed requests, and p99 beside that without.

    ninja -C build/release pacer && bench/serving/swap.py [--build build/release] [--rate 2000] [--seconds 60]

Requests are due at random times whatever the answers (pacer.cc, on a core of its own; server, loader and who asks for the swaps share the
other one). Windows with and without swaps alternate, so that both see the same machine. At last
SIGTERM, under the same load: every request that was taken must be answered. (That no answer mixes two models: tests/e2e/rest/swap_test.py.)

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

import overload

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load(port):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v2/repository/models/heavy/load", data=b"{}", method="POST")
    with urllib.request.urlopen(request) as reply:
        assert reply.status == 200, reply.status


class Swapper:
    """Another model each 100 ms, for as long as its `with` lasts."""

    def __init__(self, port, model, texts):
        self.port, self.model, self.texts, self.done, self.count = port, model, texts, threading.Event(), 0

    def run(self):
        # This thread is not what is measured: it shares the server's core, and gives way there.
        os.sched_setaffinity(0, {0})
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        while not self.done.wait(0.1):
            self.count += 1
            fresh = self.model.with_suffix(".new")
            shutil.copyfile(self.texts[self.count % 2], fresh)
            os.rename(fresh, self.model)
            load(self.port)

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--window", type=float, default=5, help="seconds")
    options = parser.parse_args()
    build = options.build.resolve()
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        texts = [folder / f"{seed}.txt" for seed in (1, 2)]
        for seed, text in enumerate(texts, 1):
            text.write_text(overload.forest(100, seed))
        model = folder / "models/heavy/1/model.txt"
        model.parent.mkdir(parents=True)
        shutil.copyfile(texts[0], model)
        (folder / "request").write_bytes(overload.REQUEST)
        server = overload.Server(build, folder, "--repository", "models", "--model-control", "explicit", models=())
        load(server.port)

        def ask(seconds):
            command = [build / "bin/pacer", str(server.port), "request", f"{options.rate}:{seconds}"]
            return json.loads(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout)

        pairs, swaps, failed = [], 0, 0
        for _ in range(max(1, int(options.seconds / options.window))):
            still = ask(options.window)
            with Swapper(server.port, model, texts) as swapper:
                moving = ask(options.window)
            swaps += swapper.count
            failed += sum(found["count"] for status, found in moving.items() if status.isdigit() and status != "200")
            pairs.append((still["200"], moving["200"]))
        asked = sum(moving["count"] for _, moving in pairs)
        p99 = [statistics.median(each[i]["p99_ms"] for each in pairs) for i in (0, 1)]
        ratio = statistics.median(moving["p99_ms"] / still["p99_ms"] for still, moving in pairs)
        print(f"{swaps} swaps, {asked} requests, {failed} failed; p99 {p99[0]:.3f} ms without, {p99[1]:.3f} ms with swaps: {ratio:.2f} times")
        threading.Timer(1.0, lambda: server.process.send_signal(signal.SIGTERM)).start()
        begun = time.monotonic()
        last = subprocess.run([build / "bin/pacer", str(server.port), "request", f"{options.rate}:3"], cwd=folder, capture_output=True, text=True, check=False)
        print(f"SIGTERM under load: {last.stdout.strip()} {last.stderr.strip()}; exit {server.process.wait()} after {time.monotonic() - begun - 1:.2f} s")


if __name__ == "__main__":
    main()
