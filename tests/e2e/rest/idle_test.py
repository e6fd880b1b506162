"""Ten thousand connections that ask nothing: what they cost, and that they are there when they ask again.

    .cache/venv-clients/bin/python tests/e2e/rest/idle_test.py build/release/bin/slipway

SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import resource
import socket
import time
import unittest

import serving

CONNECTIONS = 10_000
GROWTH_MAX_KIB = 25 * 1024
BODY = b'{"instances":[[0.0,0.0]]}'
REQUEST = b"POST /v1/models/number:predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


def files_may_be_open(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        return False
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    return True


@unittest.skipUnless(files_may_be_open(CONNECTIONS + 500), "ulimit -Hn is too low for so many connections")
class Idle(serving.Served):
    @classmethod
    def arguments(cls, folder):
        (folder / "number.txt").write_text(serving.number_model())
        return ["number.txt", "--threads", "2", "--max-connections", str(CONNECTIONS + 100)]

    def ask(self, peer):
        peer.sendall(REQUEST)
        self.assertIn(b" 200 OK", peer.recv(4096))

    def test_idle_connections_take_little_memory_and_stay_usable(self):
        if b"__asan_init" in pathlib.Path(serving.slipway()).read_bytes():
            self.skipTest("the address sanitizer keeps what is freed")
        host, port = self.host.split(":")
        peers = [socket.create_connection((host, int(port)))]
        for _ in range(200):
            self.ask(peers[0])
        before = self.server.resident_kib()
        while len(peers) <= CONNECTIONS:
            peers.append(socket.create_connection((host, int(port))))
            self.ask(peers[-1])
        # What a connection holds while it is busy goes back a second after its last request.
        for _ in range(100):
            growth = self.server.resident_kib() - before
            if growth <= GROWTH_MAX_KIB:
                break
            time.sleep(0.1)
        self.assertLessEqual(growth, GROWTH_MAX_KIB)
        for peer in peers[:: CONNECTIONS // 50]:
            self.ask(peer)
        for peer in peers:
            peer.close()


if __name__ == "__main__":
    serving.main()
