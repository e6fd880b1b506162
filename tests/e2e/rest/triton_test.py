"""tritonclient against `slipway serve --repository`: the calls that Triton's own examples make, and further ones.

    .cache/venv-clients/bin/python tests/e2e/rest/triton_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import asyncio
import base64
import html
import json
import re
import subprocess
import urllib.request

import models
import numpy
import serving
import tritonclient.http
import tritonclient.http.aio
from serving import serves
from tritonclient.utils import InferenceServerException

HTTP = "tritonclient.http 2.73"
AIO = "tritonclient.http.aio 2.73"
INFER = "POST /v2/models/{m}/infer"
IN0 = numpy.arange(16, dtype=numpy.int32).reshape(1, 16)
IN1 = numpy.full((1, 16), -3, dtype=numpy.int32)


def pair(datatype="INT32", in0=IN0, in1=IN1, binary=(True, True), library=tritonclient.http):
    made = [library.InferInput(f"INPUT{i}", list(in0.shape), datatype) for i in (0, 1)]
    for each, values, is_binary in zip(made, (in0, in1), binary):
        each.set_data_from_numpy(values, binary_data=is_binary)
    return made


class Triton(serving.Served):
    @classmethod
    def arguments(cls, folder):
        models.repository(folder / "models")
        return ["--repository", "models", "--server-name", "triton", "--metrics-compat"]

    def setUp(self):
        self.client = tritonclient.http.InferenceServerClient(self.host, concurrency=4)
        self.addCleanup(self.client.close)

    def check(self, result, in0=IN0, in1=IN1):
        numpy.testing.assert_array_equal(result.as_numpy("OUTPUT0"), in0 + in1)
        numpy.testing.assert_array_equal(result.as_numpy("OUTPUT1"), in0 - in1)

    @serves("GET /v2, /v2/health/live, /v2/health/ready, /v2/models/{m}/ready, /v2/models/{m}", HTTP, "health and metadata, with query strings")
    def test_health_and_metadata(self):
        query = {"test_1": 1, "test_2": 2}
        self.assertTrue(self.client.is_server_live(query_params=query) and self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("simple") and self.client.is_model_ready("simple", "1"))
        self.assertEqual(self.client.get_server_metadata()["name"], "triton")
        metadata = self.client.get_model_metadata("simple", query_params=query)
        self.assertEqual(metadata["inputs"][1], {"name": "INPUT1", "datatype": "INT32", "shape": [-1, 16]})
        with self.assertRaisesRegex(InferenceServerException, "Request for unknown model"):
            self.client.get_model_metadata("wrong_model_name")

    @serves(INFER, HTTP, "binary tensors in and out, JSON in and out, and mixed")
    def test_binary_and_json(self):
        for binary in [(True, True), (True, False), (False, True), (False, False)]:
            self.check(self.client.infer("simple", pair(binary=binary), request_id="1"))
            outputs = [tritonclient.http.InferRequestedOutput(f"OUTPUT{i}", binary_data=b) for i, b in enumerate(binary)]
            self.check(self.client.infer("simple", pair(binary=binary), outputs=outputs, model_version="1"))

    @serves(INFER, HTTP, "gzip and deflate of requests and replies")
    def test_compression(self):
        for sent in ("gzip", "deflate", None):
            for received in ("gzip", "deflate", None):
                result = self.client.infer(
                    "simple", pair(), request_compression_algorithm=sent, response_compression_algorithm=received
                )
                self.check(result)

    @serves(INFER, HTTP, "async_infer: many at a time")
    def test_async_infer(self):
        for asked in [self.client.async_infer("simple", pair()) for _ in range(20)]:
            self.check(asked.get_result())

    @serves(INFER, AIO, "binary tensors, with its default Accept-Encoding")
    def test_aio(self):
        async def ask():
            async with tritonclient.http.aio.InferenceServerClient(self.host) as client:
                assert await client.is_model_ready("simple")
                for binary in [(True, True), (False, False)]:
                    self.check(await client.infer("simple", pair(binary=binary, library=tritonclient.http.aio)))

        asyncio.run(ask())

    @serves(INFER, HTTP, "INT8 tensors")
    def test_int8(self):
        in0, in1 = IN0.astype(numpy.int8), IN1.astype(numpy.int8)
        self.check(self.client.infer("simple_int8", pair("INT8", in0, in1)), in0, in1)

    @serves(INFER, HTTP, "BYTES tensors, binary and JSON, with embedded NUL")
    def test_strings(self):
        texts = [numpy.array([str(v).encode() for v in a.flat], dtype=numpy.object_).reshape(a.shape) for a in (IN0, IN1)]
        outputs = [tritonclient.http.InferRequestedOutput(f"OUTPUT{i}", binary_data=not i) for i in (0, 1)]
        result = self.client.infer("simple_string", pair("BYTES", *texts, binary=(True, False)), outputs=outputs)
        self.assertEqual([int(v) for v in result.as_numpy("OUTPUT0").flat], (IN0 + IN1).flatten().tolist())
        self.assertEqual([int(v) for v in result.as_numpy("OUTPUT1").flat], (IN0 - IN1).flatten().tolist())
        for value in (b"he\x00llo", b"\x00\x01\x02\x03", "\u00e9\U0001f600".encode()):
            for binary in (True, False):
                given = numpy.array([value] * 16, dtype=numpy.object_).reshape(1, 16)
                text = tritonclient.http.InferInput("INPUT0", [1, 16], "BYTES")
                text.set_data_from_numpy(given, binary_data=binary)
                wanted = [tritonclient.http.InferRequestedOutput("OUTPUT0", binary_data=binary)]
                found = self.client.infer("simple_identity", [text], outputs=wanted).as_numpy("OUTPUT0")
                self.assertEqual({v if binary else v.encode() for v in found.flat}, {value})

    @serves(INFER, HTTP, "sequence_id (a number or a name), sequence_start, sequence_end; priority and timeout taken")
    def test_sequences(self):
        def ask(model, value, **sequence):
            tensor = tritonclient.http.InferInput("INPUT", [1, 1], "INT32")
            tensor.set_data_from_numpy(numpy.array([[value]], dtype=numpy.int32))
            return self.client.infer(model, [tensor], priority=1, timeout=1000, **sequence).as_numpy("OUTPUT")[0][0]

        self.assertEqual(ask("simple_sequence", 20, sequence_id=1000, sequence_start=True), 21)
        self.assertEqual(ask("simple_sequence", 20, sequence_id="a-name", sequence_end=True), 20)
        self.assertEqual(ask("simple_dyna_sequence", 20, sequence_id=1000, sequence_start=True, sequence_end=True), 1021)
        self.assertEqual(ask("simple_dyna_sequence", 20, sequence_id="1002", sequence_end=True), 1022)
        described = self.client.get_model_metadata("simple_sequence")["inputs"]
        self.assertEqual([each["name"] for each in described], ["INPUT"])

    @serves(INFER, HTTP, "classification, with a label file")
    def test_classification(self):
        tensor = tritonclient.http.InferInput("X", [2, 1], "FP32")
        tensor.set_data_from_numpy(numpy.array([[1], [-1]], dtype=numpy.float32))
        for binary in (True, False):
            wanted = [tritonclient.http.InferRequestedOutput("SCORES", binary_data=binary, class_count=2)]
            found = self.client.infer("classes", [tensor], outputs=wanted).as_numpy("SCORES")
            texts = [[v.decode() if binary else v for v in row] for row in found]
            self.assertEqual(texts, [["3.000000:1:banana", "2.000000:2:cherry"], ["-1.000000:0:apple", "-2.000000:2:cherry"]])

    @serves("GET /v2/models/stats, /v2/models/{m}/stats", HTTP, "statistics")
    def test_statistics(self):
        before = self.client.get_inference_statistics("classes")["model_stats"][0]
        tensor = tritonclient.http.InferInput("X", [3, 1], "FP32")
        tensor.set_data_from_numpy(numpy.ones((3, 1), dtype=numpy.float32))
        self.client.infer("classes", [tensor])
        with self.assertRaises(InferenceServerException):
            self.client.infer("classes", pair())
        after = self.client.get_inference_statistics("classes", "1")["model_stats"]
        self.assertEqual(len(after), 1)
        after = after[0]
        self.assertEqual(after["inference_count"] - before["inference_count"], 3)
        self.assertEqual(after["inference_stats"]["success"]["count"] - before["inference_stats"]["success"]["count"], 1)
        self.assertEqual(after["inference_stats"]["fail"]["count"] - before["inference_stats"]["fail"]["count"], 1)
        self.assertIn(3, [batch["batch_size"] for batch in after["batch_stats"]])
        names = "success fail queue compute_input compute_infer compute_output cache_hit cache_miss".split()
        self.assertEqual(list(after["inference_stats"]), names)
        self.assertEqual(len(self.client.get_inference_statistics()["model_stats"]), 7)

    @serves("GET /metrics", "curl", "Triton's names with --metrics-compat")
    def test_metrics(self):
        self.client.infer("simple", pair())
        page = subprocess.run(["curl", "-s", f"http://{self.host}/metrics"], capture_output=True, text=True, check=True).stdout
        for name in ("nv_inference_request_success", "nv_inference_count", "nv_inference_exec_count"):
            self.assertRegex(page, rf'(?m)^{name}\{{model="simple",version="1"\}} [1-9]')

    @serves("GET /v2/models/{m}/config", HTTP, "model configuration")
    def test_config(self):
        config = self.client.get_model_config("simple")
        self.assertEqual((config["max_batch_size"], config["platform"]), (8, "onnxruntime_onnx"))
        self.assertEqual(config["input"][0]["data_type"], "TYPE_INT32")
        self.assertEqual(config["input"][0]["dims"], [16])
        controls = self.client.get_model_config("simple_sequence")["sequence_batching"]["control_input"]
        self.assertEqual(controls[0]["control"][0]["int32_false_true"], [0, 1])

    @serves("GET, POST /v2/logging", HTTP, "log settings")
    def test_log_settings(self):
        self.assertTrue(self.client.get_log_settings()["log_info"])
        self.assertEqual(self.client.update_log_settings({"log_verbose_level": 1})["log_verbose_level"], 1)
        self.assertEqual(self.client.update_log_settings({"log_verbose_level": 0, "log_info": True})["log_verbose_level"], 0)

    @serves("GET, POST /v2/trace/setting", HTTP, "trace settings: OFF is the only level")
    def test_trace_settings(self):
        self.assertEqual(self.client.get_trace_settings()["trace_level"], ["OFF"])
        self.assertEqual(self.client.update_trace_settings("simple", {"trace_level": ["OFF"]})["trace_level"], ["OFF"])
        with self.assertRaisesRegex(InferenceServerException, "not traced here"):
            self.client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]})

    @serves("GET, POST /v2/systemsharedmemory, /v2/cudasharedmemory", HTTP, "status and unregister; register is refused")
    def test_shared_memory(self):
        self.client.unregister_system_shared_memory()
        self.client.unregister_cuda_shared_memory()
        self.assertEqual(self.client.get_system_shared_memory_status(), [])
        with self.assertRaisesRegex(InferenceServerException, "shared memory is not served here"):
            self.client.register_system_shared_memory("region", "/key", 64)

    @serves(INFER, HTTP, "errors that say what was expected")
    def test_errors(self):
        def refused(text, model="simple", inputs=None, **more):
            with self.assertRaisesRegex(InferenceServerException, text) as caught:
                self.client.infer(model, inputs or pair(), **more)
            return caught.exception

        self.assertTrue(refused("did you mean 'simple'", "simpel").message().startswith("Request for unknown model"))
        refused("is not found; served here is version 1", model_version="9")
        refused("input 'INPUT0': shape .rows, 16. expected", inputs=pair(in0=IN0[:, :8], in1=IN1[:, :8]))
        refused("batch-size must be <= 8", inputs=pair(in0=numpy.tile(IN0, (9, 1)), in1=numpy.tile(IN1, (9, 1))))
        refused("is missing", inputs=pair()[:1])
        refused("output 'OUTPUT9' is unknown", outputs=[tritonclient.http.InferRequestedOutput("OUTPUT9")])
        with self.assertRaisesRegex(InferenceServerException, "explicit model load / unload is not allowed"):
            self.client.load_model("simple")


    @serves("GET /", "curl", "a command for each model, which works as it stands")
    def test_home_page(self):
        page = subprocess.run(["curl", "-s", f"http://{self.host}/"], capture_output=True, text=True, check=True).stdout
        commands = re.findall(r"^ +(curl .*)$", page, re.MULTILINE)
        self.assertEqual(len(commands), 7)
        for command in commands:
            out = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
            self.assertIn('"outputs":[', out, command)


class Versions(serving.Served):
    @classmethod
    def arguments(cls, folder):
        for version, leaf in ((1, -0.37), (3, -0.5)):
            place = folder / "models" / "delay" / str(version)
            place.mkdir(parents=True)
            (place / "model.txt").write_text(serving.number_model(leaf))
        (folder / "models" / "delay" / "config.pbtxt").write_text("version_policy { all {} }\n")
        return ["--repository", "models"]

    @serves("POST /v2/models/{m}/versions/{v}/infer, GET .../ready, .../stats", HTTP, "several versions; none asked for: the newest")
    def test_versions(self):
        client = tritonclient.http.InferenceServerClient(self.host)
        self.addCleanup(client.close)
        tensor = tritonclient.http.InferInput("input-0", [1, 2], "FP64")
        tensor.set_data_from_numpy(numpy.zeros((1, 2)))
        for version, leaf in (("1", -0.37), ("3", -0.5), ("", -0.5)):
            result = client.infer("delay", [tensor], model_version=version)
            self.assertEqual(result.as_numpy("predict").tolist(), [leaf + 0.113])
            self.assertEqual(result.get_response()["model_version"], version or "3")
        self.assertEqual(client.get_model_metadata("delay")["versions"], ["1", "3"])
        self.assertTrue(client.is_model_ready("delay", "1"))
        self.assertFalse(client.is_model_ready("delay", "2"))
        counts = {each["version"]: each["inference_count"] for each in client.get_inference_statistics("delay")["model_stats"]}
        self.assertEqual(counts, {"1": 1, "3": 2})
        self.assertEqual(len(client.get_inference_statistics("delay", "1")["model_stats"]), 1)


class Cached(serving.Served):
    @classmethod
    def arguments(cls, folder):
        models.repository(folder / "models")
        with open(folder / "models" / "simple" / "config.pbtxt", "a", encoding="utf-8") as config:
            config.write("response_cache { enable: true }\n")
        return ["--repository", "models", "--threads", "1", "--metrics-compat", "--response-cache", "1 MiB"]

    @serves(INFER, HTTP, "response_cache: hits have the bits of misses, and are counted")
    def test_response_cache(self):
        client = tritonclient.http.InferenceServerClient(self.host)
        self.addCleanup(client.close)
        self.assertTrue(client.get_model_config("simple")["response_cache"]["enable"])
        for binary in (True, False, True):
            result = client.infer("simple", pair(binary=(binary, binary)))
            numpy.testing.assert_array_equal(result.as_numpy("OUTPUT0"), IN0 + IN1)
            numpy.testing.assert_array_equal(result.as_numpy("OUTPUT1"), IN0 - IN1)
        found = client.get_inference_statistics("simple")["model_stats"][0]
        counts = {name: found["inference_stats"][name]["count"] for name in ("success", "cache_hit", "cache_miss", "compute_infer")}
        self.assertEqual(counts, {"success": 3, "cache_hit": 2, "cache_miss": 1, "compute_infer": 1})
        self.assertEqual(found["execution_count"], 1)
        page = subprocess.run(["curl", "-s", f"http://{self.host}/metrics"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(page, r'(?m)^nv_cache_num_hits_per_model\{model="simple",version="1"\} 2$')


class Control(serving.Served):
    @classmethod
    def arguments(cls, folder):
        models.repository(folder / "models")
        return ["--repository", "models", "--model-control", "explicit"]

    @serves("POST /v2/repository/index, /v2/repository/models/{m}/load, /unload", HTTP, "load, unload, index, configuration override")
    def test_control(self):
        client = tritonclient.http.InferenceServerClient(self.host)
        self.addCleanup(client.close)
        self.assertEqual(len(client.get_model_repository_index()), 7)
        self.assertFalse(client.is_model_ready("simple"))
        client.load_model("simple")
        self.assertTrue(client.is_model_ready("simple"))
        states = {each["name"]: each.get("state") for each in client.get_model_repository_index()}
        self.assertEqual((states["simple"], states["classes"]), ("READY", None))
        with self.assertRaisesRegex(InferenceServerException, "failed to load"):
            client.load_model("simple", config='"parameters": {"config": {{"max_batch_size": "16"}}}')
        client.load_model("simple", config='{"max_batch_size":"16"}')
        self.assertEqual(client.get_model_config("simple")["max_batch_size"], 16)
        client.unload_model("simple")
        self.assertFalse(client.is_model_ready("simple"))
        with self.assertRaisesRegex(InferenceServerException, "failed to load"):
            client.load_model("wrong_model_name")

    @serves("POST /v2/repository/models/{m}/load", HTTP, "inline files")
    def test_inline_files(self):
        client = tritonclient.http.InferenceServerClient(self.host)
        self.addCleanup(client.close)
        model = (self.folder / "models" / "simple" / "1" / "model.onnx").read_bytes()
        client.load_model("sent", config=json.dumps({"max_batch_size": 4}), files={"file:3/model.onnx": model})
        result = client.infer("sent", pair(), model_version="3")
        numpy.testing.assert_array_equal(result.as_numpy("OUTPUT0"), IN0 + IN1)
        for path in ("../model.onnx", "/model.onnx", "a" * 300):
            with self.assertRaisesRegex(InferenceServerException, "failed to poll from model repository"):
                client.load_model("evil", config="{}", files={"file:" + path: base64.b64decode("AA==")})


class Prefix(serving.Served):
    @classmethod
    def arguments(cls, folder):
        models.repository(folder / "models")
        return ["--repository", "models", "--path-prefix", "/team-a/models/"]

    @serves("any, under --path-prefix", HTTP, "a URL with a path: host:port/some/prefix")
    def test_a_url_may_have_a_prefix(self):
        for url in (self.host + "/team-a/models", self.host):
            client = tritonclient.http.InferenceServerClient(url)
            self.assertTrue(client.is_server_live() and client.is_model_ready("simple"))
            result = client.infer("simple", pair())
            numpy.testing.assert_array_equal(result.as_numpy("OUTPUT0"), IN0 + IN1)
            client.close()
        page = html.unescape(urllib.request.urlopen(f"http://{self.host}/team-a/models/v2/docs").read().decode())
        self.assertIn(f"curl -s 'http://{self.host}/team-a/models/v2/models/simple/infer'", page)
        for prefix in ("/team-b/models", "/team-a/modelsv2"):
            client = tritonclient.http.InferenceServerClient(self.host + prefix)
            with self.assertRaises(InferenceServerException):
                client.get_server_metadata()
            client.close()


if __name__ == "__main__":
    serving.main()
