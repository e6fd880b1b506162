"""What HTTP/1.1 must not be talked into: requests that two readers could understand differently, and others that are none.

    python3 tests/e2e/safety/http1_test.py build/release/bin/slipway

Each case is bytes for a fresh connection, and what has to come of them: the statuses of the answers, in order, after
which the server has closed. A request hidden in another's body would show as an answer more (404: nothing is there).
Sources: RFC 9112 (2.2, 3, 5.1, 5.2, 6.1 to 6.3, 7.1, 9.3), RFC 9110 (5.5, 8.6), the usual lists of request smuggling.
SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import re
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
import serving  # noqa: E402

HOST = b"Host: test\r\n"
JSON = b'{"instances": [[0.0, 0.0]]}'
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n"
LAST = b"GET /v2/health/live HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
PREDICT = b"POST /v1/models/delay:predict HTTP/1.1\r\n" + HOST
OK, BAD = 200, 400


def sized(body=JSON):
    return b"Content-Length: %d\r\n" % len(body)


def chunk(body=JSON):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


CHUNKED = b"Transfer-Encoding: chunked\r\n"


def get(target=b"/v2/health/live", headers=HOST, version=b"HTTP/1.1"):
    return b"GET " + target + b" " + version + b"\r\n" + headers + b"\r\n"


# Refused: one answer, and the connection is closed, whatever follows. 400 unless NOT_400 says another.
REFUSED = {
    # Two lengths, or a length that is none.
    "CL.TE": PREDICT + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + SMUGGLED,
    "TE.CL": PREDICT + CHUNKED + b"Content-Length: 4\r\n\r\n" + chunk(SMUGGLED),
    "CL.CL that differ": PREDICT + b"Content-Length: 4\r\nContent-Length: 27\r\n\r\n" + JSON + SMUGGLED,
    "CL list that differs": PREDICT + b"Content-Length: 27, 28\r\n\r\n" + JSON + SMUGGLED,
    "CL of the same twice in a list": PREDICT + b"Content-Length: 27, 27\r\n\r\n" + JSON,
    "CL with plus": PREDICT + b"Content-Length: +27\r\n\r\n" + JSON,
    "CL negative": PREDICT + b"Content-Length: -27\r\n\r\n" + JSON,
    "CL hexadecimal": PREDICT + b"Content-Length: 0x1b\r\n\r\n" + JSON,
    "CL with a blank inside": PREDICT + b"Content-Length: 2 7\r\n\r\n" + JSON,
    "CL empty": PREDICT + b"Content-Length: \r\n\r\n" + SMUGGLED,
    "CL a word": PREDICT + b"Content-Length: many\r\n\r\n" + JSON,
    "CL beyond 64 bits": PREDICT + b"Content-Length: 18446744073709551643\r\n\r\n" + JSON,
    "CL with a decimal point": PREDICT + b"Content-Length: 27.0\r\n\r\n" + JSON,
    "CL with underscore": PREDICT + b"Content-Length: 2_7\r\n\r\n" + JSON,
    # Transfer codings that are not exactly one `chunked`.
    "TE identity": PREDICT + b"Transfer-Encoding: identity\r\n\r\n" + SMUGGLED,
    "TE unknown": PREDICT + b"Transfer-Encoding: xchunked\r\n\r\n" + SMUGGLED,
    "TE chunked, identity": PREDICT + b"Transfer-Encoding: chunked, identity\r\n\r\n" + chunk(),
    "TE twice chunked": PREDICT + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + chunk(),
    "TE in two fields": PREDICT + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n" + chunk(),
    "TE with a form feed": PREDICT + b"Transfer-Encoding: \x0cchunked\r\n\r\n" + chunk(),
    "TE with a vertical tab": PREDICT + b"Transfer-Encoding:\x0bchunked\r\n\r\n" + chunk(),
    "TE in quotes": PREDICT + b'Transfer-Encoding: "chunked"\r\n\r\n' + chunk(),
    "TE with a parameter": PREDICT + b"Transfer-Encoding: chunked;q=1\r\n\r\n" + chunk(),
    "TE folded": PREDICT + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + chunk(),
    "TE of HTTP/1.0": PREDICT.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n" + chunk() + SMUGGLED,
    # Lines and names.
    "blank before the colon": PREDICT + b"Content-Length : 27\r\n\r\n" + JSON,
    "tab before the colon": PREDICT + b"Transfer-Encoding\t: chunked\r\n\r\n" + chunk(),
    "blank before the first field": b"GET / HTTP/1.1\r\n Host: test\r\n\r\n",
    "folded field": b"GET / HTTP/1.1\r\nHost: test\r\nX: a\r\n b\r\n\r\n",
    "name with a blank": b"GET / HTTP/1.1\r\nHost: test\r\nX Y: a\r\n\r\n",
    "no name": b"GET / HTTP/1.1\r\nHost: test\r\n: a\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: test\r\nnothing\r\n\r\n",
    "NUL in a name": b"GET / HTTP/1.1\r\nHost: test\r\nX\x00Y: a\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: test\r\nX: a\x00b\r\n\r\n",
    "CR in a value": b"GET / HTTP/1.1\r\nHost: test\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n",
    "a line ends with LF": b"GET / HTTP/1.1\r\nHost: test\nX: a\r\n\r\n",
    "the request line ends with LF": b"GET / HTTP/1.1\nHost: test\r\n\r\n",
    "the header ends with LF": b"GET / HTTP/1.1\r\nHost: test\r\n\n",
    "the header ends with CR": b"GET / HTTP/1.1\r\nHost: test\r\n\rX",
    # The request line.
    "no version: HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2.0 without its preface": get(version=b"HTTP/2.0"),
    "HTTP/1.2": get(version=b"HTTP/1.2"),
    "HTTP/11": get(version=b"HTTP/11"),
    "HTTP/1.10": get(version=b"HTTP/1.10"),
    "http in lower case": get(version=b"http/1.1"),
    "blanks between": b"GET  /  HTTP/1.1\r\nHost: test\r\n\r\n",
    "a tab between": b"GET\t/ HTTP/1.1\r\nHost: test\r\n\r\n",
    "a blank in the target": get(b"/a b"),
    "NUL in the target": get(b"/a\x00b"),
    "a method with a colon": b"GE:T / HTTP/1.1\r\nHost: test\r\n\r\n",
    "a record of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32) + b"\r\n\r\n",
    # Host.
    "no Host": get(headers=b""),
    "two Hosts": get(headers=HOST + b"Host: other\r\n"),
    # Chunks.
    "chunk size empty": PREDICT + CHUNKED + b"\r\n\r\n" + JSON + b"\r\n0\r\n\r\n",
    "chunk size a word": PREDICT + CHUNKED + b"\r\nzz\r\n" + JSON + b"\r\n0\r\n\r\n",
    "chunk size with 0x": PREDICT + CHUNKED + b"\r\n0x1b\r\n" + JSON + b"\r\n0\r\n\r\n",
    "chunk size negative": PREDICT + CHUNKED + b"\r\n-1b\r\n" + JSON + b"\r\n0\r\n\r\n",
    "chunk size beyond 64 bits": PREDICT + CHUNKED + b"\r\n1000000000000001b\r\n" + JSON + b"\r\n0\r\n\r\n",
    "chunk larger than it says": PREDICT + CHUNKED + b"\r\n1a\r\n" + JSON + b"\r\n0\r\n\r\n",
    "chunk line ends with LF": PREDICT + CHUNKED + b"\r\n1b\n" + JSON + b"\r\n0\r\n\r\n",
    "chunk ends with LF": PREDICT + CHUNKED + b"\r\n1b\r\n" + JSON + b"\n0\r\n\r\n",
    "last chunk ends with LF": PREDICT + CHUNKED + b"\r\n1b\r\n" + JSON + b"\r\n0\n\r\n",
    "a length in a trailer": PREDICT + CHUNKED + b"\r\n1b\r\n" + JSON + b"\r\n0\r\nContent-Length: 5\r\n\r\n",
    "chunk extension with CR": PREDICT + CHUNKED + b"\r\n1b;a=\rb\r\n" + JSON + b"\r\n0\r\n\r\n",
    "chunk extension with LF": PREDICT + CHUNKED + b"\r\n1b;a\nb\r\n" + JSON + b"\r\n0\r\n\r\n",
}
NOT_400 = {
    **dict.fromkeys(["TE identity", "TE unknown", "TE chunked, identity", "TE twice chunked", "TE in quotes", "TE with a parameter"], 501),
    # What stands where a version should is taken for one.
    **dict.fromkeys(["the request line ends with LF", "HTTP/2.0 without its preface", "HTTP/1.2", "HTTP/11", "HTTP/1.10", "http in lower case", "a blank in the target"], 505),
}
OTHER_STATUS = {
    "a header of 17 KiB": (get(headers=HOST + b"X: " + b"a" * 17_000 + b"\r\n"), 431),
    "101 fields": (get(headers=HOST + b"".join(b"X%d: a\r\n" % i for i in range(100))), 431),
    "a target of 9 KB": (get(b"/" + b"a" * 9000), 414),
    "a body larger than allowed": (PREDICT + b"Content-Length: 70000000\r\n\r\n", 413),
    "a chunked body larger than allowed": (PREDICT + CHUNKED + b"\r\n4000001\r\n" + b"x" * 1000, 413),
}
# Taken: that many answers, the last to LAST, which asks to close.
TAKEN = {
    "a length": (PREDICT + sized() + b"\r\n" + JSON, [OK]),
    "chunks": (PREDICT + CHUNKED + b"\r\n" + chunk(), [OK]),
    "chunks in capitals": (PREDICT + b"TRANSFER-ENCODING: Chunked\r\n\r\n" + chunk(), [OK]),
    "blanks around a value": (PREDICT + b"Content-Length: \t 27 \t\r\n\r\n" + JSON, [OK]),
    "zeros before a length": (PREDICT + b"Content-Length: 0027\r\n\r\n" + JSON, [OK]),
    "chunk extensions": (PREDICT + CHUNKED + b'\r\n1b;a=b;c="d;e"\r\n' + JSON + b"\r\n0;x\r\n\r\n", [OK]),
    "trailers": (PREDICT + CHUNKED + b"\r\n1b\r\n" + JSON + b"\r\n0\r\nX-Trailer: a\r\n\r\n", [OK]),
    "zeros before a chunk size": (PREDICT + CHUNKED + b"\r\n0000001b\r\n" + JSON + b"\r\n000\r\n\r\n", [OK]),
    "a smuggler's body is a body": (PREDICT + sized(SMUGGLED) + b"\r\n" + SMUGGLED, [BAD]),
    "absolute form": (get(b"http://test/v2/health/live"), [OK]),
    "an empty line before the request": (b"\r\n" + get(), [OK]),
    "pipelined": (get() * 3, [OK] * 3),
    "HTTP/1.0 that keeps alive": (get(version=b"HTTP/1.0", headers=b"Connection: keep-alive\r\n"), [OK]),
    "a body of GET": (b"GET /v2/health/live HTTP/1.1\r\n" + HOST + sized() + b"\r\n" + JSON, [OK]),
    "OPTIONS *": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", [404]),
    "a method that is not known": (b"BREW /v2 HTTP/1.1\r\n" + HOST + b"\r\n", [405]),
}


class Http1(serving.Served):
    @classmethod
    def arguments(cls, folder):
        (folder / "delay.txt").write_text(serving.number_model())
        return ["delay.txt", "--threads", "1"]

    def exchange(self, data):
        """The statuses of the answers, and whether the server closed."""
        host, port = self.host.split(":")
        got, closed = b"", False
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            try:
                connection.sendall(data)
                while piece := connection.recv(65536):
                    got += piece
                closed = True
            except (ConnectionResetError, BrokenPipeError):
                closed = True
            except TimeoutError:
                pass
        return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d+) ", got)], closed, got

    def test_what_could_be_two_things_is_refused(self):
        for name, data in REFUSED.items():
            with self.subTest(name):
                statuses, closed, got = self.exchange(data + LAST)
                self.assertEqual((statuses, closed), ([NOT_400.get(name, BAD)], True), got[:300])

    def test_what_is_too_large_is_told(self):
        for name, (data, status) in OTHER_STATUS.items():
            with self.subTest(name):
                statuses, closed, got = self.exchange(data + LAST)
                self.assertEqual((statuses, closed), ([status], True), got[:300])

    def test_what_is_one_request_is_answered_as_one(self):
        for name, (data, wanted) in TAKEN.items():
            with self.subTest(name):
                statuses, closed, got = self.exchange(data + LAST)
                self.assertEqual((statuses, closed), ([*wanted, OK], True), got[:300])

    def test_byte_by_byte_makes_no_difference(self):
        host, port = self.host.split(":")
        for name in ("CL.TE", "TE.CL", "chunk larger than it says", "folded field"):
            with self.subTest(name), socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                got = b""
                try:
                    for i in range(len(REFUSED[name])):
                        connection.sendall(REFUSED[name][i : i + 1])
                    while piece := connection.recv(65536):
                        got += piece
                except (ConnectionResetError, BrokenPipeError):
                    pass
                statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d+) ", got)]
                self.assertIn(statuses, ([BAD], []), "reset at the most, never answered")

    def test_http_1_0_closes_by_itself(self):
        statuses, closed, _ = self.exchange(get(version=b"HTTP/1.0", headers=b"") + SMUGGLED)
        self.assertEqual((statuses, closed), ([OK], True))

    def tearDown(self):
        statuses, _, _ = self.exchange(PREDICT + sized() + b"Connection: close\r\n\r\n" + JSON)
        self.assertEqual(statuses, [OK], "the server goes on")


if __name__ == "__main__":
    serving.main()
