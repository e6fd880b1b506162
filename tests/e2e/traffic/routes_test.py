"""Routes: one name, several versions, over every protocol; switched while requests come.

    .cache/venv-clients-grpc/bin/python tests/e2e/traffic/routes_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import collections
import http.client
import json
import pathlib
import sys
import threading
import time

import numpy
import tritonclient.grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
import serving  # noqa: E402
from serving import serves  # noqa: E402

# The first leaf of each version, by which an answer shows who gave it.
LEAVES = {"1": 1.0, "2": 2.0, "3": 3.0}
ANSWERS = {leaf + 0.113: version for version, leaf in LEAVES.items()}
CALLERS = 600
GRPC = "tritonclient.grpc 2.73"


class Versions(serving.Served):
    """A model of three versions, another one, and two routes."""

    options = []

    @classmethod
    def arguments(cls, folder):
        for version, leaf in LEAVES.items():
            path = folder / "models" / "delay" / version / "model.txt"
            path.parent.mkdir(parents=True)
            path.write_text(serving.number_model(leaf))
        (folder / "models" / "delay" / "config.pbtxt").write_text("version_policy: { all {} }\n")
        # A model that takes other columns: what it is asked as a shadow fails.
        other = folder / "models" / "other" / "1" / "model.txt"
        other.parent.mkdir(parents=True)
        other.write_text(serving.delay_model())
        return [
            "--repository", "models", "--threads", "2", *cls.options,
            "--route", "live=delay:1*90 delay:2*10 sticky=header:x-user-id,even=delay:1*50 delay:2*50",
        ]

    def setUp(self):
        self.connection = http.client.HTTPConnection(self.host)
        self.addCleanup(self.connection.close)

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, None if body is None else json.dumps(body), headers or {})
        reply = self.connection.getresponse()
        text = reply.read().decode()
        try:
            return reply, json.loads(text)
        except ValueError:
            return reply, text

    def predict(self, route, **headers):
        """The version that answered, by its number and as the reply names it."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        reply, found = self.ask("POST", f"/v1/models/{route}:predict", {"instances": [[0.0, 0.0]]}, headers)
        self.assertEqual(reply.status, 200, found)
        version = ANSWERS[found["predictions"][0]]
        self.assertEqual((reply.headers["X-Slipway-Model"], reply.headers["X-Slipway-Version"]), ("delay", version))
        return version

    def put(self, name, route):
        reply, found = self.ask("PUT", f"/v2/routes/{name}", route)
        self.assertEqual(reply.status, 200, found)

    def counts(self, name):
        _, text = self.ask("GET", "/metrics")
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name)}

    def stream(self, name, count):
        client = tritonclient.grpc.InferenceServerClient(self.host)
        tensor = tritonclient.grpc.InferInput("input-0", [1, 2], "FP64")
        tensor.set_data_from_numpy(numpy.zeros((1, 2)))
        answers, done = [], threading.Event()
        client.start_stream(lambda result, error: (answers.append(error or result), len(answers) == count and done.set()))
        for _ in range(count):
            client.async_stream_infer(name, [tensor])
        self.assertTrue(done.wait(20), answers)
        client.stop_stream()
        client.close()
        self.assertEqual({answer.get_response().model_version for answer in answers}, {"1"})

    def wait_for_count(self, name, count):
        for _ in range(100):
            found = self.counts(name.split("{")[0]).get(name)
            if found == count:
                break
            time.sleep(0.05)
        self.assertEqual(found, count)


