#!/usr/bin/env python3
"""slipway serve against servers in C and C++ around the same engine: async grpc++ and libevhtp (Triton's front end), on one core.

    tools/setup peers && cmake --preset release && ninja -C build/release slipway grpc_peer evhtp_peer pacer
    bench/serving/native_peers.py build/bench/A.json [--build build/release] [--rounds 9] [--seconds 2] [--json]

One row a request (peers.py's 50 floats), no prediction log. The server is pinned to core 0 and its client to core 1 (--cores 0,1), servers take turns
in windows of two seconds, and each round gives one ratio; printed are medians. CPU time is the kernel's, of all threads of a server.

    gRPC   ModelInfer with raw contents by h2load, 8 connections of 8 streams: slipway serve, grpc_peer.cc
    HTTP   JSON by wrk, 16 kept-alive connections: slipway serve, evhtp_peer.cc
    then   both in an open loop by pacer.cc (a latency counts from when its request was due, whatever was answered; a call a connection at a time; what opens connections is not
           counted): slipway at 60 % of what it answers over 16 connections with a call at a time each, the peer at a tenth of that rate and at 60 % of its own. "steady": requests are due the same time apart, as wrk2's;
           "random": at random times (Poisson), so that a server that is busy 60 % of the time has queues of its own

    --count  instead of all that: user instructions per request (valgrind's callgrind), which do not depend on the machine's load

First all must give the same bits for the request, in JSON and in gRPC. The peers score by slipway's C interface (edge_runtime) where they stand: no
metrics, no admission, no statistics, no request ids, no check beyond shape, one model, one route. That flatters them.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import pathlib
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import peers

PATH = "/inference.GRPCInferenceService/ModelInfer"
OPENING_SECONDS = 0.05  # four times before the first window, at growing rates, in which connections are opened: not counted
PACED_SECONDS, PACED_WINDOWS = 0.1, 5  # short ones: the machine stands still now and then. In SCHED_RR a core is taken away from who has kept it for 0.95 s of one
CONNECTIONS = 256  # that the pacer opens at most
GRPC_HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def grpc_body():
    """peers.body() as a ModelInferRequest with raw contents, framed for gRPC."""
    tensor = json.loads(peers.body())["inputs"][0]
    shape = b"".join(map(varint, tensor["shape"]))
    described = field(1, tensor["name"].encode()) + field(2, tensor["datatype"].encode()) + field(3, shape)
    raw = struct.pack(f"<{len(tensor['data'])}f", *tensor["data"])
    message = field(1, b"bench") + field(5, described) + field(7, raw)
    return struct.pack(">BI", 0, len(message)) + message


def fields_of(message):
    """(number, value) of each field; the reply has varints and lengths only."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = number()
        value = number()
        if key & 7 == 2:
            value, at = message[at:at + value], at + value
        yield key >> 3, value


def pacer(server, arrivals, rate, options, *arguments):
    """Answers of each window."""
    if options.real_time:
        time.sleep(0.3)
    phases = [f"{share * rate}:{OPENING_SECONDS}" for share in (0.1, 0.4, 0.7, 1)] + [f"{rate}:{PACED_SECONDS}"] * PACED_WINDOWS
    ran = subprocess.run([*peers.FRONT, "taskset", "-c", str(options.cores[1]), options.build / "bin/pacer", "--connections", str(CONNECTIONS),
                          *(["--steady"] if arrivals == "steady" else []), *arguments, *phases], capture_output=True, text=True, check=False)
    windows = [json.loads(line) for line in ran.stdout.splitlines()[-PACED_WINDOWS:]] if ran.returncode == 0 else []
    if not windows or any(set(each) != {"rate", "connections", "200"} for each in windows):
        sys.exit(f"{server.name} cannot answer {rate:.0f} requests a second now (--most says fewer): {ran.stdout}{ran.stderr}")
    return [each["200"] for each in windows]


class Rest:
    """Open Inference Protocol's JSON."""
    name = "http"

    def __init__(self, folder):
        self.script, self.request = peers.script_of(folder), folder / "request"

    def answers(self, server):
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            peer.sendall(server.request())
            text = peer.recv(65536).partition(b"\r\n\r\n")[2]
        outputs = {each["name"]: each["data"] for each in json.loads(text)["outputs"]}
        return outputs["predict"], struct.pack(f"<{len(outputs['predict_proba'])}f", *outputs["predict_proba"])

    def ask(self, server, times):
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            for _ in range(times):
                peer.sendall(server.request())
                if b"200 OK" not in peer.recv(65536):
                    sys.exit(f"{server.name} answers no 200")

    def window(self, server, options):
        return peers.wrk(server, self.script, options.seconds, options.cores[1])

    def lone_rps(self, server, options):
        return self.window(server, options)["rps"]

    def paced(self, server, arrivals, rate, options):
        self.request.write_bytes(server.request())
        return pacer(server, arrivals, rate, options, str(server.port), self.request)


