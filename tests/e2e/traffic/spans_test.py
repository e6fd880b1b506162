"""Traces as a collector gets them: OTLP over HTTP, checked by OpenTelemetry's own messages.

    .cache/venv-otlp/bin/python tests/e2e/traffic/spans_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import base64
import http.client
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import sys
import threading
import time

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
import serving  # noqa: E402
from serving import serves  # noqa: E402

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OTLP = "opentelemetry-proto 1.45"


def decoded(body):
    """OTLP's JSON has ids in hexadecimal where protobuf's has base64; else it is protobuf's, and fields that are none of it fail."""
    request = json.loads(body)
    for spans in request["resourceSpans"]:
        for scope in spans["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return json_format.ParseDict(request, ExportTraceServiceRequest())


class Collector(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.headers, self.busy = [], [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def spans(self):
        return [span for request in self.requests for each in request.resource_spans for scope in each.scope_spans for span in scope.spans]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        collector = self.server
        status = 200 if self.path == "/v1/traces" else 404
        if collector.busy > 0:
            collector.busy -= 1
            status = 503
        if status == 200:
            collector.headers.append(dict(self.headers))
            collector.requests.append(decoded(body))
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *unused):
        pass


def attributes(span):
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


class Spans(serving.Served):
    @classmethod
    def arguments(cls, folder):
        cls.collector = Collector()
        path = folder / "models" / "delay" / "1" / "model.txt"
        path.parent.mkdir(parents=True)
        path.write_text(serving.number_model())
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{cls.collector.server_port}/"
        os.environ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-tenant=a b,x-more=c"
        os.environ["OTEL_SERVICE_NAME"] = "delays"
        return ["--repository", "models", "--model-control", "on-demand", "--trace-sample", "0", "--threads", "1"]

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.collector.shutdown()
        cls.collector.server_close()
        for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME"):
            del os.environ[name]

    def setUp(self):
        self.assertEqual(self.ask("POST", "/v2/repository/models/delay/load")[0], 200)

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(self.host)
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply.status, text

    def predict(self, path="/v1/models/delay:predict", body=None, parent=PARENT, sampled=True, trace=TRACE):
        return self.ask("POST", path, body or {"instances": [[0.0, 0.0]]}, traceparent=f"00-{trace}-{parent}-{'01' if sampled else '00'}")

    def wait_for(self, count, **wanted):
        """Spans of that trace, or of that name."""

        def found():
            return [
                span
                for span in self.collector.spans()
                if span.trace_id.hex() == wanted.get("trace", span.trace_id.hex()) and span.name == wanted.get("name", span.name)
            ]

        for _ in range(200):
            if len(found()) >= count:
                break
            time.sleep(0.05)
        self.assertEqual(len(found()), count, [span.name for span in self.collector.spans()])
        return found()

    @serves("POST /v1/traces of a collector", OTLP, "spans of a request and of its parts, under the caller's own")
    def test_a_request_is_a_span_under_its_callers(self):
        trace = "1" * 32
        self.assertEqual(self.ask("POST", "/v2/repository/models/delay/unload")[0], 200)
        before = time.time_ns()
        self.assertEqual(self.predict(trace=trace)[0], 200)  # loads the model first: it waits
        spans = {span.name: span for span in self.wait_for(5, trace=trace)}
        self.assertEqual(set(spans), {"POST /v1/models/{model}:predict", "queue", "input", "compute", "output"})
        whole = spans.pop("POST /v1/models/{model}:predict")
        self.assertEqual((whole.parent_span_id.hex(), whole.kind), (PARENT, Span.SPAN_KIND_SERVER))
        found = attributes(whole)
        for name, value in {
            "http.request.method": "POST", "url.path": "/v1/models/delay:predict", "http.route": "/v1/models/{model}:predict", "url.scheme": "http",
            "http.response.status_code": 200, "network.protocol.version": "1.1", "slipway.model.name": "delay", "slipway.model.version": "1", "slipway.rows": 1,
        }.items():
            self.assertEqual(found[name], value, name)
        self.assertGreaterEqual(whole.start_time_unix_nano, before - 10_000_000)
        for part in spans.values():
            self.assertEqual((part.parent_span_id, part.kind), (whole.span_id, Span.SPAN_KIND_INTERNAL))
            self.assertLessEqual(whole.start_time_unix_nano, part.start_time_unix_nano)
            self.assertLessEqual(part.end_time_unix_nano, whole.end_time_unix_nano)
        resource = attributes(self.collector.requests[0].resource_spans[0].resource)
        self.assertEqual(resource["service.name"], "delays")
        headers = self.collector.headers[0]
        self.assertEqual((headers["x-tenant"], headers["x-more"], headers["Content-Type"]), ("a b", "c", "application/json"))

    def test_who_says_no_is_not_traced_and_who_says_nothing_by_the_rate(self):
        self.assertEqual(self.predict(trace="2" * 32, sampled=False)[0], 200)
        self.assertEqual(self.ask("POST", "/v1/models/delay:predict", {"instances": [[0.0, 0.0]]})[0], 200)
        self.assertEqual(self.predict(trace="3" * 32)[0], 200)
        self.wait_for(4, trace="3" * 32)
        self.wait_for(0, trace="2" * 32)
        status, text = self.ask("POST", "/v2/trace/setting", {"trace_level": ["TIMESTAMPS"], "trace_rate": "1"})
        self.assertEqual((status, json.loads(text)["trace_rate"], json.loads(text)["trace_mode"]), (200, "1", "opentelemetry"), text)
        self.assertEqual(self.ask("GET", "/v2/health/live?x=1")[0], 200)
        live = self.wait_for(1, name="GET /v2/health/live")[0]
        self.assertEqual((live.parent_span_id, len(live.trace_id)), (b"", 16))
        _, text = self.ask("POST", "/v2/trace/setting", {"trace_level": ["OFF"]})
        self.assertEqual(json.loads(text)["trace_level"], ["OFF"])
        self.assertEqual(self.predict(trace="4" * 32)[0], 200)
        _, text = self.ask("POST", "/v2/trace/setting", {"trace_level": None, "trace_rate": None})
        self.assertEqual(json.loads(text)["trace_level"], ["OFF"])  # the rate that it was started with is 0
        self.assertIn("trace", json.loads(self.ask("GET", "/v2")[1])["extensions"])
        self.wait_for(0, trace="4" * 32)

    def test_errors_are_told_by_the_conventions(self):
        self.assertEqual(self.predict("/v2/models/nope/infer", trace="5" * 32)[0], 404)
        span = self.wait_for(1, trace="5" * 32)[0]
        self.assertEqual((span.name, attributes(span)["error.type"], span.status.code), ("POST", "404", 0))
        self.assertEqual(self.predict(body={"instances": "none"}, trace="6" * 32)[0], 400)
        span = self.wait_for(1, trace="6" * 32)[0]
        self.assertEqual(attributes(span)["http.response.status_code"], 400)

    def test_grpc(self):
        trace = "7" * 32
        call = subprocess.run(
            ["curl", "-sS", "--http2-prior-knowledge", "-o", "/dev/null", "-H", "content-type: application/grpc", "-H", "te: trailers", "-H", f"traceparent: 00-{trace}-{PARENT}-01",
             "--data-binary", "@-", f"http://{self.host}/inference.GRPCInferenceService/ServerLive"],
            input=b"\0\0\0\0\0", timeout=20, check=True,
        )
        self.assertEqual(call.returncode, 0)
        span = self.wait_for(1, trace=trace)[0]
        found = attributes(span)
        self.assertEqual(span.name, "inference.GRPCInferenceService/ServerLive")
        self.assertEqual((found["rpc.system"], found["rpc.method"], found["rpc.grpc.status_code"], found["network.protocol.version"]), ("grpc", "ServerLive", 0, "2"))

    def test_a_collector_that_is_busy_gets_them_again(self):
        self.collector.busy = 1
        self.assertEqual(self.predict(trace="8" * 32)[0], 200)
        self.wait_for(4, trace="8" * 32)


class TlsCollector(serving.Served):
    """https://, with a certificate that the collector has signed itself."""

    @classmethod
    def arguments(cls, folder):
        (folder / "delay.txt").write_text(serving.number_model())
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=collector"]
        names = ["-addext", "subjectAltName=DNS:localhost"]
        subprocess.run([*command, *names, "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        cls.asked = []
        context.sni_callback = lambda connection, name, unused: cls.asked.append(name)
        cls.collector = Collector()
        cls.collector.socket = context.wrap_socket(cls.collector.socket, server_side=True)
        return ["delay.txt", "--otlp-endpoint", f"https://localhost:{cls.collector.server_port}", "--otlp-ca", "cert.pem", "--trace-sample", "1"]

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.collector.shutdown()
        cls.collector.server_close()

    def predict(self, host):
        connection = http.client.HTTPConnection(host)
        connection.request("POST", "/v1/models/delay:predict", json.dumps({"instances": [[0.0, 0.0]]}))
        with connection.getresponse() as reply:
            self.assertEqual(reply.status, 200)
            reply.read()
        connection.close()

    def wait_until(self, reached, what):
        for _ in range(200):
            if reached():
                return
            time.sleep(0.05)
        self.fail(what())

    @serves("POST /v1/traces of a collector", OTLP, "over TLS, where its certificate is trusted (`--otlp-ca`) and for its name")
    def test_spans_come_over_tls(self):
        self.predict(self.host)
        self.wait_until(lambda: len(self.collector.spans()) >= 4, lambda: "".join(self.server.lines))
        self.assertEqual(set(self.asked), {"localhost"})

    def test_nothing_is_sent_to_who_is_not_trusted(self):
        endpoint = f"https://localhost:{self.collector.server_port}"
        before = len(self.collector.requests)
        other = serving.Server("delay.txt", "--otlp-endpoint", endpoint, "--trace-sample", "1", folder=self.folder)
        self.predict(other.host)
        self.wait_until(lambda: "its certificate is not trusted" in "".join(other.lines), lambda: "".join(other.lines))
        other.stop()
        self.assertIn("--otlp-ca FILE", "".join(other.lines))
        self.assertEqual(len(self.collector.requests), before)

    def test_a_file_that_is_not_there_stops_the_start(self):
        for variable in ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"):
            command = [serving.slipway(), "serve", "delay.txt", "--port", "0", "--log", "off", "--otlp-endpoint", "https://localhost:9"]
            environment = {**os.environ, variable: "none.pem"}
            done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=20)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f"{variable}: the certificates of those to trust (PEM), none.pem: No such file or directory", done.stderr)
        done = subprocess.run([*command[:-1], "http://localhost:9", "--otlp-ca", "cert.pem"], cwd=self.folder, capture_output=True, text=True, timeout=20)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--otlp-ca is for collectors with TLS", done.stderr)


class NoCollector(serving.Served):
    @classmethod
    def arguments(cls, folder):
        (folder / "delay.txt").write_text(serving.number_model())
        return ["delay.txt", "--otlp-endpoint", "http://127.0.0.1:9", "--trace-sample", "1"]

    def test_nobody_waits_for_a_collector_that_is_not_there(self):
        connection = http.client.HTTPConnection(self.host)
        for _ in range(200):
            connection.request("POST", "/v1/models/delay:predict", json.dumps({"instances": [[0.0, 0.0]]}))
            reply = connection.getresponse()
            reply.read()
            self.assertEqual(reply.status, 200)
        for _ in range(200):
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            dropped = [line for line in text.splitlines() if line.startswith("slipway_spans_dropped_total ")]
            if float(dropped[0].split()[1]) >= 800:
                break
            time.sleep(0.05)
        self.assertGreaterEqual(float(dropped[0].split()[1]), 800)


if __name__ == "__main__":
    serving.main()