class Routes(Versions):
    def test_shares_and_callers_that_stay(self):
        first = {user: self.predict("live", x_user_id=str(user)) for user in range(CALLERS)}
        shares = collections.Counter(first.values())
        expected = {"1": CALLERS * 0.9, "2": CALLERS * 0.1}
        chi_square = sum((shares[version] - count) ** 2 / count for version, count in expected.items())
        # One degree of freedom: one in a thousand passes 10.8. Callers are hashed: always the same.
        self.assertLess(chi_square, 10.8, shares)
        for user in range(0, CALLERS, 20):
            self.assertEqual(self.predict("live", x_user_id=str(user)), first[user])
        # A little more weight for version 2 moves few callers, and none away from it.
        self.put("live", {"targets": [{"model": "delay", "version": "1", "weight": 85}, {"model": "delay", "version": "2", "weight": 15}], "sticky": "header:x-user-id"})
        after = {user: self.predict("live", x_user_id=str(user)) for user in range(CALLERS)}
        self.assertEqual([user for user in first if first[user] == "2" and after[user] == "1"], [])
        self.put("live", {"targets": [{"model": "delay", "version": "1", "weight": 90}, {"model": "delay", "version": "2", "weight": 10}], "sticky": "header:x-user-id"})

    def test_without_a_caller_each_request_is_its_own(self):
        shares = collections.Counter(self.predict("even") for _ in range(200))
        self.assertGreater(min(shares["1"], shares["2"]), 50, shares)

    def test_a_key_is_a_caller_too(self):
        self.put("keyed", {"targets": [{"model": "delay", "version": v} for v in ("1", "2", "3")], "sticky": "key"})
        first = {key: self.predict("keyed", x_api_key=f"sk-{key}") for key in range(30)}
        self.assertEqual(set(first.values()), {"1", "2", "3"})
        for key, version in first.items():
            self.assertEqual(self.predict("keyed", Authorization=f"Bearer sk-{key}"), version)

    def test_a_header_or_the_path_may_say_which(self):
        for version in ("1", "2"):
            self.assertEqual(self.predict("live", X_Slipway_Version=version, x_user_id="7"), version)
            reply, found = self.ask("POST", f"/v2/models/live/versions/{version}/infer", self.infer_body())
            self.assertEqual((reply.status, found["model_version"]), (200, version))
        reply, found = self.ask("POST", "/v1/models/live:predict", {"instances": [[0.0, 0.0]]}, {"X-Slipway-Version": "9"})
        self.assertEqual(reply.status, 404)
        self.assertIn("route 'live' has no version 9; it leads to delay:1, delay:2", found["error"])

    @staticmethod
    def infer_body():
        return {"inputs": [{"name": "input-0", "shape": [1, 2], "datatype": "FP64", "data": [0.0, 0.0]}]}

    @serves("ModelInfer, ModelStreamInfer, POST .../infer, :predict, /invocations", GRPC, "a route's name in place of a model's; the same caller gets the same version over all of them")
    def test_every_protocol_asks_the_same_version(self):
        client = tritonclient.grpc.InferenceServerClient(self.host)
        tensor = tritonclient.grpc.InferInput("input-0", [1, 2], "FP64")
        tensor.set_data_from_numpy(numpy.zeros((1, 2)))
        for user in range(40):
            headers = {"x-user-id": str(user)}
            version = self.predict("live", x_user_id=str(user))
            reply, found = self.ask("POST", "/v2/models/live/infer", self.infer_body(), headers)
            self.assertEqual((found["model_name"], found["model_version"]), ("delay", version))
            _, found = self.ask("POST", "/models/live/invocations", {"inputs": [[0.0, 0.0]]}, headers)
            self.assertEqual(ANSWERS[found["predictions"][0]], version)
            answer = client.infer("live", [tensor], headers=headers).get_response()
            self.assertEqual((answer.model_name, answer.model_version), ("delay", version))
            if user % 10 == 0:
                answers, done = [], threading.Event()
                client.start_stream(lambda result, error: (answers.append(error or result), done.set()), headers=headers)
                client.async_stream_infer("live", [tensor])
                self.assertTrue(done.wait(10))
                client.stop_stream()
                self.assertEqual(answers[0].get_response().model_version, version)
        self.assertTrue(client.is_model_ready("live"))
        self.assertEqual(client.get_model_metadata("live").name, "delay")
        client.close()

    def test_shadows_get_copies_and_callers_never_know(self):
        target = [{"model": "delay", "version": "1", "weight": 1}]
        _, before = self.ask("GET", "/v2/models/delay/versions/3/stats")
        self.put("watched", {"targets": target, "shadows": [{"model": "delay", "version": "3"}, {"model": "other"}]})
        for _ in range(30):
            self.assertEqual(self.predict("watched"), "1")
        wanted = {
            'slipway_route_requests_total{route="watched",model="delay",version="1",role="answer",outcome="ok"}': 30,
            'slipway_route_requests_total{route="watched",model="delay",version="3",role="shadow",outcome="ok"}': 30,
            'slipway_route_requests_total{route="watched",model="other",version="1",role="shadow",outcome="failed"}': 30,
        }
        for _ in range(100):
            found = self.counts("slipway_route_requests_total")
            if all(found.get(name) == count for name, count in wanted.items()):
                break
            time.sleep(0.05)
        self.assertEqual({name: found.get(name) for name in wanted}, wanted)
        # What a shadow does is not its model's own.
        _, stats = self.ask("GET", "/v2/models/other/stats")
        self.assertEqual(stats["model_stats"][0]["inference_stats"]["fail"]["count"], 0)
        _, stats = self.ask("GET", "/v2/models/delay/versions/3/stats")
        self.assertEqual(stats, before)
        self.ask("DELETE", "/v2/routes/watched")

    @serves("ModelStreamInfer", GRPC, "a route's shadows get each message")
    def test_shadows_get_what_streams_ask(self):
        self.put("listened", {"targets": [{"model": "delay", "version": "1"}], "shadows": [{"model": "delay", "version": "3"}]})
        self.stream("listened", 20)
        self.wait_for_count('slipway_route_requests_total{route="listened",model="delay",version="3",role="shadow",outcome="ok"}', 20)
        self.ask("DELETE", "/v2/routes/listened")

    def test_switched_while_requests_come(self):
        done, wrong, seen = threading.Event(), [], set()

        def ask():
            connection = http.client.HTTPConnection(self.host)
            while not done.is_set():
                connection.request("POST", "/v1/models/switched:predict", json.dumps({"instances": [[0.0, 0.0]] * 3}))
                reply = connection.getresponse()
                found = json.loads(reply.read())
                versions = {ANSWERS.get(value) for value in found.get("predictions", [None])}
                seen.update(versions)
                if len(versions) != 1 or versions != {reply.headers["X-Slipway-Version"]}:
                    wrong.append(found)
            connection.close()

        self.put("switched", {"targets": [{"model": "delay", "version": "1"}]})
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for step in range(60):
            self.put("switched", {"targets": [{"model": "delay", "version": str(step % 3 + 1)}]})
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(seen, {"1", "2", "3"})

    def test_routes_are_listed_changed_and_removed(self):
        self.put("new", {"targets": [{"model": "delay"}], "sticky": "key"})
        _, found = self.ask("GET", "/v2/routes")
        self.assertIn("new", [route["name"] for route in found["routes"]])
        _, found = self.ask("GET", "/v2/routes/new")
        self.assertEqual(found, {"name": "new", "targets": [{"model": "delay", "weight": 1}], "shadows": [], "sticky": "key"})
        self.assertEqual(self.predict("new"), "3")  # the newest
        _, found = self.ask("GET", "/v2/models")
        self.assertIn("new", found["models"])
        reply, found = self.ask("DELETE", "/v2/routes/new")
        self.assertEqual((reply.status, found), (200, {"name": "new", "removed": True}))
        for method in ("GET", "DELETE"):
            self.assertEqual(self.ask(method, "/v2/routes/new")[0].status, 404)
        reply, found = self.ask("PUT", "/v2/routes/wrong", {"targets": [{"model": "delay", "version": "9"}]})
        self.assertEqual(reply.status, 404)
        self.assertIn("route 'wrong' leads to delay:9, which is not served; served of delay is version 1, 2, 3", found["error"])
        reply, found = self.ask("PUT", "/v2/routes/wrong", {"targets": []})
        self.assertEqual(reply.status, 400)


