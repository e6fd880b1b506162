"""gRPC clients that people use against `slipway serve`: the same numbers as REST gives for the same rows, bit for bit, and every method.

    tools/setup e2e && tests/e2e/run.py venv-clients-grpc tests/e2e/grpc/clients_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import asyncio
import json
import os
import pathlib
import queue
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import grpc
import numpy
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from tritonclient.grpc import service_pb2, service_pb2_grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
import models  # noqa: E402
from serving import CARRIERS, delay_model, serves  # noqa: E402

SLIPWAY = None
TRITON = "tritonclient.grpc 2.73"
AIO = "tritonclient.grpc.aio 2.73"
GRPCIO = "grpcio 1.85"
ROWS = 300


def serve(folder, *options):
    """The server and its address, once it answers."""
    command = [SLIPWAY, "serve", *options, "--port", "0", "--log", "off", "--threads", "2"]
    server = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if found := re.search(r"https?://(\S+)", line):
            return server, found[1]
    raise AssertionError("the server did not start")


def stop(server):
    server.terminate()
    assert server.wait(30) == 0
    server.stderr.close()


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.temporary.name)
        (folder / "delay.txt").write_text(delay_model())
        (folder / "models" / "other").mkdir(parents=True)
        (folder / "models" / "other" / "model.txt").write_text(delay_model())
        draw = random.Random(5)
        special = [0.1, 0.30000000000000004, float("nan"), float("inf"), -0.0, 5e-324]
        cls.distance = numpy.array([draw.choice([draw.gauss(0, 1), draw.choice(special)]) for _ in range(ROWS)])
        cls.air_time = numpy.array([draw.gauss(0, 1) for _ in range(ROWS)])
        cls.carrier = numpy.array([draw.choice(CARRIERS + ["??"]) for _ in range(ROWS)], dtype=object)
        cls.server, cls.host = serve(folder, "delay.txt", "--repository", "models", "--model-control", "explicit")

    @classmethod
    def tearDownClass(cls):
        stop(cls.server)
        cls.temporary.cleanup()

    def setUp(self):
        self.client = triton.InferenceServerClient(self.host)
        self.channel = grpc.insecure_channel(self.host)
        self.stub = service_pb2_grpc.GRPCInferenceServiceStub(self.channel)

    def tearDown(self):
        self.client.close()
        self.channel.close()

    def inputs(self, rows=slice(None)):
        made = []
        for name, values, datatype in (("distance", self.distance, "FP64"), ("air_time", self.air_time, "FP64"), ("carrier", self.carrier, "BYTES")):
            made.append(triton.InferInput(name, [len(values[rows])], datatype))
            made[-1].set_data_from_numpy(values[rows])
        return made

    def rest(self, outputs=("predict", "predict_proba", "margin")):
        """REST's answer to the same rows."""
        columns = [("distance", "FP64", self.distance.tolist()), ("air_time", "FP64", self.air_time.tolist()), ("carrier", "BYTES", self.carrier.tolist())]
        body = {"inputs": [{"name": n, "datatype": t, "shape": [ROWS], "data": d} for n, t, d in columns], "outputs": [{"name": each} for each in outputs]}
        with urllib.request.urlopen(f"http://{self.host}/v2/models/delay/infer", json.dumps(body).encode()) as answer:
            return {each["name"]: each["data"] for each in json.load(answer)["outputs"]}

    def expect_rest(self, result):
        rest = self.rest()
        self.assertEqual([each.decode() for each in result.as_numpy("predict")], rest["predict"])
        for name in ("predict_proba", "margin"):
            found = result.as_numpy(name)
            if found is not None:
                self.assertEqual(found.dtype, numpy.float64)
                self.assertEqual(found.tobytes(), numpy.array(rest[name]).tobytes(), name)

    @serves("ModelInfer", TRITON, "raw contents; scores are REST's, bit for bit")
    def test_infer_gives_the_bits_of_rest(self):
        wanted = [triton.InferRequestedOutput(each) for each in ("predict", "predict_proba", "margin")]
        result = self.client.infer("delay", self.inputs(), outputs=wanted, request_id="mine", model_version="1")
        self.assertEqual((result.get_response().id, result.get_response().model_version), ("mine", "1"))
        self.assertEqual(result.as_numpy("predict_proba").shape, (ROWS, 2))
        self.expect_rest(result)
        self.expect_rest(self.client.infer("delay", self.inputs()))

    @serves("ModelInfer", TRITON, "gzip, client_timeout")
    def test_compressed_and_with_a_deadline(self):
        for algorithm in ("gzip", None):
            self.expect_rest(self.client.infer("delay", self.inputs(), compression_algorithm=algorithm, client_timeout=20))
        with self.assertRaisesRegex(Exception, "UNIMPLEMENTED.*gzip"):
            self.client.infer("delay", self.inputs(), compression_algorithm="deflate")

    @serves("ModelInfer", GRPCIO, "typed contents")
    def test_typed_contents_give_the_same_bits(self):
        request = service_pb2.ModelInferRequest(model_name="delay")
        for name, values in (("distance", self.distance), ("air_time", self.air_time)):
            request.inputs.add(name=name, datatype="FP64", shape=[ROWS]).contents.fp64_contents.extend(values)
        request.inputs.add(name="carrier", datatype="BYTES", shape=[ROWS]).contents.bytes_contents.extend(each.encode() for each in self.carrier)
        answer = self.stub.ModelInfer(request)
        probabilities = numpy.frombuffer(answer.raw_output_contents[1])
        self.assertEqual(probabilities.tolist(), self.rest()["predict_proba"])
        request.raw_input_contents.append(b"")
        request.raw_input_contents.extend([b"", b""])
        with self.assertRaises(grpc.RpcError) as refused:
            self.stub.ModelInfer(request)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("contents field must not be specified when using raw_input_contents for 'distance' for model 'delay'", refused.exception.details())

    @serves("ModelInfer", TRITON, "classification")
    def test_classes(self):
        wanted = [triton.InferRequestedOutput("predict_proba", class_count=1)]
        for text, proba in zip(self.client.infer("delay", self.inputs(), outputs=wanted).as_numpy("predict_proba"), numpy.reshape(self.rest()["predict_proba"], (-1, 2))):
            self.assertEqual(text[0].decode().split(":")[:2], [f"{max(proba):.6f}", str(int(proba[1] > proba[0]))])

    @serves("ModelInfer, ModelMetadata", TRITON, "errors that say what was expected")
    def test_errors_say_what_rest_says(self):
        def refused(call, code, text):
            with self.assertRaises(triton.InferenceServerException) as error:
                call()
            self.assertEqual(error.exception.status(), f"StatusCode.{code}")
            self.assertRegex(error.exception.message(), text)

        refused(lambda: self.client.infer("dela", self.inputs()), "NOT_FOUND", "^Request for unknown model: 'dela' is not found; did you mean 'delay'")
        refused(lambda: self.client.infer("delay", self.inputs(), model_version="9"), "NOT_FOUND", "version 9 is not found")
        refused(lambda: self.client.infer("delay", self.inputs()[:2]), "INVALID_ARGUMENT", "column 'carrier' is missing.*a request that works")
        refused(lambda: self.client.get_model_metadata("dela"), "NOT_FOUND", "Request for unknown model: 'dela'")
        short = triton.InferInput("distance", [3], "FP64")
        short._raw_content = b"12345678"
        refused(lambda: self.client.infer("delay", [short, *self.inputs()[1:]]), "INVALID_ARGUMENT", "distance")
        refused(lambda: self.client.register_system_shared_memory("r", "/k", 8), "UNIMPLEMENTED", "shared memory")

    @serves("ModelInfer", AIO, "many at a time")
    def test_aio(self):
        async def ask():
            async with triton_aio.InferenceServerClient(self.host) as client:
                self.assertTrue(await client.is_server_live())
                return await asyncio.gather(*(client.infer("delay", self.inputs()) for _ in range(20)))

        for result in asyncio.run(ask()):
            self.expect_rest(result)

    @serves("ModelInfer", TRITON, "async_infer: many at a time")
    def test_async_infer(self):
        done = queue.Queue()
        for _ in range(20):
            self.client.async_infer("delay", self.inputs(), lambda result, error: done.put((result, error)))
        for _ in range(20):
            result, error = done.get(timeout=20)
            self.assertIsNone(error)
            self.expect_rest(result)

    @serves("ModelStreamInfer", TRITON, "start_stream, async_stream_infer; an error does not end it")
    def test_stream(self):
        done = queue.Queue()
        self.client.start_stream(lambda result, error: done.put((result, error)))
        for number in range(5):
            self.client.async_stream_infer("delay" if number != 2 else "unknown", self.inputs(), request_id=str(number), enable_empty_final_response=True)
        answers = [done.get(timeout=20) for _ in range(5)]
        for number, (result, error) in enumerate(answers):
            if number == 2:
                self.assertIn("Request for unknown model", str(error))
                continue
            self.assertIsNone(error)
            self.assertEqual(result.get_response().id, str(number))
            self.assertTrue(result.get_response().parameters["triton_final_response"].bool_param)
            self.expect_rest(result)
        self.client.stop_stream()

    @serves("ModelStreamInfer", GRPCIO, "triton_grpc_error")
    def test_a_streams_error_may_be_its_status(self):
        call = self.stub.ModelStreamInfer(iter([service_pb2.ModelInferRequest(model_name="unknown")]), metadata=[("triton_grpc_error", "true")])
        with self.assertRaises(grpc.RpcError) as refused:
            next(call)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.NOT_FOUND)

    @serves("ServerLive, ServerReady, ModelReady, ServerMetadata, ModelMetadata, ModelConfig, ModelStatistics", TRITON, "health, metadata, configuration, statistics")
    def test_metadata_config_statistics(self):
        self.assertTrue(self.client.is_server_live() and self.client.is_server_ready() and self.client.is_model_ready("delay"))
        self.assertFalse(self.client.is_model_ready("nothing"))
        self.assertEqual(self.client.get_server_metadata().name, "slipway")
        metadata = self.client.get_model_metadata("delay", "1")
        self.assertEqual([each.name for each in metadata.inputs], ["distance", "air_time", "carrier"])
        self.assertEqual((metadata.inputs[0].datatype, list(metadata.inputs[0].shape)), ("FP64", [-1]))
        config = self.client.get_model_config("delay").config
        self.assertEqual((config.name, len(config.input)), ("delay", 3))
        before = self.client.get_inference_statistics("delay").model_stats[0]
        self.client.infer("delay", self.inputs())
        after = self.client.get_inference_statistics("delay").model_stats[0]
        self.assertEqual(after.inference_count - before.inference_count, ROWS)
        self.assertEqual(after.inference_stats.success.count - before.inference_stats.success.count, 1)
        self.assertGreaterEqual(len(self.client.get_inference_statistics().model_stats), 1)

    @serves("RepositoryIndex, RepositoryModelLoad, RepositoryModelUnload", TRITON, "index, load, unload")
    def test_model_control(self):
        self.assertFalse(self.client.is_model_ready("other"))
        self.client.load_model("other")
        self.assertTrue(self.client.is_model_ready("other"))
        index = {each.name: each.state for each in self.client.get_model_repository_index().models}
        self.assertEqual(index["other"], "READY")
        self.client.unload_model("other")
        self.assertFalse(self.client.is_model_ready("other"))
        with self.assertRaisesRegex(triton.InferenceServerException, "failed to load 'nothing'"):
            self.client.load_model("nothing")

    @serves("TraceSetting, LogSettings, SystemSharedMemory*, CudaSharedMemory*", TRITON, "settings; status and unregister of shared memory")
    def test_settings_and_shared_memory(self):
        self.assertEqual(list(self.client.get_trace_settings().settings["trace_level"].value), ["OFF"])
        self.assertTrue(self.client.get_log_settings().settings["log_info"].bool_param)
        self.assertTrue(self.client.update_log_settings({"log_info": True}).settings["log_info"].bool_param)
        self.client.unregister_system_shared_memory()
        self.client.unregister_cuda_shared_memory()
        self.assertEqual(len(self.client.get_system_shared_memory_status().regions), 0)

    @serves("grpc.health.v1.Health", "grpcio-health-checking 1.81", "Check, Watch")
    def test_health(self):
        stub = health_pb2_grpc.HealthStub(self.channel)
        for service in ("", "inference.GRPCInferenceService"):
            self.assertEqual(stub.Check(health_pb2.HealthCheckRequest(service=service)).status, health_pb2.HealthCheckResponse.SERVING)
        with self.assertRaises(grpc.RpcError) as refused:
            stub.Check(health_pb2.HealthCheckRequest(service="x"))
        self.assertEqual(refused.exception.code(), grpc.StatusCode.NOT_FOUND)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service="x"))
        self.assertEqual(next(watch).status, health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
        watch.cancel()

    @serves("grpc.reflection.v1alpha.ServerReflection", "grpcio-reflection 1.81", "services and their messages")
    def test_reflection(self):
        database = ProtoReflectionDescriptorDatabase(self.channel)
        self.assertIn("inference.GRPCInferenceService", database.get_services())
        pool = descriptor_pool.DescriptorPool(database)
        service = pool.FindServiceByName("inference.GRPCInferenceService")
        ours = service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
        self.assertEqual({each.name for each in service.methods}, {each.name for each in ours.methods})
        # What tritonclient sends and reads has the numbers that our schema has.
        for name in ("ModelInferRequest", "ModelInferResponse", "ModelStatisticsResponse", "ModelConfigResponse"):
            theirs = service_pb2.DESCRIPTOR.message_types_by_name[name]
            fields = {each.name: each.number for each in pool.FindMessageTypeByName(f"inference.{name}").fields}
            self.assertEqual(fields, {each.name: each.number for each in theirs.fields})

    @serves("ModelInfer", GRPCIO, "bytes, binary metadata")
    def test_raw_stubs(self):
        infer = self.channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        request = service_pb2.ModelInferRequest(model_name="delay")
        for name, values in (("distance", self.distance), ("air_time", self.air_time)):
            request.inputs.add(name=name, datatype="FP64", shape=[1])
            request.raw_input_contents.append(struct.pack("<d", values[0]))
        request.inputs.add(name="carrier", datatype="BYTES", shape=[1, 1])
        request.raw_input_contents.append(struct.pack("<I", 2) + b"B6")
        answer = service_pb2.ModelInferResponse.FromString(infer(request.SerializeToString(), metadata=[("trace-bin", b"\0\xff"), ("x", "y")]))
        self.assertEqual(list(answer.outputs[1].shape), [1, 2])
        with self.assertRaises(grpc.RpcError) as refused:
            infer(b"\xff\xff")
        self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        with self.assertRaises(grpc.RpcError) as unknown:
            self.channel.unary_unary("/inference.GRPCInferenceService/Nothing")(b"")
        self.assertEqual(unknown.exception.code(), grpc.StatusCode.UNIMPLEMENTED)

    @serves("ModelInfer", TRITON, "messages of megabytes")
    def test_large_messages(self):
        rows = 400_000  # 11 MB: far beyond any window and beyond gRPC's usual 4 MiB
        inputs = []
        for name, values, datatype in (("distance", self.distance, "FP64"), ("air_time", self.air_time, "FP64"), ("carrier", self.carrier, "BYTES")):
            inputs.append(triton.InferInput(name, [rows], datatype))
            inputs[-1].set_data_from_numpy(numpy.resize(values, rows))
        wanted = [triton.InferRequestedOutput("predict_proba")]
        result = self.client.infer("delay", inputs, outputs=wanted).as_numpy("predict_proba")
        expected = numpy.resize(numpy.reshape(self.rest()["predict_proba"], (-1, 2)), (rows, 2))
        self.assertEqual(result.tobytes(), expected.tobytes())

    @serves("ModelInfer", TRITON, "KeepAliveOptions")
    def test_keepalive_pings_are_answered(self):
        options = triton.KeepAliveOptions(keepalive_time_ms=50, keepalive_timeout_ms=5000, keepalive_permit_without_calls=True, http2_max_pings_without_data=0)
        client = triton.InferenceServerClient(self.host, keepalive_options=options)
        for _ in range(3):
            self.expect_rest(client.infer("delay", self.inputs()))
        client.close()

    @serves("POST /v2/models/{m}/infer", "curl, h2load", "HTTP/2 without TLS")
    def test_h2load_and_curl(self):
        body = pathlib.Path(self.temporary.name) / "body.json"
        body.write_text(json.dumps({"inputs": [{"name": n, "datatype": t, "shape": [1], "data": [v]} for n, t, v in (("distance", "FP64", 1.5), ("air_time", "FP64", None), ("carrier", "BYTES", "B6"))]}))
        url = f"http://{self.host}/v2/models/delay/infer"
        load = ["h2load", "-n", "2000", "-c", "4", "-m", "8", "-d", str(body), url]
        out = subprocess.run(load, capture_output=True, text=True, check=True).stdout
        self.assertIn("2000 succeeded, 0 failed", out)
        command = ["curl", "-sS", "-w", "%{http_version}", "-d", f"@{body}", url]
        over1 = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        over2 = subprocess.run([*command, "--http2-prior-knowledge"], capture_output=True, text=True, check=True).stdout
        self.assertTrue(over1.endswith("1.1") and over2.endswith("2"), (over1, over2))
        self.assertEqual(re.sub('"id":"[^"]*"', "", over1)[:-3], re.sub('"id":"[^"]*"', "", over2)[:-1])


class Examples(unittest.TestCase):
    """The calls of Triton's own examples, against models such as theirs."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        models.repository(pathlib.Path(cls.temporary.name) / "models")
        cls.server, cls.host = serve(cls.temporary.name, "--repository", "models", "--model-control", "explicit")
        cls.client = triton.InferenceServerClient(cls.host)
        for name in ("simple", "simple_string", "simple_int8", "simple_sequence", "simple_dyna_sequence"):
            cls.client.load_model(name)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        stop(cls.server)
        cls.temporary.cleanup()

    def add_sub(self, model, values, datatype):
        inputs = []
        for number, each in enumerate(values):
            inputs.append(triton.InferInput(f"INPUT{number}", [1, 16], datatype))
            inputs[-1].set_data_from_numpy(each.reshape(1, 16))
        result = self.client.infer(model, inputs)
        return result.as_numpy("OUTPUT0").reshape(16), result.as_numpy("OUTPUT1").reshape(16)

    @serves("ModelInfer", TRITON, "simple_grpc_infer_client, simple_grpc_string_infer_client")
    def test_numbers_and_strings(self):
        one, two = numpy.arange(16, dtype=numpy.int32), numpy.ones(16, dtype=numpy.int32)
        total, difference = self.add_sub("simple", (one, two), "INT32")
        self.assertEqual((total.tolist(), difference.tolist()), ((one + two).tolist(), (one - two).tolist()))
        texts = [numpy.array([str(each).encode() for each in values], dtype=object) for values in (one, two)]
        total, difference = self.add_sub("simple_string", texts, "BYTES")
        self.assertEqual([int(each) for each in total], (one + two).tolist())
        self.assertEqual([int(each) for each in difference], (one - two).tolist())

    @serves("ModelInfer", GRPCIO, "grpc_explicit_{int,int8,byte}_content_client")
    def test_explicit_contents(self):
        values = list(range(16))
        with grpc.insecure_channel(self.host) as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            for model, datatype, field in (("simple", "INT32", "int_contents"), ("simple_int8", "INT8", "int_contents"), ("simple_string", "BYTES", "bytes_contents")):
                request = service_pb2.ModelInferRequest(model_name=model)
                for number in range(2):
                    contents = request.inputs.add(name=f"INPUT{number}", datatype=datatype, shape=[1, 16]).contents
                    getattr(contents, field).extend([str(each).encode() for each in values] if datatype == "BYTES" else values)
                raw = stub.ModelInfer(request).raw_output_contents[0]
                sums = [2 * each for each in values]
                if datatype == "BYTES":
                    self.assertEqual(raw, b"".join(struct.pack("<I", len(str(each))) + str(each).encode() for each in sums))
                else:
                    self.assertEqual(numpy.frombuffer(raw, numpy.int8 if datatype == "INT8" else numpy.int32).tolist(), sums)

    @serves("ModelStreamInfer", TRITON, "simple_grpc_sequence_stream_infer_client")
    def test_sequences(self):
        done = queue.Queue()
        self.client.start_stream(lambda result, error: done.put((result, error)))
        values = [11, 7, 5]
        for at, value in enumerate(values):
            made = triton.InferInput("INPUT", [1, 1], "INT32")
            made.set_data_from_numpy(numpy.full((1, 1), value, dtype=numpy.int32))
            self.client.async_stream_infer("simple_sequence", [made], sequence_id=1007, sequence_start=at == 0, sequence_end=at == 2)
        for value, started in zip(values, (1, 0, 0)):
            result, error = done.get(timeout=20)
            self.assertIsNone(error)
            self.assertEqual(result.as_numpy("OUTPUT")[0][0], value + started)
        self.client.stop_stream()

    @serves("RepositoryModelLoad, ModelConfig", TRITON, "simple_grpc_model_control: override, inline files")
    def test_overrides(self):
        with self.assertRaisesRegex(triton.InferenceServerException, "failed to load"):
            self.client.load_model("simple_identity", config='"parameters": {"config": {{"max_batch_size": "16"}}}')
        self.client.load_model("simple_identity", config='{"max_batch_size":"16"}')
        self.assertEqual(self.client.get_model_config("simple_identity").config.max_batch_size, 16)
        model = (pathlib.Path(self.temporary.name) / "models/simple/1/model.onnx").read_bytes()
        self.client.load_model("sent", config="{}", files={"file:1/model.onnx": model})
        self.assertTrue(self.client.is_model_ready("sent"))
        with self.assertRaisesRegex(triton.InferenceServerException, "failed to load"):
            self.client.load_model("simple", config="{}", files={"file:" + "A" * 256: b"a"})


def make_certificate(folder, name):
    """Signed by itself, for localhost: name.pem, name.key."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


class Tls(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        (self.folder / "delay.txt").write_text(delay_model())
        for name in ("server", "client", "next"):
            make_certificate(self.folder, name)
        options = ["--tls-cert", "server.pem", "--tls-key", "server.key", "--tls-client-ca", "client.pem"]
        self.server, host = serve(self.folder, "delay.txt", *options)
        self.port = host.rsplit(":", 1)[1]

    def tearDown(self):
        stop(self.server)
        self.temporary.cleanup()

    def read(self, name):
        return (self.folder / name).read_bytes()

    def curl(self, *options, path="/v2/health/live"):
        command = ["curl", "-sS", "--cacert", "server.pem", "--cert", "client.pem", "--key", "client.key", "-w", " %{http_version}", *options]
        return subprocess.run([*command, f"https://localhost:{self.port}{path}"], cwd=self.folder, capture_output=True, text=True, check=False)

    @serves("GET /v2/health/live, ServerReady", "curl, grpcio 1.85", "TLS 1.2 and 1.3, client certificates, HTTP/1.1 and HTTP/2")
    def test_both_protocols_and_grpc(self):
        self.assertEqual(self.curl().stdout, '{"live":true} 2')
        self.assertEqual(self.curl("--http1.1").stdout, '{"live":true} 1.1')
        self.assertEqual(self.curl("--tls-max", "1.2").stdout, '{"live":true} 2')
        for page in ("/", "/v2/docs", "/v2/docs/openapi.json"):
            self.assertIn(f"https://localhost:{self.port}", self.curl(path=page).stdout)
        credentials = grpc.ssl_channel_credentials(self.read("server.pem"), self.read("client.key"), self.read("client.pem"))
        with grpc.secure_channel(f"localhost:{self.port}", credentials) as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            self.assertTrue(stub.ServerReady(service_pb2.ServerReadyRequest()).ready)
        unknown = grpc.ssl_channel_credentials(self.read("server.pem"))
        with grpc.secure_channel(f"localhost:{self.port}", unknown) as channel, self.assertRaises(grpc.RpcError):
            service_pb2_grpc.GRPCInferenceServiceStub(channel).ServerReady(service_pb2.ServerReadyRequest())

    def test_new_files_are_served(self):
        credentials = grpc.ssl_channel_credentials(self.read("server.pem"), self.read("client.key"), self.read("client.pem"))
        with grpc.secure_channel(f"localhost:{self.port}", credentials) as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            self.assertTrue(stub.ServerReady(service_pb2.ServerReadyRequest()).ready)
            for name in ("pem", "key"):
                os.replace(self.folder / f"next.{name}", self.folder / f"server.{name}")
            self.server.send_signal(signal.SIGHUP)
            for line in self.server.stderr:
                if "TLS certificates read again" in line:
                    break
            self.assertEqual(self.curl().stdout, '{"live":true} 2')  # --cacert is the new one by now
            self.assertTrue(stub.ServerReady(service_pb2.ServerReadyRequest()).ready)


class Keys(unittest.TestCase):
    @serves("ModelMetadata, ModelStreamInfer, RepositoryModelLoad", GRPCIO, "keys, as metadata")
    def test_keys(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "delay.txt").write_text(delay_model())
            made = subprocess.run([SLIPWAY, "key", "create", "ci", "--json"], cwd=folder, check=True, capture_output=True, text=True).stdout
            server, host = serve(folder, "delay.txt", "--access-log", "access.jsonl")
            with grpc.insecure_channel(host) as channel:
                stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
                health = health_pb2_grpc.HealthStub(channel)
                self.assertEqual(health.Check(health_pb2.HealthCheckRequest()).status, health_pb2.HealthCheckResponse.SERVING)
                key = [("authorization", "Bearer " + json.loads(made)["key"])]
                model = service_pb2.ModelMetadataRequest(name="delay")
                stream = [service_pb2.ModelInferRequest(model_name="delay")]
                self.assertEqual(stub.ModelMetadata(model, metadata=key).name, "delay")
                self.assertIn("inputs", next(stub.ModelStreamInfer(iter(stream), metadata=key)).error_message)
                for call in (lambda: stub.ModelMetadata(model), lambda: next(stub.ModelStreamInfer(iter(stream)))):
                    with self.assertRaises(grpc.RpcError) as refused:
                        call()
                    self.assertEqual(refused.exception.code(), grpc.StatusCode.UNAUTHENTICATED)
                    self.assertTrue(refused.exception.details().startswith("a key is needed"), refused.exception.details())
                with self.assertRaises(grpc.RpcError) as refused:
                    stub.RepositoryModelLoad(service_pb2.RepositoryModelLoadRequest(model_name="delay"), metadata=key)
                self.assertEqual(refused.exception.code(), grpc.StatusCode.PERMISSION_DENIED)
            stop(server)
            told = [json.loads(line) for line in (pathlib.Path(folder) / "access.jsonl").read_text().splitlines()]
            paths = [(each["path"].rsplit("/", 1)[1], each["status"], each.get("grpc_status")) for each in told]
            self.assertEqual(paths[:3], [("Check", 200, "0"), ("ModelMetadata", 200, "0"), ("ModelStreamInfer", 200, None)])
            self.assertEqual(paths[3:], [("ModelMetadata", 401, None), ("ModelStreamInfer", 401, None), ("RepositoryModelLoad", 403, None)])

    @serves("ServerLive", GRPCIO, "who is refused because of load and calls again by itself waits as long as it is told (`grpc-retry-pushback-ms`)")
    def test_retries_wait_as_they_are_told(self):
        # Without being told: four more tries within 4 ms, and a key that may ask once a second.
        policy = {"maxAttempts": 5, "initialBackoff": "0.001s", "maxBackoff": "0.001s", "backoffMultiplier": 1, "retryableStatusCodes": ["RESOURCE_EXHAUSTED"]}
        options = [("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": policy}]}))]
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "delay.txt").write_text(delay_model())
            made = subprocess.run([SLIPWAY, "key", "create", "slow", "--rate", "1", "--json"], cwd=folder, check=True, capture_output=True, text=True).stdout
            server, host = serve(folder, "delay.txt")
            key = [("authorization", "Bearer " + json.loads(made)["key"])]
            with grpc.insecure_channel(host, options=options) as channel:
                stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
                for _ in range(2):
                    self.assertTrue(stub.ServerLive(service_pb2.ServerLiveRequest(), metadata=key, timeout=20).live)
            stop(server)


class Drain(unittest.TestCase):
    def test_a_stop_loses_no_call(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "delay.txt").write_text(delay_model())
            server, host = serve(folder, "delay.txt")
            channel = grpc.insecure_channel(host)
            watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
            self.assertEqual(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
            request = service_pb2.ModelInferRequest(model_name="delay")
            request.inputs.add(name="input-0", datatype="FP64", shape=[0, 3])
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            server.terminate()
            said = []
            with self.assertRaises(grpc.RpcError) as ended:
                for each in watch:
                    said.append(each.status)
            self.assertIn(health_pb2.HealthCheckResponse.NOT_SERVING, said)
            self.assertEqual(ended.exception.code(), grpc.StatusCode.UNAVAILABLE)
            del stub, request
            channel.close()
            self.assertEqual(server.wait(30), 0)
            server.stderr.close()


if __name__ == "__main__":
    SLIPWAY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
