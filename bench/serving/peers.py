#!/usr/bin/env python3
"""slipway serve against servers in Python: requests per CPU-second of the same model and rows, on one core.

    bench/serving/peers.py build/bench/A.json [--build build/release] [--python .cache/peers-serving/bin/python] [--rounds 5]

One row a request (50 floats in one tensor, JSON), 16 kept-alive connections by wrk on the other core, no prediction log. The servers take
turns of two seconds; CPU time is the kernel's, of all of a server's processes. Then latency under a constant rate: wrk sends no
faster than answers come, so open-loop figures come from a pacer here that counts from when a request was due.
FastAPI with uvicorn (uvloop, httptools), one process; MLServer 1.7.1 with its XGBoost runtime, no parallel workers.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS = 50
FRONT = []  # of every command line


def take_the_cores():
    """From here on nobody else runs on a server's core or its client's while either has something to do."""
    FRONT[:] = ["chrt", "-r", "10"]


def body():
    data = [round(0.618034 * (i + 1) % 1 * 10 - 5, 4) for i in range(COLUMNS)]
    return json.dumps({"inputs": [{"name": "input-0", "shape": [1, COLUMNS], "datatype": "FP32", "data": data}]})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command_of(name, port, options, folder):
    """Of a server for options.model, named `bench`, on that port."""
    bin_ = options.python.parent
    if name == "slipway":
        return [options.build / "bin/slipway", "serve", f"bench={options.model}", "--port", port, "--threads", "1", "--log", "off"]
    if name == "fastapi":
        return [bin_ / "uvicorn", "fastapi_app:app", "--port", port, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    (folder / "settings.json").write_text(json.dumps({
        "http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "parallel_workers": 0, "debug": False}))
    (folder / "model-settings.json").write_text(json.dumps({
        "name": "bench", "implementation": "mlserver_xgboost.XGBoostModel", "parameters": {"uri": str(options.model)}}))
    return [bin_ / "mlserver", "start", folder]


class Server:
    """A server of its own process on a core of its own, once it answers."""

    def __init__(self, name, command, port, folder, model, core=0):
        self.name, self.port = name, port
        environment = dict(os.environ, MODEL=str(model), OMP_NUM_THREADS="1", PYTHONPATH=str(ROOT / "bench/serving"))
        log = open(folder / f"{name}.log", "wb")
        self.process = subprocess.Popen([*FRONT, "taskset", "-c", str(core), *map(str, command)], stdout=log, stderr=log, cwd=folder, env=environment)
        for _ in range(600):
            with contextlib.suppress(OSError):
                if self.ask():
                    return
            if self.process.poll() is not None:
                sys.exit(f"{name} did not start: {(folder / f'{name}.log').read_text()[-800:]}")
            time.sleep(0.1)
        sys.exit(f"{name} does not answer")

    def request(self):
        text = body()
        return (f"POST /v2/models/bench/infer HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(text)}\r\n\r\n{text}").encode()

    def ask(self):
        with socket.create_connection(("127.0.0.1", self.port)) as peer:
            peer.sendall(self.request())
            return b"200 OK" in peer.recv(65536)

    def processes(self):
        found, pending = [], [self.process.pid]
        while pending:
            pid = pending.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                pending += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found

    def cpu_seconds(self):
        total = 0
        for pid in self.processes():
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def script_of(folder):
    """Of wrk, for one row."""
    script = folder / "request.lua"
    script.write_text(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[{body()}]]\n')
    return script


def wrk(server, script, seconds=2, core=1):
    cpu = server.cpu_seconds()
    out = subprocess.run([*FRONT, "taskset", "-c", str(core), "wrk", "-t1", "-c16", f"-d{seconds}s", "-s", str(script),
                          f"http://127.0.0.1:{server.port}/v2/models/bench/infer"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        sys.exit(f"{server.name}: {out}")
    requests = int(re.search(r"(\d+) requests in", out)[1])
    return {"cpu_us": (server.cpu_seconds() - cpu) / requests * 1e6, "rps": requests / seconds}


def open_loop(server, rate, seconds=4, connections=16):
    """Microseconds from when each request was due to its answer."""
    os.sched_setaffinity(0, {1})
    request, selector, free, waits, due = server.request(), selectors.DefaultSelector(), [], [], {}
    for _ in range(connections):
        peer = socket.create_connection(("127.0.0.1", server.port))
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.setblocking(False)
        selector.register(peer, selectors.EVENT_READ)
        free.append(peer)
    begun, sent = time.perf_counter(), 0
    while sent < rate * seconds or due:
        now = time.perf_counter() - begun
        while free and sent < rate * seconds and sent / rate <= now:
            peer = free.pop()
            peer.send(request)
            due[peer] = sent / rate
            sent += 1
        for key, _ in selector.select(0):
            with contextlib.suppress(BlockingIOError):
                if b"\r\n\r\n" in key.fileobj.recv(65536):
                    waits.append((time.perf_counter() - begun - due.pop(key.fileobj)) * 1e6)
                    free.append(key.fileobj)
    selector.close()
    waits.sort()
    return {"p50_us": waits[len(waits) // 2], "p99_us": waits[len(waits) * 99 // 100]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--python", type=pathlib.Path, default=ROOT / ".cache/peers-serving/bin/python")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--real-time", action="store_true", help="servers and wrk in SCHED_RR: on a machine that others use, who wait meanwhile")
    options = parser.parse_args()
    if options.real_time:
        take_the_cores()
    options.model, options.build, options.python = options.model.resolve(), options.build.resolve(), options.python.absolute()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        script = script_of(folder)
        servers = []
        for each in ("slipway", "fastapi", "mlserver"):
            port = free_port()
            servers.append(Server(each, command_of(each, port, options, folder), port, folder, options.model))
        try:
            time.sleep(2)  # slipway times its engines first
            rounds = [[wrk(server, script) for server in servers] for _ in range(options.rounds)]
            own = statistics.median(r[0]["rps"] for r in rounds)
            for i, server in enumerate(servers):
                cpu = statistics.median(r[i]["cpu_us"] for r in rounds)
                rps = statistics.median(r[i]["rps"] for r in rounds)
                ratio = statistics.median(r[i]["cpu_us"] / r[0]["cpu_us"] for r in rounds)
                print(f"{server.name:9} {cpu:9.1f} us of CPU a request ({ratio:6.1f} times slipway's), {rps:8.0f} requests a second", flush=True)
            busy = 0.6 * min(own, 12_000)  # what the pacer can send
            for i, server in enumerate(servers):
                most = statistics.median(r[i]["rps"] for r in rounds)
                rate = busy if i == 0 else min(0.1 * busy, 0.5 * most)
                figures = open_loop(server, rate)
                print(f"{server.name:9} open loop, {rate:6.0f} requests a second: p50 {figures['p50_us']:8.0f} us, p99 {figures['p99_us']:8.0f} us", flush=True)
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    main()
