"""KServe's REST client and MLflow's scoring client against `slipway serve`.

    .cache/venv-clients-kserve/bin/python tests/e2e/rest/kserve_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import asyncio

import numpy
import pandas
import serving
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from serving import serves

KSERVE = "kserve 0.21 InferenceRESTClient"
MLFLOW = "mlflow-skinny 3.17 ScoringServerClient"
ROWS = [[0.5, 0.1], [-1.0, 0.3], [0.1, 7.0]]
# Leaves of serving.number_model().
EXPECTED = [0.41 + 0.113, -0.37 - 0.29, -0.37 - 0.29]


class Kserve(serving.Served):
    @classmethod
    def arguments(cls, folder):
        (folder / "delay.txt").write_text(serving.number_model())
        return ["delay.txt"]

    def ask(self, protocol, work):
        async def run():
            client = InferenceRESTClient(RESTConfig(protocol=protocol, retries=0))
            try:
                return await work(client, f"http://{self.host}")
            finally:
                await client.close()

        return asyncio.run(run())

    @serves("POST /v1/models/{m}:predict, GET /v1/models/{m}", KSERVE, "V1: rows by position and by name")
    def test_v1(self):
        for instances in (ROWS, [{"distance": d, "air_time": a} for d, a in ROWS]):
            reply = self.ask("v1", lambda c, url: c.infer(url, {"instances": instances}, model_name="delay"))
            self.assertEqual(reply["predictions"], EXPECTED)
        self.assertTrue(self.ask("v1", lambda c, url: c.is_model_ready(url, "delay")))

    @serves("GET /", KSERVE, "V1: liveness")
    def test_v1_liveness(self):
        self.assertTrue(self.ask("v1", lambda c, url: c.is_server_live(url)))

    @serves("POST /v2/models/{m}/infer", KSERVE, "V2: JSON and binary tensors")
    def test_v2(self):
        for binary in (False, True):
            tensor = InferInput("input-0", [3, 2], "FP64")
            tensor.set_data_from_numpy(numpy.array(ROWS), binary_data=binary)
            request = InferRequest("delay", [tensor], request_id="7")
            reply = self.ask("v2", lambda c, url: c.infer(url, request, model_name="delay"))
            self.assertEqual(reply.outputs[0].as_numpy().tolist(), EXPECTED)
            self.assertEqual(reply.id, "7")

    @serves("GET /v2/health/live, /v2/health/ready, /v2/models/{m}/ready", KSERVE, "V2: health")
    def test_health(self):
        self.assertTrue(self.ask("v2", lambda c, url: c.is_server_live(url)))
        self.assertTrue(self.ask("v2", lambda c, url: c.is_server_ready(url)))
        self.assertTrue(self.ask("v2", lambda c, url: c.is_model_ready(url, "delay")))

    @serves("POST /invocations, GET /ping, /version", MLFLOW, "a data frame, an array")
    def test_mlflow(self):
        client = ScoringServerClient(*self.host.split(":"))
        client.ping()
        self.assertRegex(client.get_version(), r"^\d")
        frame = pandas.DataFrame(ROWS, columns=["distance", "air_time"])
        for data in (frame, numpy.array(ROWS)):
            self.assertEqual(client.invoke(data).get_predictions()[0].tolist(), EXPECTED)


if __name__ == "__main__":
    serving.main()