class Grpc:
    """ModelInfer with raw contents over HTTP/2 without TLS."""
    name = "grpc"

    def __init__(self, folder):
        self.body, self.reply_size = folder / "request.grpc", {}
        self.body.write_bytes(grpc_body())

    def answers(self, server):
        reply = subprocess.run(["nghttp", "-H", ":method: POST", *GRPC_HEADERS, "-d", self.body, f"http://127.0.0.1:{server.port}{PATH}"],
                               capture_output=True, check=True).stdout
        if len(reply) < 5:
            sys.exit(f"{server.name} answers nothing to {PATH}")
        self.reply_size[server] = len(reply)
        message = list(fields_of(reply[5:]))
        names = [dict(fields_of(value))[1].decode() for number, value in message if number == 5]
        raw = dict(zip(names, [value for number, value in message if number == 6]))
        labels, texts = [], raw["predict"]
        while texts:
            size = struct.unpack_from("<I", texts)[0]
            labels.append(texts[4:4 + size].decode())
            texts = texts[4 + size:]
        return labels, raw["predict_proba"]

    def h2load(self, server, *options, shape=("-c8", "-m8")):
        return subprocess.run([*peers.FRONT, *options, *shape, *GRPC_HEADERS, "-d", self.body, f"http://127.0.0.1:{server.port}{PATH}"],
                              capture_output=True, text=True, check=True).stdout

    def ask(self, server, times):
        out = self.h2load(server, "h2load", "-n", str(times))
        if f" {times} succeeded" not in out:
            sys.exit(f"{server.name}: {out}")

    def window(self, server, options, **shape):
        cpu = server.cpu_seconds()
        out = self.h2load(server, "taskset", "-c", str(options.cores[1]), "h2load", "-D", str(options.seconds), **shape)
        cpu = server.cpu_seconds() - cpu
        done, failed = int(re.search(r"(\d+) succeeded", out)[1]), int(re.search(r"(\d+) failed", out)[1])
        data = int(re.search(r"\((\d+)\) data", out)[1])
        # An error of gRPC has status 200, too, and no message.
        if failed or not 0 <= data - done * self.reply_size[server] <= 64 * self.reply_size[server]:
            sys.exit(f"{server.name}: {failed} failed, {data} bytes for {done} answers of {self.reply_size[server]}:\n{out}")
        return {"cpu_us": cpu / done * 1e6, "rps": done / options.seconds}

    def lone_rps(self, server, options):
        return self.window(server, options, shape=("-c16", "-m1"))["rps"]

    def paced(self, server, arrivals, rate, options):
        return pacer(server, arrivals, rate, options, "--grpc", str(server.port), self.body)


class Listening(peers.Server):
    """One that speaks no HTTP/1.1."""

    def ask(self):
        socket.create_connection(("127.0.0.1", self.port)).close()
        return True


def start(name, options, folder, before=()):
    """A server; `before` goes in front of its command line."""
    port = peers.free_port()
    if name == "slipway":
        command = peers.command_of("slipway", port, options, folder) + (["--engine", "heap"] if options.count else [])
    else:
        command = [options.build / "bin" / {"grpc++": "grpc_peer", "evhtp": "evhtp_peer"}[name], options.model, port]
    kind = Listening if name == "grpc++" else peers.Server
    return kind(name, [*before, *command], port, folder, options.model, options.cores[0])


def check_answers(asked):
    found = {(protocol.name, server.name): protocol.answers(server) for protocol, servers in asked for server in servers}
    if len({(tuple(labels), bits) for labels, bits in found.values()}) != 1:
        sys.exit("the answers differ:\n" + "\n".join(f"  {' '.join(key)}: {labels} {bits.hex()}" for key, (labels, bits) in found.items()))
    return next(iter(found.values()))[1].hex()


def compare(protocol, servers, options):
    """Of slipway and one peer."""
    rounds = [[protocol.window(server, options) for server in servers] for _ in range(options.rounds)]
    figures = {server.name: {key: statistics.median(r[i][key] for r in rounds) for key in ("cpu_us", "rps")} for i, server in enumerate(servers)}
    return {"protocol": protocol.name, "servers": figures, "rps_ratio": statistics.median(own["rps"] / peer["rps"] for own, peer in rounds),
            "cpu_ratio": statistics.median(peer["cpu_us"] / own["cpu_us"] for own, peer in rounds)}


def loads_of(protocol, servers, options):
    """(protocol, server, arrivals, rate) of the open loops."""
    slipway, peer = servers
    own, other = (0.6 * min(options.most, statistics.median(protocol.lone_rps(server, options) for _ in range(options.rounds))) for server in servers)
    rates = ((slipway, own), (peer, 0.1 * own), (peer, other))
    return [(protocol, server, arrivals, rate) for arrivals in ("steady", "random") for server, rate in rates]


