"""What the tests here share: models, a repository of them, a server, and what each test shows.
SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest

CARRIERS = ["AA", "B6", "UA"]

# Two numbers and a category; every split has a leaf of its own value, so that a mistaken column changes the answer.
HEAD = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx={last}
objective={objective}
feature_names={names}
feature_infos={infos}
tree_sizes=1

"""
SPLIT = """Tree={tree}
num_leaves=2
num_cat=0
split_feature={tree}
threshold={at}
decision_type=10
left_child=-1
right_child=-2
leaf_value={low} {high}
shrinkage=1

"""
CATEGORY = """Tree=2
num_leaves=2
num_cat=1
split_feature=2
threshold=0
decision_type=1
left_child=-1
right_child=-2
leaf_value=1.7 -0.9
cat_boundaries=0 1
cat_threshold=2
shrinkage=1

"""


def delay_model():
    """A classifier of distance, air_time and carrier, in LightGBM's own text."""
    head = HEAD.format(last=2, objective="binary sigmoid:1", names="distance air_time carrier", infos="[0:9] [0:9] 0:1:2")
    splits = SPLIT.format(tree=0, at=0.1, low=-0.37, high=0.41) + SPLIT.format(tree=1, at=0.2, low=0.113, high=-0.29)
    return head + splits + CATEGORY + 'end of trees\n\npandas_categorical:[["AA", "B6", "UA"]]\n'


def number_model(first=-0.37):
    """A regression of distance and air_time."""
    head = HEAD.format(last=1, objective="regression", names="distance air_time", infos="[0:9] [0:9]")
    splits = SPLIT.format(tree=0, at=0.1, low=first, high=0.41) + SPLIT.format(tree=1, at=0.2, low=0.113, high=-0.29)
    return head + splits + "end of trees\n\npandas_categorical:null\n"


def serves(endpoint, client, what):
    """Marks a test as the proof of a line of docs/reference/protocols.md."""

    def keep(test):
        test.serves = (endpoint, client, what)
        return test

    return keep


class Server:
    """`slipway serve` on a free port, for as long as its `with` lasts."""

    def __init__(self, *arguments, folder):
        command = [slipway(), "serve", *arguments, "--port", "0", "--log", "off"]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(r"serving .* on http://(\S+)", line):
                self.host = found[1]
                # A full pipe would hold up what the server logs.
                self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stderr))
                self.reader.start()
                return
        raise AssertionError("slipway serve did not start:\n" + "".join(self.lines))

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        self.reader.join()
        self.process.stderr.close()
        assert code == 0, "".join(self.lines)

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


class Served(unittest.TestCase):
    """Tests of one server: a subclass says what is served, in `arguments(folder)`."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.server = Server(*cls.arguments(cls.folder), folder=cls.folder)
        cls.host = cls.server.host

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.temporary.cleanup()


def slipway():
    return Server.binary


def main():
    Server.binary = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(module="__main__")
