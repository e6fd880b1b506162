#!/usr/bin/env python3
"""slipway serve against the least that a server can do (epoll_floor.cc), on this machine.

    bench/net/compare.py                          10 interleaved pairs, 8 and 64 connections (needs wrk)
    bench/net/compare.py --count                  instructions and system calls per request (needs valgrind, strace)
    bench/net/compare.py --build build/release --pairs 20 --seconds 2

Each server is pinned to one core and wrk to another. The two alternate in short windows and each pair gives one ratio:
a machine that others use changes speed from second to second, but little within a pair. Printed: the median ratio and
its quartiles, then the medians of the figures themselves. Instructions and system calls are differences between two
request counts on one connection, so start-up cancels out; they do not depend on the machine's load.

The request is 20 numbers by position to a regression model of one small tree, so that the model's own cost is next to
nothing; predictions are not logged.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS = 20


def model_text():
    names = " ".join(f"x{i}" for i in range(COLUMNS))
    infos = " ".join("[-9:9]" for _ in range(COLUMNS))
    return (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        f"max_feature_idx={COLUMNS - 1}\nobjective=regression\nfeature_names={names}\nfeature_infos={infos}\n"
        "tree_sizes=1\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=3\nthreshold=0.5\ndecision_type=10\n"
        "left_child=-1\nright_child=-2\nleaf_value=0.25 0.75\nshrinkage=1\n\nend of trees\n"
    )


def body():
    data = [round(0.618034 * (i + 1) % 1 * 10 - 5, 6) for i in range(COLUMNS)]
    tensor = {"name": "input-0", "shape": [1, COLUMNS], "datatype": "FP64", "data": data}
    return json.dumps({"inputs": [tensor]}, separators=(",", ":"))


def request_bytes():
    text = body()
    return (
        "POST /v2/models/bench/infer HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: compare\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
    ).encode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One of the two, running; `before` goes in front of its command line (taskset, valgrind, strace)."""

    def __init__(self, name, build, folder, before=()):
        self.name = name
        self.port = free_port()
        binary = str(build / "bin" / ("slipway" if name == "slipway" else "epoll_floor"))
        model = folder / "bench.txt"
        model.write_text(model_text())
        serve = ["serve", str(model), "--port", str(self.port), "--threads", "1", "--log", "off", "--engine", "linked"]
        command = [*before, binary, *(serve if name == "slipway" else [str(self.port)])]
        log = open(folder / f"{name}.log", "ab")
        self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        self.await_start()

    def await_start(self):
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            if self.process.poll() is not None:
                sys.exit(f"{self.name} did not start: see its log")
            time.sleep(0.1)
        sys.exit(f"{self.name} does not answer")

    def ask(self, times):
        """So many requests on one connection."""
        data = request_bytes()
        with socket.create_connection(("127.0.0.1", self.port)) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(times):
                peer.sendall(data)
                answer = peer.recv(65536)
                if b" 200 OK" not in answer:
                    sys.exit(f"{self.name} answered {answer!r}")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wrk(server, script, connections, seconds):
    cpu = server.cpu_seconds()
    out = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script),
         f"http://127.0.0.1:{server.port}/v2/models/bench/infer"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in out:
        sys.exit(f"{server.name}: {out}")
    requests = int(re.search(r"(\d+) requests in", out)[1])

    def latency(percent):
        value, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]

    return {
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
        "cpu_us": (server.cpu_seconds() - cpu) / requests * 1e6,
        "p50_us": latency(50),
        "p99_us": latency(99),
    }


def compare(options, folder):
    script = folder / "request.lua"
    script.write_text(
        'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n' f"wrk.body = [[{body()}]]\n"
    )
    servers = [Server(name, options.build, folder, ["taskset", "-c", "0"]) for name in ("epoll_floor", "slipway")]
    try:
        for connections in options.connections:
            pairs = []
            for _ in range(options.pairs):
                pairs.append([wrk(server, script, connections, options.seconds) for server in servers])
            print(f"{connections} connections, {options.pairs} pairs: slipway / floor, median [quartiles]; medians")
            for figure in pairs[0][0]:
                ratios = [ours[figure] / floor[figure] for floor, ours in pairs]
                low, middle, high = statistics.quantiles(ratios, n=4)
                floors = statistics.median(floor[figure] for floor, _ in pairs)
                ours = statistics.median(ours[figure] for _, ours in pairs)
                print(f"  {figure:7} {middle:5.2f} [{low:.2f} - {high:.2f}]   {ours:10.1f} / {floors:.1f}")
    finally:
        for server in servers:
            server.stop()


def instructions(name, options, folder, times):
    out = folder / "callgrind.out"
    server = Server(name, options.build, folder, ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"])
    server.ask(times)
    server.stop()
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)[1])


def system_calls(name, options, folder, times):
    out = folder / "strace.out"
    server = Server(name, options.build, folder, ["strace", "-f", "-c", "-o", str(out)])
    server.ask(times)
    tracee = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    os.kill(int(tracee[0]), 15)
    server.process.wait()
    counts = {}
    for line in out.read_text().splitlines():
        fields = line.split()
        if len(fields) >= 5 and fields[3].isdigit() and fields[-1] != "total":
            counts[fields[-1]] = int(fields[3])
    return counts


def count(options, folder):
    few, many = 200, 2200
    for name in ("epoll_floor", "slipway"):
        per_request = (instructions(name, options, folder, many) - instructions(name, options, folder, few)) / (many - few)
        before, after = system_calls(name, options, folder, few), system_calls(name, options, folder, many)
        calls = {call: (after[call] - before.get(call, 0)) / (many - few) for call in after}
        shown = ", ".join(f"{call} {each:.3f}" for call, each in sorted(calls.items()) if abs(each) >= 0.01)
        print(f"{name}: {per_request:.0f} user instructions per request; system calls: {shown}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--connections", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--count", action="store_true", help="instructions and system calls instead of time")
    options = parser.parse_args()
    options.build = options.build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        (count if options.count else compare)(options, pathlib.Path(folder))


if __name__ == "__main__":
    main()
