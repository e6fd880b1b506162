"""Sends rows to a running slipway over several connections and compares every answer, bit for bit, with one-off scores.

    python3 examples/flights/compare_rest.py --url http://127.0.0.1:8080 --model delay --rows live.jsonl --scores scores.jsonl

Both files hold one JSON object a line, row i with row i. Rows go out in batches (tensor per column); every 97th batch goes out
row by row as well, so that batches and single rows are compared too. Needs nothing but Python 3. Exit code 0 if all are equal.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import http.client
import itertools
import json
import struct
import sys
import threading
import urllib.parse

BATCH = 256
SINGLES_EVERY = 97


def bits(value):
    return struct.pack("<d", value)


class Client(threading.Thread):
    def __init__(self, options, inputs, work):
        super().__init__(daemon=True)
        self.options, self.inputs, self.work = options, inputs, work
        host = urllib.parse.urlparse(options.url)
        self.connection = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
        self.compared = self.different = self.requests = 0
        self.problem = None

    def run(self):
        try:
            for number, rows, scores in self.work:
                self.compare(rows, scores)
                if number % SINGLES_EVERY == 0:
                    for row, score in zip(rows, scores):
                        self.compare([row], [score], count=False)
        except Exception as error:  # pylint: disable=broad-except; the main thread reports it
            self.problem = error

    def compare(self, rows, scores, count=True):
        tensors = [{"name": name, "datatype": datatype, "shape": [len(rows)], "data": [row[name] for row in rows]}
                   for name, datatype in self.inputs]
        body = json.dumps({"inputs": tensors, "outputs": [{"name": "predict"}, {"name": "predict_proba"}]})
        self.connection.request("POST", f"/v2/models/{self.options.model}/infer", body, {"Content-Type": "application/json"})
        reply = json.loads(self.connection.getresponse().read())
        if "error" in reply:
            raise RuntimeError(reply["error"])
        outputs = {output["name"]: output["data"] for output in reply["outputs"]}
        shares = list(itertools.chain.from_iterable(outputs["predict_proba"])) \
            if isinstance(outputs["predict_proba"][0], list) else outputs["predict_proba"]
        for i, score in enumerate(scores):
            same = (outputs["predict"][i] == score["label"] and bits(shares[2 * i]) == bits(score["p_0"])
                    and bits(shares[2 * i + 1]) == bits(score["p_1"]))
            self.different += not same
        self.compared += len(rows) if count else 0
        self.requests += 1


def batches(rows_path, scores_path):
    with open(rows_path, encoding="utf-8") as rows, open(scores_path, encoding="utf-8") as scores:
        pairs = zip(rows, scores, strict=True)
        for number in itertools.count():
            chunk = list(itertools.islice(pairs, BATCH))
            if not chunk:
                return
            yield number, [json.loads(row) for row, _ in chunk], [json.loads(score) for _, score in chunk]


class Shared:
    """A generator that several threads may take from."""

    def __init__(self, generator):
        self.generator, self.lock = generator, threading.Lock()

    def __iter__(self):
        return self

    def __next__(self):
        with self.lock:
            return next(self.generator)


def model_inputs(options):
    host = urllib.parse.urlparse(options.url)
    connection = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
    connection.request("GET", f"/v2/models/{options.model}")
    metadata = json.loads(connection.getresponse().read())
    return [(tensor["name"], tensor["datatype"]) for tensor in metadata["inputs"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("url", "model", "rows", "scores"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    inputs = model_inputs(options)
    work = Shared(batches(options.rows, options.scores))
    clients = [Client(options, inputs, work) for _ in range(options.connections)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    problems = [client.problem for client in clients if client.problem]
    compared = sum(client.compared for client in clients)
    different = sum(client.different for client in clients)
    requests = sum(client.requests for client in clients)
    for problem in problems:
        print(f"failed: {problem}", file=sys.stderr)
    print(f"{compared} rows in {requests} requests over {options.connections} connections: {compared - different} equal, "
          f"{different} differ")
    return 0 if compared and not different and not problems else 1


if __name__ == "__main__":
    sys.exit(main())
