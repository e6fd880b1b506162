"""What a server serves after it was killed: what was loaded and good, and what a route said.

    .cache/venv-clients-grpc/bin/python tests/e2e/traffic/restart_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import base64
import http.client
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
import serving  # noqa: E402

# So many trees that a load takes long enough to be killed in.
MANY_TREES = 40_000


def large_model():
    split = serving.SPLIT.format(tree=0, at=0.1, low=2.0, high=0.41)
    trees = "".join(split.replace("Tree=0", f"Tree={tree}") for tree in range(MANY_TREES))
    head = serving.HEAD.format(last=1, objective="regression", names="distance air_time", infos="[0:9] [0:9]")
    return head + trees + "end of trees\n\npandas_categorical:null\n"


class Restart(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def write(self, model, version, text):
        path = self.folder / "models" / model / str(version) / "model.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def start(self, mode):
        server = serving.Server("--repository", "models", "--model-control", mode, "--state", "state", folder=self.folder)
        self.server = server
        return server

    def kill(self, server=None):
        server = server or self.server
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(20)
        server.reader.join()
        server.process.stderr.close()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.server.host)
        connection.request(method, path, None if body is None else json.dumps(body))
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply.status, json.loads(text)

    def score(self, name):
        status, found = self.ask("POST", f"/v1/models/{name}:predict", {"instances": [[0.0, 0.0]]})
        return found["predictions"][0] - 0.113 if status == 200 else status

    def index(self):
        _, found = self.ask("POST", "/v2/repository/index")
        return {(entry["name"], entry.get("version")): (entry.get("state"), entry.get("reason")) for entry in found}

    def load(self, name, parameters=None):
        return self.ask("POST", f"/v2/repository/models/{name}/load", {"parameters": parameters} if parameters else None)

    def test_what_was_loaded_is_loaded_again(self):
        for model, leaf in (("delay", 1.0), ("gone", 5.0)):
            self.write(model, 1, serving.number_model(leaf))
        self.start("explicit")
        self.assertEqual([self.load("delay")[0], self.load("gone")[0]], [200, 200])
        own = {"config": '{"max_batch_size": 2}', "file:1/model.txt": base64.b64encode(serving.number_model(7.0).encode()).decode()}
        self.assertEqual(self.load("own", own)[0], 200)
        self.assertEqual(self.ask("POST", "/v2/repository/models/gone/unload")[0], 200)
        status, _ = self.ask("PUT", "/v2/routes/live", {"targets": [{"model": "delay", "version": "1"}], "sticky": "key"})
        self.assertEqual(status, 200)
        self.kill()
        # While nobody looked a version came that nobody asked for.
        self.write("delay", 2, serving.number_model(2.0))
        self.start("explicit")
        self.assertEqual((self.score("delay"), self.score("own"), self.score("live"), self.score("gone")), (1.0, 7.0, 1.0, 404))
        self.assertEqual(self.ask("GET", "/v2/models/own/config")[1]["max_batch_size"], 2)
        self.assertEqual(self.index()["delay", "1"], ("READY", ""))
        self.assertEqual(self.ask("GET", "/v2/routes/live")[1]["sticky"], "key")
        self.assertEqual(self.load("delay")[0], 200)
        self.assertEqual(self.score("delay"), 2.0)
        self.kill()

    def test_killed_in_the_midst_of_a_load_the_last_good_version_serves(self):
        self.write("delay", 1, serving.number_model(1.0))
        self.start("explicit")
        self.assertEqual(self.load("delay")[0], 200)
        self.write("delay", 2, large_model())
        died = []

        def load():
            try:
                died.append(self.load("delay"))
            except (OSError, http.client.HTTPException) as error:
                died.append(error)

        loading = threading.Thread(target=load)
        loading.start()
        state = self.folder / "state" / "models.json"
        while '"begun":""' in state.read_text():
            time.sleep(0.001)
        self.kill()
        loading.join()
        self.assertIsInstance(died[0], Exception, "the load was over before the server was killed")
        self.start("explicit")
        self.assertEqual(self.score("delay"), 1.0)
        self.assertEqual(self.index()["delay", "1"], ("READY", ""))
        self.kill()

    def test_a_newest_version_that_cannot_be_loaded_leaves_the_last_good_one(self):
        self.write("delay", 1, serving.number_model(1.0))
        self.start("none")
        self.assertEqual(self.score("delay"), 1.0)
        self.kill()
        self.write("delay", 2, "tree\nversion=v4\n")
        self.start("none")
        self.assertEqual(self.score("delay"), 1.0)
        state, reason = self.index()["delay", "1"]
        self.assertEqual(state, "READY")
        self.assertIn("the last good version serves: failed to load 'delay'", reason)
        self.kill()
        self.write("delay", 2, serving.number_model(2.0))
        self.start("none")
        self.assertEqual(self.score("delay"), 2.0)
        self.assertEqual(self.index(), {("delay", "2"): ("READY", "")})
        self.kill()

    def test_a_version_that_kills_the_server_is_not_loaded_for_ever(self):
        self.write("delay", 1, serving.number_model(1.0))
        self.start("none")
        self.kill()
        self.write("delay", 2, large_model())
        state = self.folder / "state" / "models.json"
        command = [serving.slipway(), "serve", "--repository", "models", "--state", "state", "--port", "0", "--log", "off"]
        for died in (1, 2):
            process = subprocess.Popen(command, cwd=self.folder, stderr=subprocess.DEVNULL)
            while f'"begins":{died}' not in state.read_text():
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
            process.wait(20)
            self.assertIn(f'"begins":{died}', state.read_text(), "the load was over before the server was killed")
        self.start("none")
        self.assertEqual(self.score("delay"), 1.0)
        self.assertIn("the server stopped twice while it loaded 'delay'", self.index()["delay", "1"][1])
        self.kill()


if __name__ == "__main__":
    serving.main()
