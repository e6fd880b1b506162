"""newer.py warns of a newer minor version, and of nothing else.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import io
import pathlib
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracles"))
import newer  # noqa: E402


def said(there_is, *arguments):
    out = io.StringIO()
    with mock.patch.object(newer, "compared", lambda: {"lightgbm": "4.7.0"}), mock.patch.object(newer, "newest", lambda _: there_is), \
            mock.patch.object(sys, "argv", ["newer.py", *arguments]), contextlib.redirect_stdout(out):
        try:
            newer.main()
        except SystemExit as end:
            return end.code, out.getvalue()
    return None, out.getvalue()


class Newer(unittest.TestCase):
    def test_a_newer_minor_version_is_told_and_strict_fails(self):
        self.assertIn("WARNING: 4.8.0 is there", said("4.8.0")[1])
        self.assertEqual(said("4.8.0")[0], 0)
        self.assertEqual(said("4.8.0", "--strict")[0], 1)
        self.assertEqual(said("4.10.0", "--strict")[0], 1)

    def test_a_patch_or_no_network_is_no_failure(self):
        self.assertEqual(said("4.7.9", "--strict"), (0, "lightgbm: compared up to 4.7.0, newest 4.7.9\n"))
        code, text = said(None, "--strict")
        self.assertEqual(code, 0)
        self.assertIn("not checked", text)

    def test_the_pins_of_all_libraries_are_found(self):
        self.assertLessEqual({"scikit-learn", "xgboost", "lightgbm", "catboost"}, set(newer.compared()))


if __name__ == "__main__":
    unittest.main()