def open_loop(loads, options):
    """Latencies, in turn; medians over all windows, of the p99 the quartiles, too. "to_first": its p99 to that of the first of the three, in the same round."""
    rounds = [[protocol.paced(server, arrivals, rate, options) for protocol, server, arrivals, rate in loads] for _ in range(options.rounds)]
    results = []
    for i, (protocol, server, arrivals, rate) in enumerate(loads):
        p50, p99 = ([1e3 * window[key] for r in rounds for window in r[i]] for key in ("p50_ms", "p99_ms"))
        of_round = [[statistics.median(window["p99_ms"] for window in r[at]) for r in rounds] for at in (i, i - i % 3)]
        results.append({"protocol": protocol.name, "server": server.name, "arrivals": arrivals, "rate": rate,
                        "p50_us": statistics.median(p50), "p99_us": statistics.median(p99), "p99_quartiles_us": statistics.quantiles(p99, n=4)[::2],
                        "to_first": statistics.median(own / first for own, first in zip(*of_round))})
    return results


def instructions(name, protocol, times, options, folder):
    out = folder / "callgrind.out"
    server = start(name, options, folder, ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"])
    protocol.ask(server, times)
    server.stop()
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)[1])


def count(options, folder, few=500, many=2500):
    """Differences between two numbers of requests: what starting takes cancels out. slipway gets the engine that the peers' C interface takes
    under valgrind, whose CPU has no AVX-512: a choice by time would not cancel out."""
    results = []
    for protocol, peer in ((Grpc(folder), "grpc++"), (Rest(folder), "evhtp")):
        own, other = [(instructions(name, protocol, many, options, folder) - instructions(name, protocol, few, options, folder)) / (many - few)
                      for name in ("slipway", peer)]
        results.append({"protocol": protocol.name, "instructions": {"slipway": own, peer: other}, "ratio": other / own})
        if not options.json:
            print(f"{protocol.name:5}user instructions a request: slipway {own:8.0f}, {peer} {other:8.0f} ({other / own:.2f} times)", flush=True)
    return results


def tell(results):
    print(f"the same bits from all: predict_proba {results['bits']}")
    for each in results["closed_loop"]:
        for name, figures in each["servers"].items():
            print(f"{each['protocol']:5}{name:9} {figures['cpu_us']:7.2f} us of CPU a request, {figures['rps']:8.0f} requests a second")
        print(f"{each['protocol']:5}slipway answers {each['rps_ratio']:.2f} times the requests a second; the peer takes {each['cpu_ratio']:.2f} times the CPU")
    for each in results["open_loop"]:
        low, high = each["p99_quartiles_us"]
        print(f"{each['protocol']:5}open loop {each['server']:9} {each['rate']:7.0f} requests a second, {each['arrivals']}: p50 {each['p50_us']:5.0f} us, "
              f"p99 {each['p99_us']:5.0f} us [{low:.0f} {high:.0f}], {each['to_first']:.2f} times slipway's")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=peers.ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=2, help="of each window")
    parser.add_argument("--cores", type=lambda text: [int(each) for each in text.split(",")], default=[0, 1], metavar="SERVER,CLIENT")
    parser.add_argument("--most", type=float, default=200_000, help="requests a second of the pacer: no more than 0.6 of it are sent")
    parser.add_argument("--count", action="store_true", help="instructions instead of time")
    parser.add_argument("--real-time", action="store_true", help="servers and clients in SCHED_RR: on a machine that others use, who wait meanwhile")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    options = parser.parse_args()
    options.model, options.build = options.model.resolve(), options.build.resolve()
    options.python = pathlib.Path(sys.executable)
    if options.real_time:
        peers.take_the_cores()
    return options


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as name:
        folder, servers = pathlib.Path(name), []
        if options.count:
            results = count(options, folder)
            return print(json.dumps(results, indent=1)) if options.json else None
        try:
            for each in ("slipway", "grpc++", "evhtp"):
                servers.append(start(each, options, folder))
            slipway, grpc, evhtp = servers
            asked = [(Grpc(folder), (slipway, grpc)), (Rest(folder), (slipway, evhtp))]
            results = {"bits": check_answers(asked)}
            time.sleep(2)  # slipway times its engines first
            results["closed_loop"] = [compare(protocol, pair, options) for protocol, pair in asked]
            results["open_loop"] = open_loop([load for pair in asked for load in loads_of(*pair, options)], options)
        finally:
            for server in servers:
                server.stop()
    return print(json.dumps(results, indent=1)) if options.json else tell(results)


if __name__ == "__main__":
    main()
