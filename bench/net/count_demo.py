#!/usr/bin/env python3
"""What a request to the demo's model costs: instructions (callgrind) and system calls (strace) of `slipway serve`.

    bench/net/count_demo.py [--build build/release]        needs valgrind and strace

One row of 22 columns, five of them text, to the 100-tree LightGBM model, over one kept-alive connection. Two request counts,
and the difference between them: start-up cancels out, and the machine's load does not matter. The engine is named, since a server
that may choose measures its engines while it answers. The cost inclusive of Plan::run
(encoding the row, trees, outputs) is reported apart.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import json
import pathlib
import re
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = {"month": 7, "weekday": 3, "hour": 17, "minute": 30, "carrier": "B6", "origin": "JFK", "dest": "BOS", "distance": 187, "plane_age": 8,
       "seats": 200, "manufacturer": "AIRBUS", "engine": "Turbo-fan", "departures_in_hour": 61, "temp": 80.1, "dewp": 66.9, "humid": 63.9,
       "wind_dir": 190, "wind_speed": 12.7, "wind_gust": None, "precip": 0, "pressure": 1012.2, "visib": 10}
TEXT = {"carrier", "origin", "dest", "manufacturer", "engine"}


def body():
    inputs = [{"name": name, "shape": [1], "datatype": "BYTES" if name in TEXT else "FP64", "data": [value]} for name, value in ROW.items()]
    return json.dumps({"inputs": inputs})


def ask(port, count):
    """In one segment each, as wrk and curl send them."""
    text = body().encode()
    request = b"POST /v2/models/delay/infer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text) + text
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            connection.sendall(request)
            reply = connection.recv(1 << 16)
            assert reply.startswith(b"HTTP/1.1 200"), reply


def serve(prefix, slipway, folder, count):
    """Runs the server under `prefix`, asks it `count` times, stops it."""
    command = [slipway, "serve", f"delay={ROOT}/examples/flights/model.txt", "--port", "0", "--threads", "1", "--log", "off", "--engine", "linked"]
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


def instructions(slipway, folder, count):
    out = folder / f"callgrind.{count}"
    serve(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"], slipway, folder, count)
    text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(out)], capture_output=True, text=True, check=True).stdout
    total = int(re.search(r"([\d,]+) \(100.0%\) +PROGRAM TOTALS", text)[1].replace(",", ""))
    plan = [int(line.split()[0].replace(",", "")) for line in text.splitlines() if "plan::Plan::run(" in line]
    return total, max(plan, default=0)


def calls(slipway, folder, count):
    out = folder / f"strace.{count}"
    serve(["strace", "-f", "-qq", "-c", "-o", str(out)], slipway, folder, count)
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
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (low, low_plan), (high, high_plan) = instructions(slipway, folder, few), instructions(slipway, folder, many)
        each, plan = (high - low) / (many - few), (high_plan - low_plan) / (many - few)
        print(f"instructions per request: {each:,.0f}, of which Plan::run {plan:,.0f}; without it {each - plan:,.0f}")
        before, after = calls(slipway, folder, few), calls(slipway, folder, many)
        per = {call: (after[call] - before.get(call, 0)) / (many - few) for call in after}
        print("system calls per request: " + ", ".join(f"{call} {count:.2f}" for call, count in sorted(per.items()) if abs(count) >= 0.005))


if __name__ == "__main__":
    main()
