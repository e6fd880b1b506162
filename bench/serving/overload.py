#!/usr/bin/env python3
"""What `slipway serve` does with more than it can answer: five times its capacity, then again what it can.

    ninja -C build/release pacer && bench/serving/overload.py [--build build/release] [--in-flight 3] [--times 5] [--seconds 5]

Requests of some 1 ms are made here, so that refusing costs little beside answering. Requests are due at
random times (Poisson) whatever the answers; each latency counts from when its request was due. Printed: latencies at 30 % of the capacity, those of
what is answered and of what is refused under overload, the growth of memory, and how soon after the overload all is answered again.
Server and pacer have a core each; with --real-time no other process is let in between (as root, on a machine that others use; Linux takes
0.05 s of each second from such processes, so with --seconds 0.45). --grpc: the same as ModelInfer with raw contents, a call a connection at a time.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

import native_peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS, LEAVES, ROWS = 20, 64, 6
DATA = b",".join(b"%.3f" % (i / 7 % 3) for i in range(ROWS * COLUMNS))
BODY = b'{"inputs":[{"name":"input-0","shape":[%d,%d],"datatype":"FP64","data":[%s]}]}' % (ROWS, COLUMNS, DATA)
REQUEST = b"POST /v2/models/heavy/infer HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


def message():
    """The same rows as a ModelInferRequest, framed for gRPC."""
    shape = b"".join(map(native_peers.varint, (ROWS, COLUMNS)))
    described = native_peers.field(1, b"input-0") + native_peers.field(2, b"FP64") + native_peers.field(3, shape)
    raw = struct.pack(f"<{ROWS * COLUMNS}d", *map(float, DATA.split(b",")))
    bytes_ = native_peers.field(1, b"heavy") + native_peers.field(5, described) + native_peers.field(7, raw)
    return struct.pack(">BI", 0, len(bytes_)) + bytes_


def forest(trees, seed=7):
    """Regression trees that grow leaf by leaf at random, as LightGBM's text."""
    draw = random.Random(seed)
    names = " ".join(f"x{i}" for i in range(COLUMNS))
    head = (f"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={COLUMNS - 1}\nobjective=regression\n"
            f"feature_names={names}\nfeature_infos={' '.join(['[-9:9]'] * COLUMNS)}\ntree_sizes=1\n\n")
    parts = [head]
    for tree in range(trees):
        left, right, slots = [], [], [(None, 0)]
        for split in range(LEAVES - 1):
            parent, side = slots.pop(draw.randrange(len(slots)))
            if parent is not None:
                (left if side == 0 else right)[parent] = split
            left.append(0)
            right.append(0)
            slots += [(split, 0), (split, 1)]
        for leaf, (parent, side) in enumerate(slots):
            (left if side == 0 else right)[parent] = ~leaf
        features = " ".join(str(draw.randrange(COLUMNS)) for _ in left)
        cuts = " ".join(f"{draw.random() * 3:.4f}" for _ in left)
        leaves = " ".join(f"{draw.uniform(-1, 1):.5f}" for _ in range(LEAVES))
        parts.append(f"Tree={tree}\nnum_leaves={LEAVES}\nnum_cat=0\nsplit_feature={features}\nthreshold={cuts}\ndecision_type={' '.join(['2'] * len(left))}\n"
                     f"left_child={' '.join(map(str, left))}\nright_child={' '.join(map(str, right))}\nleaf_value={leaves}\nshrinkage=1\n\n")
    return "".join(parts) + "end of trees\n"


class Server:
    """`slipway serve` of one thread on core 0."""

    def __init__(self, build, folder, *options, models=("heavy.txt",)):
        for model in models:
            (folder / model).write_text(forest(4000))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = ["taskset", "-c", "0", str(build / "bin/slipway"), "serve", *models, "--port", str(self.port), "--threads", "1", "--log", "off",
                   "--engine", "linked", *options]
        self.process = subprocess.Popen(command, cwd=folder, stderr=open(folder / "serve.log", "wb"))
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.1)
        sys.exit((folder / "serve.log").read_text())

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def stop(self):
        self.process.terminate()
        self.process.wait()


def capacity_of(server):
    """Requests a second, one behind the other on one connection, without the wait between them."""
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        count = 400
        sending = threading.Thread(target=peer.sendall, args=(REQUEST * count,))
        sending.start()
        begun, done, tail = time.perf_counter(), 0, b""
        while done < count:
            tail = tail[-11:] + peer.recv(1 << 20)
            done += tail.count(b"HTTP/1.1 200")
        return count / (time.perf_counter() - begun)


FIGURES = ("count", "p50_ms", "p99_ms", "max_ms", "last_due_s")


def median_of(rounds, status):
    found = [each[status] for each in rounds if status in each]
    return {name: statistics.median(each[name] for each in found) if found else 0 for name in FIGURES}


def tell(what, rounds, refused):
    for status in ("200", refused):
        found = median_of(rounds, status)
        print(f"{what:24} {status}: {found['count']:7.0f} requests, p50 {found['p50_ms']:7.2f} ms, p99 {found['p99_ms']:7.2f} ms, max {found['max_ms']:7.2f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--in-flight", type=int, default=3)
    parser.add_argument("--times", type=float, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--real-time", action="store_true")
    parser.add_argument("--grpc", action="store_true")
    options = parser.parse_args()
    if options.real_time:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))  # what is started from here on inherits it
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        build = options.build.resolve()
        (folder / "request").write_bytes(message() if options.grpc else REQUEST)
        refused = "error" if options.grpc else "503"
        server = Server(build, folder, "--max-in-flight", "0")
        capacity = capacity_of(server)
        server.stop()
        server = Server(build, folder, "--max-in-flight", str(options.in_flight))
        try:
            print(f"capacity: {capacity:.0f} requests a second; --max-in-flight {options.in_flight}")
            calm, crowd = f"{0.3 * capacity}:{options.seconds}", f"{options.times * capacity}:{options.seconds}"
            before, rounds = server.resident_kib(), []
            for _ in range(options.rounds):
                command = [build / "bin/pacer", *(["--grpc"] if options.grpc else []), str(server.port), "request", calm, "0:1", crowd, calm]
                out = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
                rounds.append(list(map(json.loads, out.splitlines())))
                time.sleep(1)
            first, second, third = zip(*rounds)
            tell("30 % of it", first, refused)
            tell(f"{options.times:g} times it", second, refused)
            tell("30 % of it again", third, refused)
            ratio = statistics.median(b["200"]["p99_ms"] / a["200"]["p99_ms"] for a, b in zip(first, second))
            print(f"answered under overload: p99 {ratio:.1f} times that without; {second[0]['connections']} connections; memory {server.resident_kib() - before:+} KiB; "
                  f"last refused {median_of(third, refused)['last_due_s']:.2f} s after the overload")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
