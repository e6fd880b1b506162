"""What HTTP/2 must not be talked into: frames that RFC 9113 and RFC 7541 forbid, and floods of allowed ones.

    python3 tests/e2e/safety/http2_test.py build/release/bin/slipway

Each case writes raw frames to a fresh connection and says what must come of them: a GOAWAY with an error of a set, a
RST_STREAM, or an answer. After each the server answers others. The numbers are sections of RFC 9113 unless said.
SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import selectors
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
import serving  # noqa: E402
from serving import serves  # noqa: E402

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 0x1, 0x1, 0x4, 0x8, 0x20
NO_ERROR, PROTOCOL, INTERNAL, FLOW_CONTROL, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE, REFUSED, CANCEL, COMPRESSION, CONNECT, CALM = range(12)


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", name, value) for name, value in pairs))


def field(name, value):
    """A literal without indexing, its name new: no state, no Huffman code."""

    def text(raw):
        raw = raw if isinstance(raw, bytes) else raw.encode()
        if len(raw) < 127:
            return bytes([len(raw)]) + raw
        rest, size = len(raw) - 127, b"\x7f"
        while rest >= 128:
            size, rest = size + bytes([rest % 128 + 128]), rest // 128
        return size + bytes([rest]) + raw

    return b"\x00" + text(name) + text(value)


def block(*fields, method="GET", path="/v2/health/live"):
    pseudo = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "test")]
    return b"".join(field(name, value) for name, value in [*pseudo, *fields])


def request(stream=1, *fields, flags=END_STREAM | END_HEADERS, **pseudo):
    return frame(HEADERS, flags, stream, block(*fields, **pseudo))


def raw_request(fields, stream=1):
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, b"".join(field(name, value) for name, value in fields))


GET = [(":method", "GET"), (":scheme", "http"), (":path", "/v2/health/live"), (":authority", "test")]
START = PREFACE + settings()

# Connection errors: GOAWAY with one of these, or the connection is closed.
CONNECTION = {
    "3.4: no preface": (b"PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n" + settings(), None),
    "3.4: no SETTINGS first": (PREFACE + request(), [PROTOCOL]),
    "4.1: a frame beyond the largest": (START + frame(DATA, 0, 1, bytes(16385)), [FRAME_SIZE, PROTOCOL]),
    "4.2: HEADERS beyond the largest": (START + frame(HEADERS, END_HEADERS, 1, bytes(16385)), [FRAME_SIZE]),
    "4.2: SETTINGS of a wrong size": (START + frame(SETTINGS, payload=bytes(5)), [FRAME_SIZE]),
    "4.3: a block that is no HPACK": (START + frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff"), [COMPRESSION]),
    "4.3: an index that is none (RFC 7541 2.3.3)": (START + frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\xc6"), [COMPRESSION]),
    "4.3: index 0 (RFC 7541 6.1)": (START + frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x80"), [COMPRESSION]),
    "4.3: a table beyond its size (RFC 7541 6.3)": (START + frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x3f\xe1\xff\x03" + block()), [COMPRESSION]),
    "4.3: Huffman padding too long (RFC 7541 5.2)": (START + frame(HEADERS, END_STREAM | END_HEADERS, 1, block() + b"\x00\x01x\x82\xff\xff"), [COMPRESSION]),
    "5.1: DATA on an idle stream": (START + frame(DATA, END_STREAM, 1, b"x"), [PROTOCOL]),
    "5.1: RST_STREAM on an idle stream": (START + frame(RST_STREAM, 0, 1, bytes(4)), [PROTOCOL]),
    "5.1: WINDOW_UPDATE on an idle stream": (START + frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 1)), [PROTOCOL]),
    "5.1: CONTINUATION on an idle stream": (START + frame(CONTINUATION, END_HEADERS, 1, block()), [PROTOCOL]),
    "5.1: DATA after RST_STREAM": (START + request(1, flags=END_HEADERS) + frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)) + frame(DATA, END_STREAM, 1, b"x"), [STREAM_CLOSED]),
    "5.1: HEADERS after RST_STREAM": (START + request(1, flags=END_HEADERS) + frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)) + request(), [STREAM_CLOSED]),
    "5.1.1: a stream below the last": (START + request(5) + request(3), [PROTOCOL]),
    "5.1.1: an even stream": (START + request(2), [PROTOCOL]),
    "6.1: DATA on stream 0": (START + frame(DATA, 0, 0, b"x"), [PROTOCOL]),
    "6.1: padding longer than DATA": (START + request(1, flags=END_HEADERS, method="POST") + frame(DATA, PADDED | END_STREAM, 1, b"\x09abc"), [PROTOCOL]),
    "6.2: HEADERS on stream 0": (START + request(0), [PROTOCOL]),
    "6.2: padding longer than HEADERS": (START + frame(HEADERS, PADDED | END_HEADERS | END_STREAM, 1, b"\xff" + block()), [PROTOCOL]),
    "6.2: another frame within a block": (START + frame(HEADERS, END_STREAM, 1, block()) + frame(PING, payload=bytes(8)), [PROTOCOL]),
    "6.2: another stream's CONTINUATION": (START + frame(HEADERS, END_STREAM, 1, block()) + frame(CONTINUATION, END_HEADERS, 3), [PROTOCOL]),
    "6.3: PRIORITY on stream 0": (START + frame(PRIORITY, 0, 0, bytes(5)), [PROTOCOL]),
    "6.3: PRIORITY of a wrong size": (START + frame(PRIORITY, 0, 1, bytes(4)), [FRAME_SIZE]),
    "5.3.1 of RFC 7540: PRIORITY that depends on itself": (START + frame(PRIORITY, 0, 3, struct.pack(">IB", 3, 0)), [PROTOCOL]),
    "6.4: RST_STREAM on stream 0": (START + frame(RST_STREAM, 0, 0, bytes(4)), [PROTOCOL]),
    "6.4: RST_STREAM of a wrong size": (START + request(1, flags=END_HEADERS) + frame(RST_STREAM, 0, 1, bytes(3)), [FRAME_SIZE]),
    "6.5: SETTINGS on a stream": (START + frame(SETTINGS, 0, 1), [PROTOCOL]),
    "6.5: ACK with settings": (START + frame(SETTINGS, ACK, 0, bytes(6)), [FRAME_SIZE]),
    "6.5.2: ENABLE_PUSH 2": (START + settings((2, 2)), [PROTOCOL]),
    "6.5.2: a window beyond 2^31-1": (START + settings((4, 1 << 31)), [FLOW_CONTROL]),
    "6.5.2: a largest frame below 2^14": (START + settings((5, 16383)), [PROTOCOL]),
    "6.5.2: a largest frame beyond 2^24-1": (START + settings((5, 1 << 24)), [PROTOCOL]),
    "6.6: a client's PUSH_PROMISE": (START + request(1, flags=END_HEADERS) + frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 2) + block()), [PROTOCOL]),
    "6.7: PING on a stream": (START + frame(PING, 0, 1, bytes(8)), [PROTOCOL]),
    "6.7: PING of a wrong size": (START + frame(PING, payload=bytes(7)), [FRAME_SIZE]),
    "6.8: GOAWAY on a stream": (START + frame(GOAWAY, 0, 1, bytes(8)), [PROTOCOL]),
    "6.9: a window grows by 0": (START + frame(WINDOW_UPDATE, payload=bytes(4)), [PROTOCOL]),
    "6.9: WINDOW_UPDATE of a wrong size": (START + frame(WINDOW_UPDATE, payload=bytes(3)), [FRAME_SIZE]),
    "6.9.1: the connection's window overflows": (START + frame(WINDOW_UPDATE, payload=struct.pack(">I", 0x7FFFFFFF)) * 2, [FLOW_CONTROL]),
    "6.10: CONTINUATION without HEADERS": (START + request() + frame(CONTINUATION, END_HEADERS, 1, b""), [PROTOCOL, STREAM_CLOSED]),
    "6.10: CONTINUATION on stream 0": (START + frame(HEADERS, END_STREAM, 1, block()) + frame(CONTINUATION, END_HEADERS, 0), [PROTOCOL]),
}
# Stream errors of a request that may have been answered before: RST_STREAM with this.
RESET = {
    "5.1: DATA on a half-closed stream": (request() + frame(DATA, END_STREAM, 1, b"x"), STREAM_CLOSED),
    "5.1: HEADERS on a half-closed stream": (request() + request(), STREAM_CLOSED),
    "6.3: an open stream's PRIORITY of a wrong size": (request(1, flags=END_HEADERS) + frame(PRIORITY, 0, 1, bytes(4)), FRAME_SIZE),
}
# Stream errors: RST_STREAM with one of these, an answer of 400 or 431, or the whole connection; never an answer of 200.
STREAM = {
    "5.3.1: a stream that depends on itself": frame(HEADERS, END_STREAM | END_HEADERS | PRIORITIZED, 1, struct.pack(">IB", 1, 0) + b"\xff" * 3),
    "6.9: a stream's window grows by 0": request(1, flags=END_HEADERS, method="POST", path="/v1/models/delay:predict") + frame(WINDOW_UPDATE, 0, 1, bytes(4)),
    "6.9.1: a stream's window overflows": request(1, flags=END_HEADERS, method="POST", path="/v1/models/delay:predict") + frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 0x7FFFFFFF)) * 2,
    "8.1: a second block without END_STREAM": request(1, flags=END_HEADERS) + frame(HEADERS, END_HEADERS, 1, field("x", "y")),
    "8.1.1: content-length that is not DATA's": request(1, ("content-length", "5"), flags=END_HEADERS, method="POST") + frame(DATA, END_STREAM, 1, b"abc"),
    "8.1.1: content-length without DATA": request(1, ("content-length", "5"), method="POST"),
    "8.1.1: content-length that is none": request(1, ("content-length", "+3"), flags=END_HEADERS, method="POST") + frame(DATA, END_STREAM, 1, b"abc"),
    "8.1.1: two content-lengths": request(1, ("content-length", "3"), ("content-length", "4"), flags=END_HEADERS, method="POST") + frame(DATA, END_STREAM, 1, b"abc"),
    "8.2: a name in upper case": request(1, ("X-Upper", "a")),
    "8.2.1: a name with a blank": request(1, ("x y", "a")),
    "8.2.1: a name with a colon": request(1, ("x:y", "a")),
    "8.2.1: an empty name": request(1, ("", "a")),
    "8.2.1: NUL in a value": request(1, ("x", b"a\x00b")),
    "8.2.1: CR LF in a value": request(1, ("x", b"a\r\nTransfer-Encoding: chunked")),
    "8.2.2: connection": request(1, ("connection", "keep-alive")),
    "8.2.2: transfer-encoding": request(1, ("transfer-encoding", "chunked"), method="POST"),
    "8.2.2: upgrade": request(1, ("upgrade", "h2c")),
    "8.2.2: keep-alive": request(1, ("keep-alive", "1")),
    "8.2.2: proxy-connection": request(1, ("proxy-connection", "a")),
    "8.2.2: te other than trailers": request(1, ("te", "chunked")),
    "8.3: a pseudo field after another": raw_request([GET[0], GET[1], ("x", "y"), GET[2], GET[3]]),
    "8.3: an unknown pseudo field": raw_request([*GET, (":unknown", "a")]),
    "8.3: a pseudo field of answers": raw_request([*GET, (":status", "200")]),
    "8.3: a pseudo field in trailers": request(1, flags=END_HEADERS, method="POST") + frame(HEADERS, END_STREAM | END_HEADERS, 1, field(":path", "/")),
    "8.3.1: no :method": raw_request(GET[1:]),
    "8.3.1: no :scheme": raw_request([GET[0], *GET[2:]]),
    "8.3.1: no :path": raw_request([*GET[:2], GET[3]]),
    "8.3.1: an empty :path": raw_request([*GET[:2], (":path", ""), GET[3]]),
    "8.3.1: two :method": raw_request([GET[0], *GET]),
    "8.3.1: two :path": raw_request([*GET[:3], GET[2], GET[3]]),
    "8.3.1: a :path without slash": raw_request([*GET[:2], (":path", "smuggled"), GET[3]]),
    "8.3.1: a :path with a blank": raw_request([*GET[:2], (":path", "/a b HTTP/1.1"), GET[3]]),
    "10.5.1: a header list of 17 KiB": request(1, *[("x", "a" * 1000)] * 17),
}
# Allowed, and answered.
TAKEN = {
    "4.1: an unknown frame": frame(0xEE, 0xFF, 0, b"anything") + request(),
    "5.5: an unknown setting": settings((0xEEEE, 7)) + request(),
    "6.2: padding": frame(HEADERS, PADDED | END_STREAM | END_HEADERS, 1, b"\x03" + block() + bytes(3)),
    "6.2: a priority": frame(HEADERS, PRIORITIZED | END_STREAM | END_HEADERS, 1, struct.pack(">IB", 0, 15) + block()),
    "6.3: PRIORITY of an idle stream": frame(PRIORITY, 0, 7, bytes(5)) + request(),
    "6.10: a block in pieces": frame(HEADERS, END_STREAM, 1, block()[:9]) + frame(CONTINUATION, 0, 1, block()[9:20]) + frame(CONTINUATION, END_HEADERS, 1, block()[20:]),
    "8.1: trailers": request(1, flags=END_HEADERS) + frame(HEADERS, END_STREAM | END_HEADERS, 1, field("x-trailer", "y")),
    "8.2.2: te: trailers": request(1, ("te", "trailers")),
    "8.2.3: cookies in crumbs": request(1, ("cookie", "a=b"), ("cookie", "c=d")),
}


class Peer:
    """A connection to which bytes were written, and what came back."""

    def __init__(self, host, data, until=None, seconds=5.0):
        self.frames, self.closed = [], False
        name, port = host.split(":")
        held = b""
        with socket.create_connection((name, int(port)), timeout=seconds) as connection:
            ends = time.monotonic() + seconds
            sender = memoryview(data)
            connection.setblocking(False)
            selector = selectors.DefaultSelector()
            selector.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while time.monotonic() < ends and not self.closed:
                for _, events in selector.select(0.05):
                    try:
                        if events & selectors.EVENT_WRITE and sender:
                            sender = sender[connection.send(sender[:65536]) :]
                        if not sender:
                            selector.modify(connection, selectors.EVENT_READ)
                        if events & selectors.EVENT_READ:
                            piece = connection.recv(65536)
                            self.closed = not piece
                            held += piece
                    except (ConnectionResetError, BrokenPipeError):
                        self.closed = True
                while len(held) >= 9 and len(held) >= 9 + int.from_bytes(held[:3], "big"):
                    size = int.from_bytes(held[:3], "big")
                    self.frames.append((held[3], held[4], int.from_bytes(held[5:9], "big"), held[9 : 9 + size]))
                    held = held[9 + size :]
                if until is not None and not sender and until(self):
                    break
            selector.close()
        self.rest = held

    def goaway(self):
        """Its error; of several the last."""
        errors = [int.from_bytes(payload[4:8], "big") for kind, _, _, payload in self.frames if kind == GOAWAY]
        return errors[-1] if errors else None

    def resets(self):
        return {stream: int.from_bytes(payload, "big") for kind, _, stream, payload in self.frames if kind == RST_STREAM}

    def answered(self, stream=1):
        """The first byte of the answer's header block: 0x88 is the static table's `:status: 200`."""
        return next((payload[:1].hex() for kind, _, number, payload in self.frames if kind == HEADERS and number == stream), None)

    def settled(self):
        return self.goaway() is not None or 1 in self.resets() or self.answered() is not None


class Http2(serving.Served):
    @classmethod
    def arguments(cls, folder):
        (folder / "delay.txt").write_text(serving.number_model())
        return ["delay.txt", "--threads", "1"]

    def tearDown(self):
        peer = Peer(self.host, START + request(), Peer.settled)
        self.assertEqual(peer.answered(), "88", "the server goes on")

    def test_what_breaks_the_connection(self):
        for name, (data, errors) in CONNECTION.items():
            with self.subTest(name):
                peer = Peer(self.host, data, lambda p: p.goaway() not in (None, NO_ERROR))
                if errors is None:
                    self.assertTrue(peer.closed)
                else:
                    self.assertIn(peer.goaway(), errors, peer.frames)
                    self.assertNotEqual(peer.answered(7), "88")

    def test_what_breaks_a_stream(self):
        for name, data in STREAM.items():
            with self.subTest(name):
                peer = Peer(self.host, START + data, Peer.settled)
                broken = 1 in peer.resets() or peer.goaway() not in (None, NO_ERROR) or peer.answered() not in (None, "88")
                self.assertTrue(broken, peer.frames)

    def test_what_breaks_a_stream_that_may_be_answered(self):
        for name, (data, error) in RESET.items():
            with self.subTest(name):
                peer = Peer(self.host, START + data, lambda p: 1 in p.resets() or p.goaway() is not None)
                self.assertEqual((peer.resets().get(1), peer.goaway()), (error, None), peer.frames)

    def test_what_is_allowed_is_answered(self):
        for name, data in TAKEN.items():
            with self.subTest(name):
                peer = Peer(self.host, START + data, Peer.settled)
                self.assertEqual((peer.answered(), peer.goaway()), ("88", None), peer.frames)

    def flood(self, name, data, errors=(CALM,), seconds=10):
        with self.subTest(name):
            before = self.server.resident_kib()
            peer = Peer(self.host, START + data, lambda p: p.goaway() not in (None, NO_ERROR), seconds)
            self.assertTrue(peer.goaway() in errors or (peer.goaway() is None and peer.closed), (peer.goaway(), peer.frames[-3:]))
            self.assertLess(self.server.resident_kib() - before, 16 * 1024)
            return peer

    def test_floods_end_in_calm(self):
        self.flood("rapid reset (CVE-2023-44487)", b"".join(request(i) + frame(RST_STREAM, 0, i, struct.pack(">I", CANCEL)) for i in range(1, 6001, 2)))
        self.flood("SETTINGS", settings((3, 100)) * 12_000)
        self.flood("PING", frame(PING, payload=bytes(8)) * 12_000)
        self.flood("empty DATA", request(1, flags=END_HEADERS, method="POST") + frame(DATA, 0, 1) * 12_000, (CALM, PROTOCOL))
        self.flood("CONTINUATION (CVE-2024-28182)", frame(HEADERS, END_STREAM, 1, block()) + frame(CONTINUATION, 0, 1, field("x", "a" * 1000)) * 2_000, (CALM, PROTOCOL, INTERNAL, COMPRESSION))
        self.flood("empty CONTINUATION", frame(HEADERS, END_STREAM, 1, block()) + frame(CONTINUATION, 0, 1) * 50_000, (CALM, PROTOCOL, INTERNAL))
        self.flood("made-you-reset (CVE-2025-8671)", b"".join(request(i, flags=END_HEADERS, method="POST") + frame(WINDOW_UPDATE, 0, i, bytes(4)) for i in range(1, 6001, 2)), (CALM, PROTOCOL))

    def test_more_streams_than_allowed_are_refused(self):
        peer = Peer(self.host, START + b"".join(request(i, flags=END_HEADERS, method="POST", path="/v1/models/delay:predict") for i in range(1, 401, 2)), lambda p: len(p.resets()) >= 72)
        refused = {stream for stream, error in peer.resets().items() if error == REFUSED}
        self.assertEqual(len(refused), 200 - 128, peer.resets())

    UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"

    def upgraded(self, head, after=b""):
        """The head that came back, and the bytes behind it."""
        host, port = self.host.split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(head + after)
            got = b""
            while b"\r\n\r\n" not in got or (got.startswith(b"HTTP/1.1 101") and after and got.count(b'{"live":true}') < 2):
                got += connection.recv(65536)
            return got.split(b"\r\n\r\n", 1)

    @serves("any, over HTTP/2", "curl --http2", "Upgrade: h2c")
    def test_curl_upgrades(self):
        url = f"http://{self.host}/v1/models/delay:predict"
        command = ["curl", "-sS", "--http2", "-d", '{"instances": [[0.0, 0.0]]}', "-w", " %{http_version} %{num_connects}", url, url]
        told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
        self.assertRegex(told, r'^{"predictions":\[-0\.257\]} 2 1{"predictions":\[-0\.257\]} 2 0$')

    def test_an_upgrade_is_one_request_and_not_for_proxies(self):
        head = b"GET /v2/health/live HTTP/1.1\r\nHost: test\r\n"
        first, rest = self.upgraded(head + self.UPGRADE + b"\r\n", START + request(3))
        self.assertTrue(first.startswith(b"HTTP/1.1 101 "), first)
        self.assertEqual(rest.count(b'{"live":true}'), 2)
        for more in (b"Via: 1.1 proxy\r\n", b"X-Forwarded-For: 10.0.0.1\r\n"):
            first, _ = self.upgraded(head + self.UPGRADE + more + b"\r\n")
            self.assertTrue(first.startswith(b"HTTP/1.1 200 "), first)
        first, _ = self.upgraded(head + self.UPGRADE.replace(b"AAMAAABk", b"AAMAAAB!") + b"\r\n")
        self.assertTrue(first.startswith(b"HTTP/1.1 200 "), first)
        first, _ = self.upgraded(head + b"\r\n" + head + self.UPGRADE + b"\r\n")
        self.assertTrue(first.startswith(b"HTTP/1.1 200 "), first)

    def test_settings_are_acknowledged_and_pings_answered(self):
        peer = Peer(self.host, START + frame(PING, payload=b"12345678"), lambda p: any(k == PING for k, *_ in p.frames))
        self.assertIn((PING, ACK, 0, b"12345678"), peer.frames)
        self.assertIn((SETTINGS, ACK, 0, b""), peer.frames)


if __name__ == "__main__":
    serving.main()
