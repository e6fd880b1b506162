"""Requests as people write them by hand, and as MLServer's and TensorFlow Serving's clients send them.

    .cache/venv-clients/bin/python tests/e2e/rest/wire_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import base64
import gzip
import html
import json
import random
import re
import struct
import subprocess

import jsonschema
import openapi_spec_validator
import requests
import serving
from serving import serves

DRAW = random.Random(5)
DISTANCE = [DRAW.choice([DRAW.gauss(0, 1), 0.1, 0.30000000000000004]) for _ in range(200)]
AIR_TIME = [DRAW.gauss(0, 1) for _ in DISTANCE]
CARRIER = [DRAW.choice(serving.CARRIERS + ["??"]) for _ in DISTANCE]
INFER = "POST /v2/models/{m}/infer"


def tensor(name, data, datatype, **more):
    return {"name": name, "shape": [len(data)], "datatype": datatype, "data": data, **more}


class Wire(serving.Served):
    @classmethod
    def arguments(cls, folder):
        (folder / "delay.txt").write_text(serving.delay_model())
        (folder / "plain.txt").write_text(serving.number_model())
        return ["delay.txt", "plain.txt"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = "".join(f"{d!r},{a!r},{c}\n" for d, a, c in zip(DISTANCE, AIR_TIME, CARRIER))
        (cls.folder / "rows.csv").write_text("distance,air_time,carrier\n" + rows)
        command = [serving.slipway(), "score", "delay.txt", "rows.csv", "--json", "-o", "scores.csv"]
        subprocess.run(command, cwd=cls.folder, check=True, capture_output=True)
        lines = (cls.folder / "scores.csv").read_text().splitlines()
        scores = [dict(zip(lines[0].split(","), line.split(","))) for line in lines[1:]]
        cls.labels = [row["label"] for row in scores]
        cls.probabilities = [float(row[f"p_{c}"]) for row in scores for c in (0, 1)]

    def post(self, path, body, **headers):
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return requests.post(f"http://{self.host}{path}", data=data, headers=headers)

    def check(self, reply):
        self.assertEqual(reply.status_code, 200, reply.text)
        outputs = {each["name"]: each["data"] for each in reply.json()["outputs"]}
        self.assertEqual(outputs["predict"], self.labels)
        self.assertEqual(outputs["predict_proba"], self.probabilities)

    def columns(self, carrier=None, **more):
        carrier = carrier or tensor("carrier", CARRIER, "BYTES")
        return {"inputs": [tensor("distance", DISTANCE, "FP64"), tensor("air_time", AIR_TIME, "FP64"), carrier], **more}

    @serves(INFER, "MLServer's wire forms", "content types pd, np, str, base64 of requests and inputs")
    def test_mlserver(self):
        self.check(self.post("/v2/models/delay/infer", self.columns(parameters={"content_type": "pd"})))
        text = {"parameters": {"content_type": "str"}}
        self.check(self.post("/v2/models/delay/infer", self.columns(tensor("carrier", CARRIER, "BYTES", **text))))
        packed = [base64.b64encode(c.encode()).decode() for c in CARRIER]
        carrier = tensor("carrier", packed, "BYTES", parameters={"content_type": "base64"})
        self.check(self.post("/v2/models/delay/infer", self.columns(carrier)))
        matrix = {"name": "predict", "shape": [1, 2], "datatype": "FP32", "data": [0.5, 0.1], "parameters": {"content_type": "np"}}
        one = self.post("/v2/models/plain/infer", {"inputs": [matrix]}).json()["outputs"][0]["data"]
        by_name = self.post("/v2/models/plain/infer", {"inputs": [tensor("distance", [0.5], "FP32"), tensor("air_time", [0.1], "FP32")]})
        self.assertEqual(one, by_name.json()["outputs"][0]["data"])

    @serves(INFER, "any HTTP client", "binary tensors, raw bodies, gzip, chunks")
    def test_bytes(self):
        texts = b"".join(struct.pack("<I", len(c)) + c.encode() for c in CARRIER)
        sizes = {"distance": 1600, "air_time": 1600, "carrier": len(texts)}
        head = {"inputs": [{"name": n, "shape": [200], "datatype": "BYTES" if n == "carrier" else "FP64",
                            "parameters": {"binary_data_size": s}} for n, s in sizes.items()]}
        text = json.dumps(head).encode()
        body = text + struct.pack("<200d", *DISTANCE) + struct.pack("<200d", *AIR_TIME) + texts
        length = {"Inference-Header-Content-Length": str(len(text))}
        self.check(self.post("/v2/models/delay/infer", body, **length))
        self.check(self.post("/v2/models/delay/infer", gzip.compress(body), **length, **{"Content-Encoding": "gzip"}))
        raw = self.post("/v2/models/plain/infer", struct.pack("<2d", 0.5, 0.1), **{"Inference-Header-Content-Length": "0"})
        self.assertEqual(struct.unpack("<d", raw.content[-8:])[0], 0.41 + 0.113)
        pieces = requests.post(f"http://{self.host}/v2/models/delay/infer", data=iter([body[:100], body[100:]]), headers=length)
        self.check(pieces)

    @serves("POST /v1/models/{m}:predict", "TensorFlow Serving's wire forms", "rows, columns, b64")
    def test_tensorflow_serving(self):
        rows = [{"distance": d, "air_time": a, "carrier": {"b64": base64.b64encode(c.encode()).decode()}}
                for d, a, c in zip(DISTANCE, AIR_TIME, CARRIER)]
        reply = self.post("/v1/models/delay:predict", {"signature_name": "serving_default", "instances": rows})
        self.assertEqual(reply.json(), {"predictions": self.labels})
        columns = {"distance": DISTANCE, "air_time": AIR_TIME, "carrier": CARRIER}
        self.assertEqual(self.post("/v1/models/delay:predict", {"inputs": columns}).json(), {"outputs": self.labels})

    @serves("POST /v1/models/{m}:rank", "any HTTP client", "one context, many candidates, the best back")
    def test_ranking(self):
        candidates = [{"distance": d, "air_time": a} for d, a in zip(DISTANCE, AIR_TIME)]
        body = {"context": {"carrier": "UA"}, "candidates": candidates, "top_k": 5}
        ranking = self.post("/v1/models/delay:rank", body).json()["ranking"]
        rows = [{**c, "carrier": "UA"} for c in candidates]
        one = {"inputs": [tensor(n, [r[n] for r in rows], "BYTES" if n == "carrier" else "FP64") for n in rows[0]]}
        scores = self.post("/v2/models/delay/infer", one).json()["outputs"][1]["data"][1::2]
        best = sorted(range(len(rows)), key=lambda i: (-scores[i], i))[:5]
        self.assertEqual([(r["index"], r["score"]) for r in ranking], [(i, scores[i]) for i in best])

    @serves("POST /models/{m}/invocations", "MLflow's wire forms", "dataframe_split, dataframe_records, CSV")
    def test_mlflow(self):
        rows = [list(row) for row in zip(CARRIER, DISTANCE, AIR_TIME)]
        split = {"dataframe_split": {"columns": ["carrier", "distance", "air_time"], "data": rows}}
        records = {"dataframe_records": [dict(zip(split["dataframe_split"]["columns"], row)) for row in rows]}
        for body in (split, records):
            reply = self.post("/models/delay/invocations", body, **{"Content-Type": "application/json"})
            self.assertEqual(reply.json(), {"predictions": self.labels})
        csv = (self.folder / "rows.csv").read_text()
        self.assertEqual(self.post("/models/delay/invocations", csv, **{"Content-Type": "text/csv"}).json(), {"predictions": self.labels})
        wrong = self.post("/models/delay/invocations", "<a/>", **{"Content-Type": "text/xml"})
        self.assertEqual((wrong.status_code, wrong.json()["error_code"]), (415, "BAD_REQUEST"))


    @serves("GET /v2/docs/openapi.json, /v2/docs", "openapi-spec-validator 0.9", "OpenAPI 3.1; each example works, and fits its schema")
    def test_openapi(self):
        document = requests.get(f"http://{self.host}/v2/docs/openapi.json").json()
        openapi_spec_validator.validate(document)
        posts = {path: item["post"] for path, item in document["paths"].items() if "post" in item}
        self.assertEqual(len(posts), 4)
        for path, post in posts.items():
            media = post["requestBody"]["content"]["application/json"]
            schema = {**media["schema"], "components": document["components"]}
            jsonschema.validate(media["example"], schema)
            reply = self.post(path, media["example"])
            self.assertEqual(reply.status_code, 200, reply.text)
            answer = post["responses"]["200"]["content"]["application/json"]["schema"]
            jsonschema.validate(reply.json(), {**answer, "components": document["components"]})
        page = requests.get(f"http://{self.host}/v2/docs").text
        commands = [html.unescape(command) for command in re.findall(r"<pre>(curl .*?)</pre>", page)]
        self.assertEqual(len(commands), 4)
        for command in commands:
            out = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
            self.assertIn('"name":"predict"' if "/infer" in command else '"predictions":', out)
        for link in re.findall(r'<a href="(.*?)"', page):
            found = requests.get(requests.compat.urljoin(f"http://{self.host}/v2/docs", link))
            self.assertEqual(found.status_code, 200, link)


if __name__ == "__main__":
    serving.main()
