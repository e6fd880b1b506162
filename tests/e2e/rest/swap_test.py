"""Models that are replaced, loaded and unloaded while requests come.

    .cache/venv-clients/bin/python tests/e2e/rest/swap_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import threading

import requests
import serving

SWAPS = 60
CYCLES = 300
# The first leaf of each of two models, which all rows of a request must share.
LEAVES = (-0.37, -0.5)
ROWS = {"instances": [[0.0, 0.0]] * 3}


class Swap(serving.Served):
    @classmethod
    def arguments(cls, folder):
        cls.model = folder / "models" / "delay" / "1" / "model.txt"
        cls.model.parent.mkdir(parents=True)
        cls.model.write_text(serving.number_model())
        return ["--repository", "models", "--model-control", "explicit", "--threads", "2"]

    def control(self, session, what):
        reply = session.post(f"http://{self.host}/v2/repository/models/delay/{what}")
        self.assertEqual(reply.status_code, 200, reply.text)

    def write(self, leaf):
        fresh = self.model.with_suffix(".new")
        fresh.write_text(serving.number_model(leaf))
        os.rename(fresh, self.model)

    def test_no_request_fails_or_is_mixed_while_models_are_swapped(self):
        done, wrong, answered = threading.Event(), [], []

        def ask():
            with requests.Session() as session:
                while not done.is_set():
                    reply = session.post(f"http://{self.host}/v1/models/delay:predict", json=ROWS)
                    found = set(reply.json().get("predictions", [reply.text]))
                    answered.append(len(found))
                    if len(found) != 1 or not found <= {leaf + 0.113 for leaf in LEAVES}:
                        wrong.append(found)

        with requests.Session() as session:
            self.control(session, "load")
            threads = [threading.Thread(target=ask) for _ in range(2)]
            for thread in threads:
                thread.start()
            for swap in range(SWAPS):
                self.write(LEAVES[(swap + 1) % 2])
                self.control(session, "load")
            done.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])
        self.assertGreater(len(answered), SWAPS)

    def test_loading_and_unloading_again_and_again_takes_no_more_memory(self):
        if b"__asan_init" in pathlib.Path(serving.slipway()).read_bytes():
            self.skipTest("the address sanitizer keeps what is freed")
        with requests.Session() as session:
            before = 0
            for cycle in range(CYCLES):
                self.control(session, "load")
                self.control(session, "unload")
                if cycle == CYCLES // 3:
                    before = self.server.resident_kib()
            self.assertLess(self.server.resident_kib() - before, 1024)


if __name__ == "__main__":
    serving.main()
