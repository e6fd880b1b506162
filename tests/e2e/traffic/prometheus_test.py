"""A real Prometheus scrapes `slipway serve`: text and messages, exponential histograms, examples of traces.

    .cache/venv-clients/bin/python tests/e2e/traffic/prometheus_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import http.server
import json
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
import serving  # noqa: E402
from serving import serves  # noqa: E402

PROMETHEUS = "Prometheus 2.42"
ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = ROOT / ".cache/prometheus/usr/bin"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BODY = json.dumps({"instances": [{"distance": 0.1, "air_time": 0.3, "carrier": "AA"}]}).encode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes every span."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Prometheus:
    """One that scrapes a server four times a second."""

    def __init__(self, folder, target, features):
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n"
            f"scrape_configs: [{{job_name: slipway, static_configs: [{{targets: ['{target}']}}]}}]\n")
        self.url = f"http://127.0.0.1:{free_port()}"
        command = [BIN / "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                   f"--web.listen-address={self.url.removeprefix('http://')}", *features]
        with open(folder / "prometheus.log", "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, stderr=log)

    def ask(self, path, **parameters):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}") as reply:
            return json.load(reply)["data"]

    def wait_for(self, query, is_there):
        """The first result of an instant query that fulfils it."""
        found = None
        for _ in range(200):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                found = self.ask("query", query=query)["result"]
                if found and is_there(found[0]):
                    return found[0]
            time.sleep(0.1)
        raise AssertionError(f"{query}: {found}")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Scraped(serving.Served):
    @classmethod
    def arguments(cls, folder):
        (folder / "delay.txt").write_text(serving.delay_model())
        cls.collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
        threading.Thread(target=cls.collector.serve_forever, daemon=True).start()
        return ["delay.txt", "--metrics-compat", "--otlp-endpoint", f"http://127.0.0.1:{cls.collector.server_port}"]

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.collector.shutdown()
        cls.collector.server_close()

    def predict(self, times, headers=None):
        for _ in range(times):
            request = urllib.request.Request(f"http://{self.host}/v1/models/delay:predict", BODY, headers or {})
            urllib.request.urlopen(request).read()

    def page(self, accept=None):
        request = urllib.request.Request(f"http://{self.host}/metrics", headers={"Accept": accept} if accept else {})
        with urllib.request.urlopen(request) as reply:
            return reply.headers["Content-Type"], reply.read()

    def scrape(self, *features):
        folder = self.folder / self.id().rsplit(".", 1)[1]
        folder.mkdir()
        prometheus = Prometheus(folder, self.host, features)
        self.addCleanup(prometheus.stop)
        return prometheus

    def buckets(self):
        """(bound, requests up to it) of the text."""
        text = self.page()[1].decode()
        found = re.findall(r'slipway_request_seconds_bucket\{model="delay",version="1",le="(.*?)"\} (\d+)', text)
        return [(float(bound), int(count)) for bound, count in found]

    @serves("GET /metrics", PROMETHEUS, "exponential histograms of requests, queue and compute by model and version; examples of traces")
    def test_messages(self):
        self.predict(120)
        self.predict(3, {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
        count = self.buckets()[-1][1]
        prometheus = self.scrape("--enable-feature=native-histograms,exemplar-storage")
        series = '{model="delay",version="1"}'
        result = prometheus.wait_for("slipway_request_seconds" + series, lambda each: "histogram" in each)
        histogram = result["histogram"][1]
        self.assertEqual(int(histogram["count"]), count)
        self.assertEqual(sum(int(each[3]) for each in histogram["buckets"]), count)
        for name in ("queue", "compute"):
            found = prometheus.wait_for(f"histogram_count(slipway_{name}_seconds{series})", lambda each: True)
            self.assertEqual(int(found["value"][1]), count, name)
        # What its buckets say of a percentile is what the named ones say, only nearer.
        for share in (0.5, 0.9):
            found = prometheus.wait_for(f"histogram_quantile({share}, slipway_request_seconds{series})", lambda each: True)
            value = float(found["value"][1])
            at = next(i for i, (_, up_to) in enumerate(self.buckets()) if up_to >= share * count)
            low, high = self.buckets()[at - 1][0], self.buckets()[at][0]
            self.assertTrue(low / 1.19 < value < high * 1.19, f"{share}: {value} of {low} to {high}")
        now = time.time()
        examples = prometheus.ask("query_exemplars", query="slipway_request_seconds" + series, start=now - 600, end=now + 600)
        self.assertEqual({each["labels"]["trace_id"] for each in examples[0]["exemplars"]}, {TRACE})
        # Counters and gauges come along, Triton's names among them.
        self.assertEqual(int(prometheus.wait_for("slipway_requests_total" + series, lambda each: True)["value"][1]), count)
        self.assertEqual(int(prometheus.wait_for("nv_inference_request_success" + series, lambda each: True)["value"][1]), count)
        self.assertEqual(prometheus.wait_for('up{job="slipway"}', lambda each: True)["value"][1], "1")

    @serves("GET /metrics", PROMETHEUS, "the text format, where nothing else is asked for")
    def test_text(self):
        self.predict(5)
        count = self.buckets()[-1][1]
        prometheus = self.scrape()
        found = prometheus.wait_for('slipway_request_seconds_count{model="delay"}', lambda each: True)
        self.assertEqual(int(found["value"][1]), count)
        accepted = prometheus.ask("targets")["activeTargets"][0]
        self.assertEqual((accepted["health"], accepted["lastError"]), ("up", ""))

    def test_what_is_preferred_is_sent(self):
        messages = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
        for accept, is_text in ((None, True), ("*/*", True), ("text/plain", True), (messages, False),
                                (messages + ";q=0.6,text/plain;version=0.0.4;q=0.5", False),
                                (messages + ";q=0.4,text/plain;version=0.0.4;q=0.5", True), (messages + ";q=0", True),
                                (messages.replace("delimited", "text"), True)):
            content_type, body = self.page(accept)
            self.assertEqual(content_type.startswith("text/plain"), is_text, accept)
            self.assertEqual(body.startswith(b"# HELP"), is_text, accept)

    def test_each_is_documented(self):
        # Every name in the sources, served here or not, and no other.
        named = set(re.findall(r"`((?:slipway|nv)_\w+)`", (ROOT / "docs/reference/metrics.md").read_text()))
        served = set(re.findall(r"(?m)^# TYPE (\S+) ", self.page()[1].decode()))
        sources = [path.read_text() for path in (ROOT / "src").rglob("*.cc") if not path.name.endswith("_test.cc")]
        made = {name for text in sources for name in re.findall(r'"(slipway_(?:\w+_total|\w+_seconds|\w+_bytes|\w+_models|\w+_requests|\w+_connections))"', text)}
        self.assertEqual(served - named, set())
        self.assertEqual(made - named, set())
        self.assertEqual({name for name in named if name.startswith("slipway")} - made, set())

    def test_its_own_checker_has_nothing_to_say(self):
        own = re.sub(rb"(?m)^.*nv_.*\n", b"", self.page()[1])  # Triton's counters are not named as Prometheus asks
        checked = subprocess.run([BIN / "promtool", "check", "metrics"], input=own, capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stderr + checked.stdout), (0, b""))


if __name__ == "__main__":
    if not BIN.exists():
        print("skipped: .cache/prometheus is not there (tools/setup e2e makes it)")
        sys.exit(77)
    serving.main()
