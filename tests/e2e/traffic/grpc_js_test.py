"""@grpc/grpc-js, unmodified, against `slipway serve`: ../js/client.js calls, this compares.

    python3 tests/e2e/traffic/grpc_js_test.py build/release/bin/slipway

Without .cache/grpc-js (`tools/setup e2e` makes it) the test is skipped, with exit code 77.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "e2e" / "rest"))
import serving  # noqa: E402
from serving import serves  # noqa: E402

CLIENT = "@grpc/grpc-js 1.14"
HOME = ROOT / ".cache" / "grpc-js"
SKIPPED = 77
# Of number_model: rows of zeros and of nines.
ZEROS, NINES = -0.37 + 0.113, 0.41 - 0.29


class GrpcJs(serving.Served):
    @classmethod
    def arguments(cls, folder):
        (folder / "delay.txt").write_text(serving.number_model())
        return ["delay.txt"]

    @serves("ModelInfer, ModelStreamInfer, ServerLive, ModelMetadata, grpc.health.v1.Health", CLIENT, "raw and typed contents, megabytes, deadlines, errors, a stream, Check and Watch")
    def test_calls_streams_and_health(self):
        node = (HOME / "node").read_text().strip()
        ran = subprocess.run(
            [node, str(ROOT / "tests/e2e/js/client.js"), self.host, str(ROOT / "proto")],
            env={**os.environ, "SLIPWAY_NODE_MODULES": str(HOME / "node_modules")},
            capture_output=True, text=True, timeout=60,
        )
        self.assertEqual(ran.returncode, 0, ran.stderr)
        told = json.loads(ran.stdout)
        self.assertEqual(told["live"], {"live": True})
        self.assertEqual((told["metadata"]["name"], told["metadata"]["versions"]), ("delay", ["1"]))
        self.assertEqual(told["infer"], ["one", "delay", [ZEROS, NINES]])
        self.assertEqual((told["typed"], told["large"]), ([ZEROS], 100000))
        self.assertEqual(told["unknown"]["code"], 5)
        self.assertIn("did you mean 'delay'?", told["unknown"]["details"])
        self.assertEqual(told["late"]["code"], 4)
        self.assertEqual([told["stream"][0], told["stream"][2]], [["a", [ZEROS]], ["c", [NINES]]])
        self.assertIn("Request for unknown model: 'nope'", told["stream"][1])
        self.assertEqual((told["health"], told["watch"]), ("SERVING", "SERVING") if isinstance(told["health"], str) else (1, 1))


if __name__ == "__main__":
    if not (HOME / ".pins").exists():
        print("skipped: .cache/grpc-js is not there (tools/setup e2e makes it)")
        sys.exit(SKIPPED)
    serving.main()
