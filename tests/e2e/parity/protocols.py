"""Live flights over one protocol of tritonclient's, every answer bit for bit the one-off score.

    PYTHON tests/e2e/parity/protocols.py PROTOCOL URL out/flights       PROTOCOL: binary, json or grpc

PYTHON is that of .cache/venv-clients (binary, json) or .cache/venv-clients-grpc (grpc). Rows and scores are those of `make demo`:
live.jsonl and scores.jsonl. Exit code 0 if all are equal.
SPDX-License-Identifier: Apache-2.0
"""
import itertools
import json
import pathlib
import sys

import numpy

BATCH = 1000
MODEL = "delay"


class Protocol:
    def __init__(self, name, url):
        self.name = name
        if name == "grpc":
            import tritonclient.grpc as client
        else:
            import tritonclient.http as client
        self.client, self.server = client, client.InferenceServerClient(url)
        metadata = self.server.get_model_metadata(MODEL)
        if name == "grpc":
            self.inputs = [(each.name, each.datatype) for each in metadata.inputs]
        else:
            self.inputs = [(each["name"], each["datatype"]) for each in metadata["inputs"]]

    def tensor(self, name, datatype, values):
        tensor = self.client.InferInput(name, [len(values)], datatype)
        if datatype == "BYTES":
            # A missing text is an empty one in bytes, which have no null.
            array = numpy.array(["" if value is None else value for value in values], dtype=object)
        else:
            array = numpy.array([numpy.nan if value is None else value for value in values], dtype=numpy.float64)
        if self.name == "grpc":
            tensor.set_data_from_numpy(array)
        else:
            tensor.set_data_from_numpy(array, binary_data=self.name == "binary")
        return tensor

    def scores(self, rows):
        inputs = [self.tensor(name, datatype, [row[name] for row in rows]) for name, datatype in self.inputs]
        if self.name == "grpc":
            outputs = [self.client.InferRequestedOutput("predict_proba")]
        else:
            outputs = [self.client.InferRequestedOutput("predict_proba", binary_data=self.name == "binary")]
        return self.server.infer(MODEL, inputs, outputs=outputs).as_numpy("predict_proba").reshape(len(rows), -1)


def main():
    protocol, folder = Protocol(sys.argv[1], sys.argv[2]), pathlib.Path(sys.argv[3])
    compared = different = 0
    with open(folder / "live.jsonl", encoding="utf-8") as live, open(folder / "scores.jsonl", encoding="utf-8") as scored:
        while True:
            rows = [json.loads(line) for line in itertools.islice(live, BATCH)]
            want = [json.loads(line) for line in itertools.islice(scored, BATCH)]
            if not rows:
                break
            answers = protocol.scores(rows)
            expected = numpy.array([[one["p_0"], one["p_1"]] for one in want])
            compared += len(rows)
            different += int((answers.view(numpy.int64) != expected.view(numpy.int64)).any(axis=1).sum())
    print(f"{protocol.name}: {compared} rows, {compared - different} equal, {different} differ")
    return 1 if different or compared == 0 else 0


sys.exit(main())
