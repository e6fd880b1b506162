#!/usr/bin/env python3
"""What a request to the demo's model costs: instructions (callgrind) and system calls (strace) of `slipway serve`.

    bench/net/count_demo.py [--build build/release]        needs valgrind and strace

One row over one kept-alive connection: of 22 columns, five of them text, to the demo's 100-tree model; and 20 numbers in one FP32 tensor to a
model of one tree. As JSON over HTTP/1.1, and as gRPC's ModelInfer with raw contents, its headers in HPACK's table as clients keep them. Two request counts,
and the difference between them: start-up cancels out, and the machine's load does not matter. An instruction set is named, since a server
that may choose measures its engines while it answers. The cost inclusive of Plan::run
(encoding the row, trees, outputs) is reported apart.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import functools
import json
import pathlib
import re
import socket
import struct
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = {"month": 7, "weekday": 3, "hour": 17, "minute": 30, "carrier": "B6", "origin": "JFK", "dest": "BOS", "distance": 187, "plane_age": 8,
       "seats": 200, "manufacturer": "AIRBUS", "engine": "Turbo-fan", "departures_in_hour": 61, "temp": 80.1, "dewp": 66.9, "humid": 63.9,
       "wind_dir": 190, "wind_speed": 12.7, "wind_gust": None, "precip": 0, "pressure": 1012.2, "visib": 10}
TEXT = {"carrier", "origin", "dest", "manufacturer", "engine"}


NUMBERS = [0.5 + i / 7 for i in range(20)]
NUMBERS_MODEL = "\n".join(["tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0", "max_feature_idx=19", "objective=regression",
                           "feature_names=" + " ".join(f"x{i}" for i in range(20)), "feature_infos=" + " ".join(["[0:9]"] * 20), "tree_sizes=1", "",
                           "Tree=0", "num_leaves=2", "num_cat=0", "split_feature=0", "threshold=1.5", "decision_type=10", "left_child=-1", "right_child=-2",
                           "leaf_value=0.25 1.75", "shrinkage=1", "", "end of trees", ""])


def body(model):
    if model == "numbers":
        return json.dumps({"inputs": [{"name": "input-0", "shape": [1, 20], "datatype": "FP32", "data": [round(each, 6) for each in NUMBERS]}]})
    inputs = [{"name": name, "shape": [1], "datatype": "BYTES" if name in TEXT else "FP64", "data": [value]} for name, value in ROW.items()]
    return json.dumps({"inputs": inputs})


def ask(model, port, count):
    """In one segment each, as wrk and curl send them."""
    text = body(model).encode()
    request = b"POST /v2/models/%s/infer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (model.encode(), len(text)) + text
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            connection.sendall(request)
            reply = connection.recv(1 << 16)
            assert reply.startswith(b"HTTP/1.1 200"), reply


def varint(value):
    out = b""
    while value >= 128:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, content):
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def infer_message(model):
    if model == "numbers":
        tensor = field(1, b"input-0") + field(2, b"FP32") + field(3, b"\x01\x14")
        return field(1, b"numbers") + field(5, tensor) + field(7, struct.pack("<20f", *NUMBERS))
    inputs, raw = b"", b""
    for name, value in ROW.items():
        is_text = name in TEXT
        inputs += field(5, field(1, name.encode()) + field(2, b"BYTES" if is_text else b"FP64") + field(3, b"\x01"))
        number = float("nan") if value is None else value
        raw += field(7, struct.pack("<I", len(value)) + value.encode() if is_text else struct.pack("<d", number))
    return field(1, b"delay") + inputs + raw


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name, value):
    return b"\x40" + varint(len(name)) + name + varint(len(value)) + value


GRPC_HEADERS = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/inference.GRPCInferenceService/ModelInfer"), (b":authority", b"x"),
                (b"te", b"trailers"), (b"content-type", b"application/grpc"), (b"user-agent", b"grpc-c++/1.51.1"), (b"grpc-accept-encoding", b"identity, deflate, gzip")]


def ask_grpc(model, port, count):
    message = infer_message(model)
    data = b"\0" + len(message).to_bytes(4, "big") + message
    first = b"".join(literal(name, value) for name, value in GRPC_HEADERS)
    again = bytes(0x80 | 61 + len(GRPC_HEADERS) - i for i in range(len(GRPC_HEADERS)))  # the newest entry is 62
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as replies:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        window = frame(8, 0, 0, (0x7FFF0000 - 65535).to_bytes(4, "big"))
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + window)
        for i in range(count):
            stream = 2 * i + 1
            connection.sendall(frame(1, 4, stream, first if i == 0 else again) + frame(0, 1, stream, data))
            body = b""
            while True:
                head = replies.read(9)
                payload = replies.read(int.from_bytes(head[:3], "big"))
                if head[3] == 4 and head[4] == 0:
                    connection.sendall(frame(4, 1, 0))
                if int.from_bytes(head[5:], "big") == stream:
                    body += payload if head[3] == 0 else b""
                    if head[3] < 2 and head[4] & 1:
                        break
            assert b"predict" in body, (head, payload)


def serve(prefix, slipway, folder, count, ask):
    """Runs the server under `prefix`, asks it `count` times, stops it. With --isa it does not time engines meanwhile."""
    isa = "avx2" if "avx2" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8") else "scalar"
    (folder / "numbers.txt").write_text(NUMBERS_MODEL, encoding="utf-8")
    command = [slipway, "serve", f"delay={ROOT}/examples/flights/model.txt", "numbers.txt", "--port", "0", "--threads", "1", "--log", "off", "--isa", isa]
    log = folder / "serve.log"
    with open(log, "w", encoding="utf-8") as out:
        server = subprocess.Popen(prefix + command, cwd=folder, stderr=out)
    for _ in range(600):
        found = re.search(r" on http://127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8"))
        if found:
            break
        time.sleep(0.1)
    ask(int(found[1]), count)
    subprocess.run(["pkill", "-TERM", "-P", str(server.pid)], check=False)
    server.terminate()
    server.wait(60)


def instructions(slipway, folder, count, ask):
    out = folder / f"callgrind.{count}"
    serve(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"], slipway, folder, count, ask)
    text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(out)], capture_output=True, text=True, check=True).stdout
    total = int(re.search(r"([\d,]+) \(100.0%\) +PROGRAM TOTALS", text)[1].replace(",", ""))
    plan = [int(line.split()[0].replace(",", "")) for line in text.splitlines() if "plan::Plan::run(" in line]
    return total, max(plan, default=0)


def calls(slipway, folder, count, ask):
    out = folder / f"strace.{count}"
    serve(["strace", "-f", "-qq", "-c", "-o", str(out)], slipway, folder, count, ask)
    found = {}
    for line in out.read_text(encoding="utf-8").splitlines()[2:]:
        words = line.split()
        if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
            found[words[-1]] = int(words[3])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    slipway = str((ROOT / parser.parse_args().build / "bin/slipway").resolve())
    few, many = 200, 1200
    for kind, protocol, model in (("REST", ask, "delay"), ("gRPC", ask_grpc, "delay"), ("REST, 20 numbers", ask, "numbers"), ("gRPC, 20 numbers", ask_grpc, "numbers")):
        ask_so = functools.partial(protocol, model)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (low, low_plan), (high, high_plan) = (instructions(slipway, folder, count, ask_so) for count in (few, many))
            each, plan = (high - low) / (many - few), (high_plan - low_plan) / (many - few)
            print(f"{kind}: instructions per request: {each:,.0f}, of which Plan::run {plan:,.0f}; without it {each - plan:,.0f}")
            before, after = calls(slipway, folder, few, ask_so), calls(slipway, folder, many, ask_so)
            per = {call: (after[call] - before.get(call, 0)) / (many - few) for call in after}
            print(f"{kind}: system calls per request: " + ", ".join(f"{call} {count:.2f}" for call, count in sorted(per.items()) if abs(count) >= 0.005))


if __name__ == "__main__":
    main()
