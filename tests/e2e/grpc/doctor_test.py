"""`slipway doctor`: its commands are run as they are printed, in a shell, and grpcurl's messages by grpcio.

    .cache/venv-clients-grpc/bin/python tests/e2e/grpc/doctor_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import http.server
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

import grpc
from google.protobuf import json_format
from tritonclient.grpc import service_pb2, service_pb2_grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
import serving  # noqa: E402

SLIPWAY = pathlib.Path(sys.argv[1]).resolve()
METHOD = "inference.GRPCInferenceService/ModelInfer"


def doctor(*arguments, folder, **variables):
    ran = subprocess.run([SLIPWAY, "doctor", *arguments], cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **variables})
    return ran.returncode, ran.stdout, ran.stderr


def asked(*arguments, folder, **variables):
    code, out, err = doctor(*arguments, "--json", folder=folder, **variables)
    assert out, err
    return code, json.loads(out)


def scores_of(outputs):
    return {output["name"]: output["data"] for output in outputs}


class Doctor(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        (self.folder / "delay.txt").write_text(serving.delay_model())
        (self.folder / "it's a number.txt").write_text(serving.number_model())

    def serve(self, *options):
        server = serving.Server("delay.txt", "it's a number.txt", *options, folder=self.folder)
        self.addCleanup(server.stop)
        return server.host

    def run_curl(self, command, **variables):
        ran = subprocess.run(["sh", "-c", command], cwd=self.folder, capture_output=True, text=True, check=True, env={**os.environ, **variables})
        return json.loads(ran.stdout)

    def run_grpcurl(self, command, **variables):
        """By grpcurl itself where it is, and by what it does: the text becomes a message by the schema's JSON form."""
        if shutil.which("grpcurl"):
            self.run_curl(command, **variables)
        words = shlex.split(command)
        self.assertEqual((words[0], words[-1]), ("grpcurl", METHOD))
        message = json_format.Parse(words[words.index("-d") + 1], service_pb2.ModelInferRequest())
        metadata = []
        if "-H" in words:
            name, value = os.path.expandvars(words[words.index("-H") + 1]).split(": ", 1)
            metadata = [(name.lower(), value)]
        with grpc.insecure_channel(words[-2]) as channel:
            return service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer(message, metadata=metadata)

    def test_each_command_works(self):
        code, report = asked(self.serve(), folder=self.folder)
        self.assertEqual(code, 0, report)
        models = {model["name"]: model for model in report["server"]["models"]}
        self.assertEqual(set(models), {"delay", "it's a number"})
        for name, model in models.items():
            self.assertEqual(model["verdict"], "ok", model)
            rest = self.run_curl(model["curl"])
            self.assertEqual(rest["model_name"], name)
            over_grpc = self.run_grpcurl(model["grpcurl"])
            self.assertEqual(over_grpc.model_name, name)
            self.assertEqual([output.name for output in over_grpc.outputs], list(scores_of(rest["outputs"])))
            if name == "delay":
                labels = over_grpc.raw_output_contents[0]
                self.assertEqual([labels[4:].decode()], scores_of(rest["outputs"])["predict"])

    def test_text_says_the_same(self):
        host = self.serve()
        code, text, _ = doctor(host, folder=self.folder)
        _, report = asked(host, folder=self.folder)
        self.assertEqual(code, 0, text)
        for model in report["server"]["models"]:
            self.assertIn(model["curl"], text)
            self.assertIn(model["grpcurl"], text)
        self.assertRegex(text, r"(?m)^  ok    slipway \d")

    def test_a_key_is_asked_for_and_not_shown(self):
        key = subprocess.run([SLIPWAY, "key", "create", "ci"], cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()
        host = self.serve()
        code, report = asked(host, folder=self.folder)
        self.assertEqual((code, report["server"]["models"]), (1, []))
        self.assertIn("put one into SLIPWAY_API_KEY", report["server"]["findings"][0]["text"])
        code, report = asked(host, folder=self.folder, SLIPWAY_API_KEY=key)
        self.assertEqual(code, 0, report)
        os.environ["SLIPWAY_API_KEY"] = key
        self.addCleanup(os.environ.pop, "SLIPWAY_API_KEY")
        for model in report["server"]["models"]:
            self.assertNotIn(key, model["curl"] + model["grpcurl"])
            self.run_curl(model["curl"])
            self.run_grpcurl(model["grpcurl"])

    def test_over_tls(self):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        process = subprocess.Popen([SLIPWAY, "serve", "delay.txt", "--port", "0", "--log", "off", "--tls-cert", "cert.pem", "--tls-key", "key.pem"],
                                   cwd=self.folder, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        port = next(line for line in process.stderr if "serving delay" in line).strip().rsplit(":", 1)[1]
        code, report = asked(f"https://localhost:{port}", folder=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("is not trusted", report["server"]["findings"][0]["text"])
        self.assertIn("by --ca FILE", report["server"]["findings"][0]["text"])
        code, report = asked(f"https://localhost:{port}", "--ca", "cert.pem", folder=self.folder)
        self.assertEqual(code, 0, report)
        model = report["server"]["models"][0]
        self.assertIn(f"grpcurl -cacert 'cert.pem' -d ", model["grpcurl"])
        self.assertEqual(self.run_curl(model["curl"])["model_name"], "delay")

    def test_what_is_no_such_server(self):
        other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
        other.RequestHandlerClass.log_message = lambda *_: None
        threading.Thread(target=other.serve_forever, daemon=True).start()
        self.addCleanup(other.server_close)
        self.addCleanup(other.shutdown)
        code, report = asked(f"127.0.0.1:{other.server_port}", folder=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("not as one of the Open Inference Protocol (GET /v2 gives 404", report["server"]["findings"][0]["text"])
        code, report = asked("127.0.0.1:1", folder=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("Connection refused: is it started?", report["server"]["findings"][0]["text"])
        code, _, err = doctor("127.0.0.1:nothing", folder=self.folder)
        self.assertEqual(code, 2)
        self.assertIn("no port from 1 to 65535", err)

    def test_a_folder_that_cannot_be_written_is_wrong(self):
        code, report = asked("127.0.0.1:1", "--home", "/proc/nothing", folder=self.folder)
        self.assertEqual(code, 1)
        wrong = [each["text"] for each in report["here"] if each["verdict"] == "wrong"]
        self.assertEqual(len(wrong), 1, report["here"])
        self.assertIn("give another --home", wrong[0])


if __name__ == "__main__":
    serving.main()