class OnDemandRoutes(Routes):
    """The same, with models that are loaded when they are asked for and leave at once: a target that was chosen stays chosen."""

    options = ["--model-control", "on-demand", "--max-resident", "1"]

    def test_shadows_get_copies_and_callers_never_know(self):
        self.skipTest("a shadow that is not in memory is warmed, and its copy dropped")

    def test_shadows_get_what_streams_ask(self):
        self.skipTest("a shadow that is not in memory is warmed, and its copy dropped")

    def test_routes_are_listed_changed_and_removed(self):
        self.skipTest("what is known and not read has no versions to check")


class HeldForTheirModel(Versions):
    """A shadow that is in memory, and a target that is not: who waits for it is copied as well."""

    options = ["--model-control", "on-demand"]

    @classmethod
    def arguments(cls, folder):
        path = folder / "models" / "cold" / "1" / "model.txt"
        path.parent.mkdir(parents=True)
        path.write_text(serving.number_model(1.0))
        return super().arguments(folder)

    def test_who_waited_is_copied(self):
        self.put("patient", {"targets": [{"model": "cold"}], "shadows": [{"model": "delay", "version": "3"}]})
        self.assertEqual(self.ask("POST", "/v1/models/delay:predict", {"instances": [[0.0, 0.0]]})[0].status, 200)
        for count, ask in enumerate((self.predict_cold, lambda: self.stream("patient", 1)), 1):
            self.assertEqual(self.ask("POST", "/v2/repository/models/cold/unload")[0].status, 200)
            ask()
            self.wait_for_count('slipway_route_requests_total{route="patient",model="delay",version="3",role="shadow",outcome="ok"}', count)

    def predict_cold(self):
        reply, found = self.ask("POST", "/v1/models/patient:predict", {"instances": [[0.0, 0.0]]})
        self.assertEqual((reply.status, found["predictions"]), (200, [1.113]))


if __name__ == "__main__":
    serving.main()
