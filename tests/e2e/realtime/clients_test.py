"""Clients that people use against `slipway serve`: the same numbers as `slipway score` gives for the same rows, and
errors that their exceptions show.

    tools/setup e2e
    .cache/venv-clients/bin/python tests/e2e/realtime/clients_test.py build/release/bin/slipway
SPDX-License-Identifier: Apache-2.0
"""

import asyncio
import csv
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

import numpy
import requests
import tritonclient.http
import tritonclient.http.aio

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
from serving import CARRIERS, delay_model  # noqa: E402

SLIPWAY = None
ROWS = 200


def tensor(name, values, datatype):
    column = numpy.array(values, dtype=numpy.object_ if datatype == "BYTES" else numpy.float64)
    made = tritonclient.http.InferInput(name, [len(values)], datatype)
    made.set_data_from_numpy(column, binary_data=False)
    return made


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.temporary.name)
        (folder / "delay.txt").write_text(delay_model())
        draw = random.Random(5)
        cls.distance = [draw.choice([draw.gauss(0, 1), 0.1, 0.30000000000000004]) for _ in range(ROWS)]
        cls.air_time = [draw.gauss(0, 1) for _ in range(ROWS)]
        cls.carrier = [draw.choice(CARRIERS + ["??"]) for _ in range(ROWS)]
        with open(folder / "rows.csv", "w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["distance", "air_time", "carrier"])
            table.writerows(zip(map(repr, cls.distance), map(repr, cls.air_time), cls.carrier))
        command = [SLIPWAY, "score", "delay.txt", "rows.csv", "--raw", "-o", "scores.csv"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        with open(folder / "scores.csv", newline="") as file:
            cls.scores = list(csv.DictReader(file))
        serve = [SLIPWAY, "serve", "delay.txt", "--port", "0", "--log", "off"]
        cls.server = subprocess.Popen(serve, cwd=folder, stderr=subprocess.PIPE, text=True)
        for line in cls.server.stderr:
            if found := re.search(r"http://(\S+)", line):
                cls.host = found[1]
                break

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        assert cls.server.wait(20) == 0
        cls.server.stderr.close()
        cls.temporary.cleanup()

    def inputs(self):
        return [
            tensor("distance", self.distance, "FP64"),
            tensor("air_time", self.air_time, "FP64"),
            tensor("carrier", self.carrier, "BYTES"),
        ]

    def expect(self, labels, probabilities):
        # tritonclient gives texts that came as bytes as such.
        texts = [label.decode() if isinstance(label, bytes) else str(label) for label in labels]
        self.assertEqual(texts, [row["label"] for row in self.scores])
        expected = [[float(row["p_0"]), float(row["p_1"])] for row in self.scores]
        self.assertEqual(numpy.asarray(probabilities).reshape(-1, 2).tolist(), expected)

    def test_tritonclient(self):
        client = tritonclient.http.InferenceServerClient(self.host)
        self.assertTrue(client.is_server_live() and client.is_server_ready() and client.is_model_ready("delay"))
        self.assertEqual(client.get_server_metadata()["name"], "slipway")
        metadata = client.get_model_metadata("delay")
        self.assertEqual([each["name"] for each in metadata["inputs"]], ["distance", "air_time", "carrier"])
        result = client.infer("delay", self.inputs(), request_id="mine")
        self.assertEqual(result.get_response()["id"], "mine")
        self.expect(result.as_numpy("predict"), result.as_numpy("predict_proba"))
        wanted = [tritonclient.http.InferRequestedOutput("margin", binary_data=False)]
        margins = client.infer("delay", self.inputs(), outputs=wanted, model_version="1").as_numpy("margin")
        self.assertEqual(margins.tolist(), [float(row["margin"]) for row in self.scores])
        client.close()

    def test_tritonclient_shows_our_errors(self):
        client = tritonclient.http.InferenceServerClient(self.host)
        with self.assertRaisesRegex(Exception, "^.*Request for unknown model: 'dela' is not found; did you mean 'delay'"):
            client.infer("dela", self.inputs())
        with self.assertRaisesRegex(Exception, "column 'carrier' is missing.*a request that works: POST /v2"):
            client.infer("delay", self.inputs()[:2])
        client.close()

    def test_tritonclient_aio(self):
        async def ask():
            async with tritonclient.http.aio.InferenceServerClient(self.host) as client:
                results = await asyncio.gather(*(client.infer("delay", self.inputs()) for _ in range(20)))
            return [(result.as_numpy("predict"), result.as_numpy("predict_proba")) for result in results]

        for labels, probabilities in asyncio.run(ask()):
            self.expect(labels, probabilities)

    def test_requests_with_v1(self):
        instances = [
            {"distance": d, "air_time": a, "carrier": c} for d, a, c in zip(self.distance, self.air_time, self.carrier)
        ]
        with requests.Session() as session:
            reply = session.post(f"http://{self.host}/v1/models/delay:predict", json={"instances": instances})
            self.assertEqual(reply.json()["predictions"], [row["label"] for row in self.scores])
            self.assertEqual(len(reply.headers["X-Request-Id"]), 26)
            chunked = session.post(
                f"http://{self.host}/v1/models/delay:predict",
                data=iter([b'{"instances":[{"distance":1,', b'"air_time":null,"carrier":"B6"}]}']),
            )
            self.assertEqual(chunked.json(), {"predictions": ["1"]})

    def test_curl(self):
        home = requests.get(f"http://{self.host}/", headers={"Accept": "text/plain"}).text
        command = re.search(r"^ +(curl .*)$", home, re.MULTILINE)[1]
        out = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
        self.assertIn('"name":"predict"', out)


if __name__ == "__main__":
    SLIPWAY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
