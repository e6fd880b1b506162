"""Thousands of models on disk, a few hundred in memory: each is loaded by the request that needs it.

    .cache/venv-clients-grpc/bin/python tests/e2e/traffic/many_models_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import http.client
import json
import pathlib
import random
import sys
import threading
import time

import numpy
import tritonclient.grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
import serving  # noqa: E402
from serving import serves  # noqa: E402

MODELS, RESIDENT = 2000, 200
CONNECTIONS, REQUESTS = 4, 1000
ROW = numpy.zeros((1, 2))


def name_of(number):
    return f"m{number:04}"


def leaf_of(number):
    return number / 16


def answer_of(number):
    """Of a row of zeros: the model's own leaf, and the second tree's."""
    return leaf_of(number) + 0.113


class Rest:
    def __init__(self, host):
        self.connection = http.client.HTTPConnection(host)

    def ask(self, method, path, body=None):
        self.connection.request(method, path, None if body is None else json.dumps(body))
        reply = self.connection.getresponse()
        return reply.status, reply.read().decode()

    def score(self, number):
        status, text = self.ask("POST", f"/v1/models/{name_of(number)}:predict", {"instances": [[0.0, 0.0]]})
        return json.loads(text)["predictions"][0] if status == 200 else text


class Grpc:
    def __init__(self, host):
        self.client = tritonclient.grpc.InferenceServerClient(host)

    def score(self, number):
        tensor = tritonclient.grpc.InferInput("input-0", [1, 2], "FP64")
        tensor.set_data_from_numpy(ROW)
        return float(self.client.infer(name_of(number), [tensor]).as_numpy("predict")[0])


class ManyModels(serving.Served):
    @classmethod
    def arguments(cls, folder):
        for number in range(MODELS):
            path = folder / "models" / name_of(number) / "1" / "model.txt"
            path.parent.mkdir(parents=True)
            path.write_text(serving.number_model(leaf_of(number)))
        broken = folder / "models" / "broken" / "1" / "model.txt"
        broken.parent.mkdir(parents=True)
        broken.write_text("tree\nversion=v4\n")
        return ["--repository", "models", "--model-control", "on-demand", "--max-resident", str(RESIDENT), "--threads", "2"]

    def setUp(self):
        self.rest = Rest(self.host)

    def index(self):
        status, text = self.rest.ask("POST", "/v2/repository/index")
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def metric(self, name):
        _, text = self.rest.ask("GET", "/metrics")
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))

    @serves("ModelInfer, POST /v1/models/{m}:predict", "tritonclient.grpc 2.73", "2,000 models, 200 in memory: a first request is held while its model is loaded")
    def test_every_answer_is_the_models_own(self):
        wrong, first_ms = [], []
        seen, lock = set(), threading.Lock()
        warm_kib = []

        def ask(client, seed):
            chosen = random.Random(seed)
            for step in range(REQUESTS):
                # A few are asked often, as in life; the rest now and then.
                number = chosen.randrange(50) if chosen.random() < 0.3 else chosen.randrange(MODELS)
                began = time.perf_counter()
                found = client.score(number)
                took_ms = (time.perf_counter() - began) * 1000
                with lock:
                    if found != answer_of(number):
                        wrong.append((number, found))
                    if number not in seen:
                        seen.add(number)
                        first_ms.append(took_ms)
                if seed == 0 and step == REQUESTS // 3:
                    warm_kib.append(self.server.resident_kib())

        clients = [Rest(self.host) if i % 2 == 0 else Grpc(self.host) for i in range(CONNECTIONS)]
        threads = [threading.Thread(target=ask, args=(client, i)) for i, client in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong[:5], [])
        first_ms.sort()
        print(
            f"{len(first_ms)} first requests: median {first_ms[len(first_ms) // 2]:.1f} ms, "
            f"p99 {first_ms[len(first_ms) * 99 // 100]:.1f} ms, worst {first_ms[-1]:.1f} ms; "
            f"{self.metric('slipway_evictions_total'):.0f} evictions; "
            f"RSS {warm_kib[0]} KiB after a third, {self.server.resident_kib()} KiB at the end"
        )
        resident = [entry for entry in self.index() if entry.get("state") == "READY"]
        self.assertLessEqual(len(resident), RESIDENT)
        self.assertEqual(self.metric("slipway_resident_models"), len(resident))
        if b"__asan_init" not in pathlib.Path(serving.slipway()).read_bytes():
            # Series of metrics and statistics of 2,000 models are kept: some KiB each. Models are not.
            self.assertLess(self.server.resident_kib() - warm_kib[0], 24 * 1024)

    def test_the_index_shows_what_is_in_memory_and_what_was(self):
        self.assertEqual(self.rest.score(1999), answer_of(1999))
        states = {entry["name"]: entry for entry in self.index()}
        self.assertEqual(len(states), MODELS + 1)
        self.assertEqual(states["m1999"]["state"], "READY")
        status, text = self.rest.ask("POST", "/v2/repository/models/m1999/unload")
        self.assertEqual(status, 200, text)
        states = {entry["name"]: entry for entry in self.index()}
        self.assertEqual(states["m1999"]["state"], "UNAVAILABLE")
        self.assertIn("the next request loads it", states["m1999"]["reason"])
        # What it did is not forgotten, and ready it is.
        _, text = self.rest.ask("GET", "/v2/models/stats")
        counts = {each["name"]: each["inference_count"] for each in json.loads(text)["model_stats"]}
        before = counts["m1999"]
        self.assertGreaterEqual(before, 1)
        self.assertEqual(self.rest.ask("GET", "/v2/models/m1999/ready")[0], 200)
        self.assertEqual({entry["name"]: entry for entry in self.index()}["m1999"]["state"], "UNAVAILABLE")
        self.assertEqual(self.rest.score(1999), answer_of(1999))
        _, text = self.rest.ask("GET", "/v2/models/m1999/stats")
        self.assertEqual(json.loads(text)["model_stats"][0]["inference_count"], before + 1)

    def test_a_model_that_cannot_be_loaded_says_why_to_all_who_wait(self):
        for _ in range(2):
            status, text = self.rest.ask("POST", "/v1/models/broken:predict", {"instances": [[0.0, 0.0]]})
            self.assertIn("failed to load 'broken'", text)
            self.assertGreaterEqual(status, 400)
        with self.assertRaisesRegex(Exception, "failed to load 'broken'"):
            tensor = tritonclient.grpc.InferInput("input-0", [1, 2], "FP64")
            tensor.set_data_from_numpy(ROW)
            tritonclient.grpc.InferenceServerClient(self.host).infer("broken", [tensor])
        status, text = self.rest.ask("GET", "/v2/models/broken/ready")
        self.assertGreaterEqual(status, 400)
        self.assertIn("failed to load", {entry["name"]: entry for entry in self.index()}["broken"]["reason"])
        status, text = self.rest.ask("POST", "/v1/models/m000:predict", {"instances": [[0.0, 0.0]]})
        self.assertEqual(status, 404, text)
        self.assertIn("did you mean 'm000", text)

    def test_metadata_and_mlflow_hold_their_requests_too(self):
        status, text = self.rest.ask("GET", "/v2/models/m1500")
        self.assertEqual((status, json.loads(text)["name"]), (200, "m1500"), text)
        status, text = self.rest.ask("POST", "/models/m1501/invocations", {"inputs": [[0.0, 0.0]]})
        self.assertEqual((status, json.loads(text)["predictions"]), (200, [answer_of(1501)]), text)

    def test_a_stream_waits_and_keeps_its_order(self):
        answers, done = [], threading.Event()

        def take(result, error):
            answers.append(error if error else (result.get_response().model_name, float(result.as_numpy("predict")[0])))
            if len(answers) == 6:
                done.set()

        client = tritonclient.grpc.InferenceServerClient(self.host)
        client.start_stream(take)
        numbers = [1700, 1701, 1700, 1702, 1701, 1703]
        for number in numbers:
            tensor = tritonclient.grpc.InferInput("input-0", [1, 2], "FP64")
            tensor.set_data_from_numpy(ROW)
            client.async_stream_infer(name_of(number), [tensor])
        self.assertTrue(done.wait(20), answers)
        client.stop_stream()
        self.assertEqual(answers, [(name_of(number), answer_of(number)) for number in numbers])


if __name__ == "__main__":
    serving.main()
